from . import base_partner_merge
from . import omni_identity_link
from . import omni_outlook_setup
