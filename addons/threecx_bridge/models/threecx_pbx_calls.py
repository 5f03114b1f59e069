from odoo import models

from ..threecx.call_number import MAX_NUMBER, call_number


class ThreecxPbx(models.Model):
    """What the calls of a telephone system need of it."""

    _inherit = "threecx.pbx"

    def _country_code(self):
        """ISO code of the country of numbers written without one.

        :rtype: str | None
        """
        return (self.country_id or self.company_id.country_id).code or None

    def _call_number(self, raw):
        """The number of the other side of a call, understood the way this PBX writes it.

        :param str raw: as reported
        :rtype: CallNumber
        """
        self.ensure_one()
        limit = self.internal_max_digits or None
        options = {"internal_max": limit} if limit else {}
        return call_number((raw or "")[:MAX_NUMBER], self._country_code(), **options)
