# the mixins before the models that inherit them
from . import sm_load_mixin  # isort: skip
from . import sm_owned_mixin  # isort: skip
from . import sm_linked_mixin  # isort: skip
from . import (
    base_partner_merge,
    ir_cron,
    product_product,
    res_partner,
    res_partner_card,
    sale_order,
    sale_order_line,
    sale_order_ownership,
    sale_order_timeline,
    sm_backend,
    sm_code,
    sm_feed,
    sm_field_mapping,
    sm_link,
    sm_mapping_editor,
    sm_mapping_feed,
    sm_mapping_version,
    sm_ownership,
    sm_match,
    sm_match_by_hand,
    sm_match_candidate,
    sm_order_event,
    sm_quarantine,
    sm_run,
    sm_run_line,
    sm_mapping_run_line,
    sm_run_report,
    sm_stock,
)
