from . import integration_connection_mixin, res_partner, res_partner_card
