from datetime import timedelta

from odoo import api, fields, models

from odoo.addons.integration_base.exceptions import AuthError, IntegrationError
from odoo.addons.integration_base.log import get_logger
from odoo.addons.integration_base.transaction import run_apart

from ..threecx import call_log

_logger = get_logger(__name__)

#: The log is read again from so far back: it lists calls by their start, and knows them when they
#: have ended.
OVERLAP = timedelta(hours=1)
#: Once a day it is read from further back, for what only came in then (long calls, transcripts).
DAILY_OVERLAP = timedelta(hours=48)
#: The clock of the telephone system may be ahead.
AHEAD = timedelta(minutes=5)
#: How far back it is read when it was never read before.
FIRST = timedelta(days=7)


class ThreecxPbx(models.Model):
    """What is done without anybody asking."""

    _inherit = "threecx.pbx"

    @api.model
    def _cron_users(self):
        """Every night: what each telephone system can do now, and new and former colleagues, here
        and there."""
        pbxs = self.search([("active", "=", True)])
        self.env["ir.cron"]._commit_progress(remaining=len(pbxs))
        for pbx in pbxs:
            if pbx.has_api:
                pbx._look_again()
            if pbx.tier == "2":
                try:
                    pbx._import_extensions()
                except IntegrationError as error:
                    _logger.info("%s: the extensions could not be read: %s", pbx, error)
                    pbx._set_failing(f"{pbx._explain(error)}\n{error}")
            pbx._map_extensions()
            if not self.env["ir.cron"]._commit_progress(1):
                break

    @api.model
    def _cron_backfill(self):
        """Every ten minutes: calls that nobody saw while they took place, from the call log."""
        pbxs = self.search([("api_state", "in", ("ok", "failed"))]).filtered("has_api")
        self.env["ir.cron"]._commit_progress(remaining=len(pbxs))
        for pbx in pbxs:
            if pbx.api_state == "failed":
                pbx._look_again()
            if pbx.tier == "2":
                pbx._backfill()
            if not self.env["ir.cron"]._commit_progress(1):
                break

    def _backfill(self):
        """Read the call log since it was last read, and somewhat before.

        A telephone system that does not tell is noted as failing, and read from the same moment
        next time.
        """
        self.ensure_one()
        now = fields.Datetime.now()
        since = self.last_log - self._log_overlap(now) if self.last_log else now - FIRST
        try:
            with self._api(timeout=60) as api_client:
                rows = list(api_client.call_log(since, now + AHEAD))
        except IntegrationError as error:
            _logger.info("%s: the call log could not be read: %s", self, error)
            self._note_silence(error)
            return
        failures = 0
        for report in call_log.reports(rows):
            try:
                run_apart(self.env, _record, self.id, report)
            except Exception:
                failures += 1
                _logger.exception("%s: call %s of the log could not be kept", self, report.key)
        # the row is written by the listener too: look at it as it is now
        self.env["ir.cron"]._commit_progress()
        self.last_log = now
        if failures:
            self._set_warning(
                self.env._("%(count)s calls of the call log could not be kept.", count=failures)
            )
        else:
            self._set_healthy()

    def _look_again(self):
        """Test the connection without anybody asking.

        :return: whether all that is set up works
        :rtype: bool
        """
        self.ensure_one()
        try:
            self._test_connection()
        except IntegrationError as error:
            self._set_failing(error)
            return False
        self._set_healthy()
        return True

    def _note_silence(self, error):
        """The telephone system did not tell its calls. A refusal may concern the call log alone.

        :param IntegrationError error: what it answered
        """
        if isinstance(error, AuthError) and self._look_again():
            self._set_warning(
                self.env._(
                    "The call log cannot be read: the API client of 3CX has no access to the "
                    "Configuration API (XAPI)."
                )
            )
        elif not isinstance(error, AuthError):
            self._set_failing(f"{self._explain(error)}\n{error}")

    def _log_overlap(self, now):
        """How far before what was read last the log is read again."""
        is_new_day = self.last_log.date() < now.date()
        return DAILY_OVERLAP if is_new_day else OVERLAP


def _record(env, pbx_id, report):
    pbx = env["threecx.pbx"].browse(pbx_id)
    return env["threecx.call"]._record(pbx, report).id
