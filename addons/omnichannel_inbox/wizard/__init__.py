from . import (
    base_partner_merge,
    omni_channel_audit,
    omni_channel_audit_line,
    omni_demo_write,
    omni_identity_link,
    omni_outlook_setup,
)
