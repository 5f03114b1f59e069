from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.fields import Domain

from odoo.addons.integration_base.log import get_logger

_logger = get_logger(__name__)

#: Calls removed, or looked at again, in one transaction.
BATCH = 500
#: Calls of nobody are looked at again for so many days: a contact may have been made meanwhile.
REMATCH_DAYS = 30


class ThreecxCall(models.Model):
    """What is done by night: old calls go, calls of nobody find their contact."""

    _inherit = "threecx.call"

    @api.model
    def _cron_retention(self):
        """Delete calls older than their telephone system keeps them, with all that was said."""
        domains = []
        pbxs = self.env["threecx.pbx"].with_context(active_test=False)
        for pbx in pbxs.search([("retention_months", ">", 0)]):
            limit = fields.Datetime.now() - relativedelta(months=pbx.retention_months)
            domains.append(Domain("pbx_id", "=", pbx.id) & Domain("started", "<", limit))
        cron = self.env["ir.cron"]
        domain = Domain.OR(domains)
        cron._commit_progress(remaining=self.search_count(domain))
        while calls := self.search(domain, limit=BATCH, order="id"):
            calls.activity_ids.unlink()
            calls.unlink()
            if not cron._commit_progress(len(calls)):
                break

    @api.model
    def _cron_rematch(self):
        """Look again for the contact of calls that are linked with nobody."""
        since = fields.Datetime.now() - relativedelta(days=REMATCH_DAYS)
        groups = self._read_group(
            [
                ("match_kind", "=", "none"),
                ("number_key", "!=", False),
                ("direction", "!=", "internal"),
                ("kind", "=", "call"),
                ("started", ">=", since),
            ],
            ["company_id", "number_key"],
            ["id:recordset"],
        )
        cron = self.env["ir.cron"]
        cron._commit_progress(remaining=len(groups))
        for _company, _number, calls in groups:
            try:
                with self.env.cr.savepoint():
                    calls._rematch()
            except Exception:  # one number must not keep the others from being looked at
                _logger.exception("%s: their contact could not be found", calls)
            if not cron._commit_progress(1):
                break

    def _rematch(self):
        """Look again for the contact of calls of one number."""
        for call in self.with_context(tracking_disable=True):
            call._match()
            if call.match_kind == "none":
                break  # nor are the others of this number
            call._follow_up()
            call._sync_log()
