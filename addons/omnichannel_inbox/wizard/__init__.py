from . import base_partner_merge
from . import omni_identity_link
