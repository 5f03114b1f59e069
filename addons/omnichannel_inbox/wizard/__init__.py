from . import base_partner_merge
from . import omni_identity_link
from . import omni_outlook_setup
from . import omni_channel_audit
from . import omni_channel_audit_line
from . import omni_demo_write
