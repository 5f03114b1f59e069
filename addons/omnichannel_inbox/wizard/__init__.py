# what others build on comes first
from . import omni_setup_mixin  # isort: skip
from . import (
    base_partner_merge,
    omni_demo_write,
    omni_iadvize_setup,
    omni_identity_link,
    omni_messenger_setup,
    omni_outlook_setup,
    omni_privacy_request,
)
