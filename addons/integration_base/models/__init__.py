from . import integration_connection_mixin
from . import res_partner
