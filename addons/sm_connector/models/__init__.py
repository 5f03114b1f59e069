from . import (
    sm_load_mixin,  # the mixins before the models that inherit them
    sm_linked_mixin,
    ir_cron,
    product_product,
    res_partner,
    sale_order,
    sale_order_line,
    sm_backend,
    sm_code,
    sm_feed,
    sm_field_mapping,
    sm_link,
    sm_plan,
    sm_quarantine,
    sm_run,
    sm_run_line,
    sm_stock,
)
