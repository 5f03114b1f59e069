from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain

from odoo.addons.integration_base.exceptions import AuthError, IntegrationError, RetryableError
from odoo.addons.integration_base.log import get_logger
from odoo.addons.integration_base.transaction import attempt, is_passing, run_apart, scheduled

_logger = get_logger(__name__)

#: Wait after a failure, in seconds; it doubles with every further one.
FIRST_DELAY = 60
#: It does not grow beyond this, in seconds.
LONGEST_DELAY = 3600
#: What is due later than this is found by the scheduler itself.
SCHEDULER_LOOKS = timedelta(minutes=1)


class OmniChannel(models.Model):
    """What is asked for: the other side's notifications are hints, and may get lost; what is in its
    folders is the truth."""

    _inherit = "omni.channel"

    sync_minutes = fields.Integer(
        "Look Every (minutes)",
        default=5,
        help="Also when the other side has not told that there is something new.",
    )
    next_sync = fields.Datetime(
        "Looks Again At",
        readonly=True,
        copy=False,
        help="The other side asked for patience, or did not answer.",
    )
    sync_failures = fields.Integer(readonly=True, copy=False)
    has_sync = fields.Boolean(compute="_compute_has_sync")

    _sync_minutes_positive = models.Constraint(
        "CHECK (sync_minutes > 0)", "The time between two looks must be positive."
    )

    @api.depends("provider")
    def _compute_has_sync(self):
        for channel in self:
            try:
                channel.has_sync = channel._provider_class().has_sync
            except IntegrationError:
                channel.has_sync = False

    # === HINTS === #

    def _note_hint(self, folder):
        """There is something new.

        :param folder: `omni.folder` of this channel; empty: anywhere
        """
        self.ensure_one()
        (folder or self.folder_ids)._mark_dirty()

    def _note_lifecycle(self, event):
        """Something about the connection itself; ``_<code>_lifecycle(event)`` knows what to do.

        :param event: `providers.base.Event`
        """
        self.ensure_one()
        if hook := getattr(self, f"_{self.provider}_lifecycle", None):
            hook(event)
        else:
            self.folder_ids._mark_dirty()

    # === READING === #

    @api.model
    @scheduled
    def _cron_sync(self):
        """Read the folders that are due."""
        cron = self.env["ir.cron"]
        folders = self._folders_due()
        cron._commit_progress(remaining=len(folders))
        for folder in folders:
            channel = folder.channel_id
            # an earlier folder may have been told to wait
            if not channel.next_sync or channel.next_sync <= fields.Datetime.now():
                attempt(self.env, folder, channel._sync_folder, folder)
            if not cron._commit_progress(1):
                break

    @api.model
    def _folders_due(self):
        """The folders to read now: first where there is something new, then the one that was not
        read for the longest.

        :rtype: omni.folder
        """
        now = fields.Datetime.now()
        channels = self.search(
            Domain("is_enabled", "=", True)
            & (Domain("next_sync", "=", False) | Domain("next_sync", "<=", now))
        ).filtered("has_sync")
        folders = channels.folder_ids.filtered(
            lambda folder: (
                folder.is_active
                and (not folder.next_sync or folder.next_sync <= now)
                and (
                    folder.is_dirty
                    or not folder.last_sync
                    or folder.last_sync <= now - timedelta(minutes=folder.channel_id.sync_minutes)
                )
            )
        )
        never = fields.Datetime.to_datetime("1970-01-01")
        return folders.sorted(lambda folder: (not folder.is_dirty, folder.last_sync or never))

    def _sync_folder(self, folder):
        """Read what is new in a folder, page by page. Events and cursor are committed together; no
        transaction is open while the other side is spoken to. Never raises for what that does.

        :param folder: `omni.folder` of this channel
        """
        self.ensure_one()
        cron = self.env["ir.cron"]
        started = fields.Datetime.now()
        # what is new from now on makes it dirty again
        folder.is_dirty = False
        # sudo: the cursor may hold what only the system may see
        asked = folder.key, folder.sudo().cursor or "", folder.since or self.start_date or None
        try:
            provider = self._provider()
            again = self._reread_asked(folder)
            cron._commit_progress()
            is_last = self._read_pages(folder, provider.sync(*asked), _store_page)
            if is_last and again:
                is_last = self._read_pages(folder, provider.sync(*again), _store_page_again)
                if is_last:
                    # sudo: see above
                    folder.sudo().write({"reread_from": False, "reread_cursor": False})
        except Exception as error:  # a provider is plugged in: whatever it raises
            if is_passing(error):
                raise
            self.env.cr.rollback()
            if not isinstance(error, IntegrationError):
                _logger.error("%s could not be read", folder, exc_info=error)
            self._note_sync_failure(folder, error)
        else:
            folder.write(
                {"last_sync": started, "last_error": False, "failures": 0, "next_sync": False}
            )
            if not is_last:
                folder._mark_dirty()
            if self.sync_failures:
                self.write({"sync_failures": 0, "next_sync": False})
            self._note_success(is_contact=True)

    def _reread_asked(self, folder):
        """What to ask for of what is read once more because something of it is missing.

        :return: arguments of `Provider.sync`; ``None``: nothing is
        """
        # sudo: the cursor may hold what only the system may see
        folder_sudo = folder.sudo()
        if not folder_sudo.reread_from:
            return None
        return folder.key, folder_sudo.reread_cursor or "", folder_sudo.reread_from

    def _read_pages(self, folder, pages, store):
        """Store pages as they come, as long as the scheduler gives time.

        :param store: what stores one, in a transaction of its own
        :return: whether that was all
        :rtype: bool
        """
        is_last = True
        for page in pages:
            run_apart(self.env, store, folder.id, page)
            is_last = page.is_last
            if not is_last and not self.env["ir.cron"]._commit_progress():
                # years of history: the other folders have their turn before it goes on
                break
        return is_last

    def _note_sync_failure(self, folder, error):
        """A folder could not be read: when to try again, and who is told.

        :param Exception error: what was raised
        """
        self.ensure_one()
        now = fields.Datetime.now()
        reason = self.env["omni.queue.mixin"]._queue_reason(error)
        folder.is_dirty = True
        if isinstance(error, RetryableError | AuthError):
            # it is about all of the channel, and will be over one day
            failures = self.sync_failures + 1
            delay = _delay(failures)
            if getattr(error, "retry_after", None) is not None:
                delay = timedelta(seconds=error.retry_after)
            self.write({"sync_failures": failures, "next_sync": now + delay})
            if delay < SCHEDULER_LOOKS:
                self._wake("sync", delay.total_seconds())
        else:
            # the other folders go on
            failures = folder.failures + 1
            folder.write(
                {"failures": failures, "last_error": reason, "next_sync": now + _delay(failures)}
            )
        if isinstance(error, AuthError):
            self._set_auth_failed(error)
        elif not isinstance(error, RetryableError):
            self._watchdog_review()
        elif error.retry_after:
            _logger.info("%s is asked to be patient: %s", self, reason)
        else:
            self._set_failing(error)

    def action_sync(self):
        """Button: look for what is new now."""
        self.check_access("write")
        # sudo: also when the other side asked for patience, a person may try
        self.sudo().next_sync = False
        self.folder_ids.next_sync = False
        self.folder_ids._mark_dirty()
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {"type": "info", "message": self.env._("Looking for what is new.")},
        }


def _delay(failures):
    """How long to wait after so many failures in a row."""
    return timedelta(seconds=min(FIRST_DELAY * 2 ** min(failures - 1, 20), LONGEST_DELAY))


def _store_page(env, folder_id, page):
    """Store a page of events together with the cursor that comes after it."""
    folder = env["omni.folder"].browse(folder_id)
    folder.cursor = page.cursor
    if page.is_reset:
        _logger.info("%s was read from further back: its cursor had been forgotten", folder)
    _store_events(folder, page)


def _store_page_again(env, folder_id, page):
    """The same of what is read once more: where reading of what is new stands stays as it is."""
    folder = env["omni.folder"].browse(folder_id)
    folder.reread_cursor = page.cursor
    _store_events(folder, page)


def _store_events(folder, page):
    """Store the events of a page, and have them processed if any is new."""
    if folder.env["omni.event"]._store(folder.channel_id, page.events):
        folder.env["omni.channel"]._wake(f"in_{folder.channel_id._queue_kind()}")
