from datetime import timedelta
from urllib.parse import quote

from odoo import api, fields, models

from ..threecx.api import ThreecxApi
from ..threecx.dial import DialRule
from .threecx_token import SharedTokens

#: Seconds for an answer of the telephone system while somebody waits on his screen.
TIMEOUT = 10
#: Seconds during which a telephone system that failed is not asked to call.
REST = 60


class ThreecxPbx(models.Model):
    """The conversation with the telephone system."""

    _inherit = "threecx.pbx"

    has_api = fields.Boolean(compute="_compute_has_api", compute_sudo=True)
    api_resumes = fields.Datetime(
        readonly=True,
        copy=False,
        help="Until then nobody is made to wait for a telephone system that just failed.",
    )

    @api.depends("url", "client_id", "client_secret")
    def _compute_has_api(self):
        for pbx in self:
            pbx.has_api = bool(pbx.url and pbx.client_id and pbx.client_secret)

    def _api(self, timeout=TIMEOUT, **options):
        """What speaks to this telephone system. Close it, or use it as a context manager.

        :param timeout: seconds to wait for each answer
        :param options: others of `ThreecxApi`
        :rtype: ThreecxApi
        """
        self.ensure_one()
        pbx_sudo = self.sudo()  # whoever calls does not know the key
        credentials = (pbx_sudo.url or "", pbx_sudo.client_id or "", pbx_sudo.client_secret or "")
        return ThreecxApi(
            *credentials,
            tokens=SharedTokens(self.env.registry, self.id, credentials),
            ca_bundle=pbx_sudo.ca_bundle or None,
            timeout=timeout,
            **options,
        )

    def _dial_rule(self):
        """How numbers are dialled here.

        :rtype: DialRule
        """
        self.ensure_one()
        country = self.country_id or self.company_id.country_id
        return DialRule(
            country=country.code or "BE",
            style=self.dial_style,
            outside_prefix=self.outside_prefix or "",
            internal_max_digits=self.internal_max_digits,
        )

    def _webclient_url(self, number):
        """Address that makes the 3CX web client of whoever opens it call.

        :param str number: as dialled
        :rtype: str
        """
        self.ensure_one()
        return f"{self.url}/webclient/#/call?phone={quote(number, safe='')}"

    def _is_resting(self):
        """Whether the telephone system failed a moment ago."""
        self.ensure_one()
        return bool(self.api_resumes and self.api_resumes > fields.Datetime.now())

    def _rest(self):
        """Let the telephone system be for a while."""
        self.sudo().api_resumes = fields.Datetime.now() + timedelta(seconds=REST)
