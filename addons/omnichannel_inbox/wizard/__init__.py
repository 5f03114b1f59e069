from . import (
    base_partner_merge,
    omni_demo_write,
    omni_identity_link,
    omni_outlook_setup,
)
