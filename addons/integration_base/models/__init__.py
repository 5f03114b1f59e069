from . import integration_connection_mixin
from . import res_partner
from . import res_partner_card
