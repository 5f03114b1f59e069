import re
from datetime import timedelta

from odoo import api, fields, models

from odoo.addons.integration_base.exceptions import IntegrationError
from odoo.addons.integration_base.log import redact
from odoo.addons.integration_base.transaction import scheduled

from ..providers.base import FailureType

#: What a person reads of a `FailureType`.
FAILURE_TYPES = [
    (FailureType.AUTH.value, "Sign-in refused"),
    (FailureType.PERMISSION.value, "Not allowed"),
    (FailureType.THROTTLED.value, "Asked to slow down"),
    (FailureType.UNAVAILABLE.value, "Not reachable"),
    (FailureType.RECIPIENT.value, "Address refused"),
    (FailureType.CONTENT.value, "Content refused"),
    (FailureType.TOO_LARGE.value, "Too large"),
    (FailureType.WINDOW.value, "Too late on this channel"),
    (FailureType.GONE.value, "No longer there"),
    (FailureType.PAYLOAD.value, "Not understood"),
    (FailureType.CHANGED.value, "Somebody has written meanwhile"),
    (FailureType.UNCERTAIN.value, "No answer came"),
    (FailureType.UNKNOWN.value, "Unexpected"),
]
#: Wait after the first failure, in seconds; it doubles with every further one.
FIRST_DELAY = 30
#: It does not grow beyond this, in seconds.
LONGEST_DELAY = 6 * 3600
#: Cause of what waits for something else that has not come: nothing is late but that.
WAITS = "waits"
#: Longest text of a failure, in characters.
REASON_LENGTH = 500
#: What differs between two failures of the same cause: numbers and ids.
_VARIABLE = re.compile(r"\b(?=[\w-]*\d)[\w-]+\b")


class OmniQueueMixin(models.AbstractModel):
    """Rows that are worked off by a scheduled action, tried again, and given up with a cause.

    The row of the scheduled action is the lock: two workers never work off the same kind. To
    implement: ``_queue_step``, ``_queue_count``, and ``_queue_recover`` for what a killed worker
    left behind. The model has its own ``state``.
    """

    _name = "omni.queue.mixin"
    _description = "Omnichannel Queue Mixin"

    try_count = fields.Integer("Attempts", readonly=True, copy=False)
    next_try = fields.Datetime("Next Attempt", readonly=True, copy=False)
    failure_type = fields.Selection(FAILURE_TYPES, "Failure", readonly=True, copy=False)
    failure_reason = fields.Char("Reason", readonly=True, copy=False)

    # === HOOKS === #

    @api.model
    def _queue_step(self, kind):
        """Work off the next batch, and leave nothing in it that would stop the next run.

        :param str kind: ``mail`` or ``chat``
        :return: how many rows were worked on; 0: nothing is due
        :rtype: int
        """
        raise NotImplementedError

    @api.model
    def _queue_count(self, kind):
        """How many rows are due.

        :rtype: int
        """
        raise NotImplementedError

    @api.model
    def _queue_recover(self, kind):
        """Take care of what a worker left half done when it was killed."""

    # === RUNNING === #

    @api.model
    @scheduled
    def _cron_process_queue(self, kind):
        """Work off what is due, batch by batch, as long as the scheduler gives time.

        :param str kind: ``mail`` or ``chat``: a big mailbox does not keep a chat waiting
        """
        cron = self.env["ir.cron"]
        self._queue_recover(kind)
        cron._commit_progress(remaining=self._queue_count(kind))
        while done := self._queue_step(kind):
            if not cron._commit_progress(done):
                return
        cron._commit_progress(remaining=0)

    # === FAILURES === #

    @api.model
    def _queue_delay(self, tries, retry_after=None):
        """How long to wait.

        :param int tries: failures so far, this one included
        :param retry_after: seconds the other side asks for
        :rtype: datetime.timedelta
        """
        seconds = min(FIRST_DELAY * 2 ** min(tries - 1, 20), LONGEST_DELAY)
        return timedelta(seconds=max(seconds, retry_after or 0))

    @api.model
    def _queue_reason(self, error):
        """One line on an error, without secrets.

        :rtype: str
        """
        text = redact(str(error)).strip() or type(error).__name__
        if not isinstance(error, IntegrationError):
            text = f"{type(error).__name__}: {text}"
        return text.splitlines()[0][:REASON_LENGTH]

    @api.model
    def _queue_cause(self, reason):
        """What failures of the same cause have in common: the reason without its numbers.

        :rtype: str
        """
        return _VARIABLE.sub("…", reason)[:120]
