import time
import traceback
from dataclasses import dataclass, replace
from datetime import timedelta

from psycopg2.errors import UniqueViolation

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY
from odoo.tools import SQL

from odoo.addons.integration_base.exceptions import (
    AuthError,
    IntegrationError,
    PayloadError,
    RejectedError,
    RetryableError,
)
from odoo.addons.integration_base.log import get_logger, redact
from odoo.addons.integration_base.transaction import is_passing, scheduled

from ..mailbody import unfold
from ..providers.base import (
    Edited,
    Ignored,
    Inbound,
    Moment,
    Profile,
    Purchase,
    Rating,
    Reaction,
    Status,
)
from ..tidy import tidy
from .omni_queue_mixin import WAITS

_logger = get_logger(__name__)

#: Events worked off in one transaction.
BATCH = 100
#: Bytes of attachments held in memory at once; one message may be bigger.
BATCH_BYTES = 32 * 2**20
#: Attempts before an event is given up: what will be no better next time is given up earlier.
TRIES = 12
TRIES_UNEXPECTED = 5
TRIES_PAYLOAD = 3
#: Attempts to find the message that an event is about: somewhat more than two hours.
TRIES_WAITING = 9
#: Seconds for fetching the attachments of one batch: a worker that takes too long is killed.
BATCH_SECONDS = 20
#: Times that other transactions may be in the way of a batch before it is left for the next run.
COLLISIONS = 3
#: Events deleted in one transaction.
RETENTION_BATCH = 5_000
#: What only says that there is something new is of no use for longer, in days.
HINT_DAYS = 3


@dataclass
class _Job:
    """An event that has been understood."""

    event: models.BaseModel
    items: list
    error: IntegrationError | None = None
    """Why attachments are missing, or what it is about: what there is is shown now, the rest
    follows by trying again."""
    waits_for: str = ""
    """What the other side calls the message, or the conversation, that has not come yet."""
    reason: str = ""
    """Code of the reason why nothing is made of it."""

    @property
    def size(self):
        return sum(
            len(attachment.content or b"")
            for item in self.items
            if isinstance(item, Inbound)
            for attachment in item.attachments
        )


class OmniEvent(models.Model):
    """How stored events become messages.

    First what needs no database: they are understood, and attachments are fetched. Then all of a
    batch is written under one savepoint; when that fails the batch is halved until it is known
    which event it was. Events of one conversation keep their order: one that has to be tried again
    holds back those after it, of this conversation alone, until it works or is given up.
    """

    _inherit = "omni.event"

    # === TAKING === #

    @api.model
    def _due_sql(self, kind):
        """FROM and WHERE of the events to process, ``e``.

        :rtype: SQL
        """
        self.flush_model()
        return SQL(
            """
            FROM omni_event e
            WHERE e.channel_id = ANY(%(channels)s)
              AND e.state IN ('new', 'retry')
              AND (e.next_try IS NULL OR e.next_try <= %(now)s)
              AND NOT EXISTS (
                  SELECT FROM omni_event held
                   WHERE held.channel_id = e.channel_id
                     AND held.conversation_key = e.conversation_key
                     AND held.state = 'retry' AND held.next_try > %(now)s AND held.id < e.id
                     -- what there is of it is written already, or it waits for another
                     AND held.external_id IS NULL
              )
            """,
            channels=self.env["omni.channel"]._of_kind(kind).ids,
            now=fields.Datetime.now(),
        )

    @api.model
    def _queue_count(self, kind):
        """Override."""
        [[count]] = self.env.execute_query(SQL("SELECT count(*) %s", self._due_sql(kind)))
        return count

    @api.model
    def _queue_step(self, kind):
        """Override: a batch."""
        events = self._take(kind)
        for number in range(1, COLLISIONS + 1):
            # what somebody else has taken in at the same moment is known then
            anew = events.with_context(omni_begin_anew=number < COLLISIONS)
            try:
                anew._process(self.env["ir.cron"]._commit_progress)
                self.env.flush_all()
            except (*PG_CONCURRENCY_EXCEPTIONS_TO_RETRY, UniqueViolation):
                self.env.cr.rollback()
            else:
                return len(events)
        # nothing is wrong with them: whoever was in the way is done at the next run
        events.is_started = False
        return 0

    @api.model
    def _take(self, kind):
        """The next batch, marked. An event on which a worker was killed comes alone: should it be
        the one that kills them, it takes no others with it, and is given up in the end.

        :rtype: omni.event
        """
        rows = self.env.execute_query(
            SQL("SELECT e.id, e.is_started %s ORDER BY e.id LIMIT %s", self._due_sql(kind), BATCH)
        )
        events = self.browse(event_id for event_id, _started in rows)
        if suspects := self.browse(event_id for event_id, started in rows if started):
            events = suspects[0]
            events.try_count += 1
            if events.try_count >= TRIES_PAYLOAD:
                events._give_up(self.env._("The server stopped every time while processing it."))
        events.filtered(lambda event: event.state != "dead").is_started = True
        # known to everybody, should this worker be killed
        self.env["ir.cron"]._commit_progress()
        return events

    # === PROCESSING === #

    def _process(self, commit=None):
        """Process events; what goes wrong with one is written on it and never raised.

        :param commit: ends the transaction in which they were read: fetching their files takes its
            time, and what others change meanwhile would be in the way of what is written then
        :raise psycopg2.errors.SerializationFailure: another transaction was in the way
        :raise psycopg2.errors.UniqueViolation: another one has taken the same in; with
            ``omni_begin_anew`` in the context, else it is noted like everything else
        """
        for channel, events in (
            self.filtered(lambda event: event.state in ("new", "retry"))
            .grouped("channel_id")
            .items()
        ):
            in_order = events.sorted(lambda event: (event.occurred or event.received, event.id))
            in_order._process_on(channel, commit)
        self.filtered("is_started").is_started = False

    def _process_on(self, channel, commit=None):
        """Process events of one channel, in this order.

        :param commit: see :meth:`_process`
        """
        failures, held = [], set()
        try:
            provider = channel._provider()
        except IntegrationError as error:
            for event in self:
                event._note_failure(error)
            return
        jobs, size = [], 0
        enough = time.monotonic() + BATCH_SECONDS
        for event in self:
            if time.monotonic() > enough:
                break
            if event.conversation_key and event.conversation_key in held:
                continue
            try:
                job = event._understand(provider)
            except Exception as error:  # a provider is plugged in: whatever it raises
                if is_passing(error):
                    raise
                failures.append((event, error))
                held.add(event.conversation_key)
                continue
            jobs.append(job)
            size += job.size
            if size > BATCH_BYTES:
                if commit:
                    commit()
                self._apply(channel, jobs, held)
                jobs, size = [], 0
        if commit:
            commit()
        self._apply(channel, jobs, held)
        for event, error in failures:
            event._note_failure(error)

    def _understand(self, provider):
        """What an event says, with its attachments. No database.

        :rtype: _Job
        """
        self.ensure_one()
        if self.kind in ("hint", "lifecycle"):
            return _Job(self, [])
        job = _Job(self, [])
        for item in provider.resolve(self._event()):
            if isinstance(item, Inbound):
                item, error = _fetch(provider, item)
                job.error = job.error or error
            # names of it as they are stored, wherever they are compared
            job.items.append(tidy(item))
        return job

    def _apply(self, channel, jobs, held):
        """Write what events say, all of them or, halved until it is found, all but the bad one.

        :param set held: conversations of which an event has failed; grows
        """
        jobs = [
            job
            for job in jobs
            if not (job.event.conversation_key and job.event.conversation_key in held)
        ]
        if not jobs:
            return
        try:
            with self.env.cr.savepoint():
                self._apply_all(channel, jobs)
        except Exception as error:
            is_twin = isinstance(error, UniqueViolation)
            if is_passing(error) or (is_twin and self.env.context.get("omni_begin_anew")):
                raise
            if len(jobs) == 1:
                [job] = jobs
                held.add(job.event.conversation_key)
                job.event._note_failure(error)
                return
            middle = len(jobs) // 2
            self._apply(channel, jobs[:middle], held)
            self._apply(channel, jobs[middle:], held)
        else:
            channel._note_success()

    def _apply_all(self, channel, jobs):
        """Write what events say."""
        inbounds = [item for job in jobs for item in job.items if isinstance(item, Inbound)]
        left_alone = {}
        messages = iter(self.env["omni.conversation"]._ingest_batch(channel, inbounds, left_alone))
        for job in jobs:
            is_used = job.event.kind in ("hint", "lifecycle")
            is_kept = not any(isinstance(item, Inbound) for item in job.items)
            for item in job.items:
                if isinstance(item, Inbound):
                    message = next(messages)
                    is_used |= bool(message)
                    is_kept |= _is_kept(message, item)
                    if message and job.event.external_id:
                        message._add_files(item)
            for item in job.items:
                # of what is left alone, or was erased, nothing else is kept either
                if is_kept and not isinstance(item, Inbound):
                    is_used |= self._apply_told(channel, job, item)
            if job.event.kind == "hint":
                channel._note_hint(job.event.folder_id)
            elif job.event.kind == "lifecycle":
                channel._note_lifecycle(job.event._event())
            job.event._note_done(job, is_used)
            if not is_used:
                job.event._note_left_alone(job.items, left_alone)
        self._wake_waiting(channel, jobs, inbounds)

    def _apply_told(self, channel, job, item):
        """Write what an event says that is no message. What it is about may come later: it waits
        for it, and keeps nothing else waiting.

        :param channel: `omni.channel`
        :param _Job job: of the event
        :param item: one of `providers.base.Item`
        :return: something came of it
        :rtype: bool
        """
        messages, conversations = self.env["omni.message"], self.env["omni.conversation"]
        apply = {
            Status: messages._apply_status,
            Edited: messages._apply_edited,
            Reaction: messages._apply_reaction,
            Moment: conversations._apply_moment,
            Profile: conversations._apply_profile,
            Rating: conversations._apply_rating,
            Purchase: conversations._apply_purchase,
        }.get(type(item))
        if isinstance(item, Ignored):
            job.reason = item.reason
        if not apply:
            return False
        try:
            return bool(apply(channel, item))
        except RetryableError as error:
            # raised before anything is written
            job.error = job.error or error
            job.waits_for = getattr(item, "external_id", "") or getattr(item, "conversation", "")
            return False

    @api.model
    def _wake_waiting(self, channel, jobs, inbounds):
        """What has come in may be what others wait for.

        :param channel: `omni.channel`
        :param jobs: list of `_Job` just done
        :param inbounds: `providers.base.Inbound`
        """
        names = {name for one in inbounds for name in (one.external_id, one.conversation) if name}
        waiting = names and self.search(
            Domain("channel_id", "=", channel.id)
            & Domain("external_id", "in", list(names))
            & Domain("state", "=", "retry")
            & Domain("id", "not in", [job.event.id for job in jobs])
        )
        if waiting:
            waiting.next_try = fields.Datetime.now()

    # === OUTCOME === #

    def _note_done(self, job, is_used):
        """It has been processed; files that could not be fetched are tried again.

        :param bool is_used: something came of it
        """
        self.ensure_one()
        names = [item.external_id for item in job.items if getattr(item, "external_id", "")]
        if job.waits_for:
            names = [job.waits_for]
        values = {
            "state": "done" if is_used else "ignored",
            "processed": fields.Datetime.now(),
            "external_id": names[0] if names else False,
            "is_started": False,
            "next_try": False,
            "failure_type": False,
            "failure_reason": False,
            "cause": False,
            "error": False,
        }
        if job.reason and not is_used:
            values |= {"cause": job.reason, "failure_reason": self._ignored_text(job.reason)}
        self.write(values)
        if job.error:
            self._note_failure(job.error)
            if job.waits_for:
                self.cause = WAITS
                if self.try_count >= TRIES_WAITING:
                    self._note_pointless()

    def _ignored_text(self, reason):
        """Why nothing is made of an event, for a person.

        :param str reason: code of `providers.base.Ignored`
        :rtype: str
        """
        texts = {
            "elsewhere": self.env._("It comes in by another channel of ours."),
            "own": self.env._("We have done it ourselves."),
            "kind": self.env._("Nothing that is kept here."),
            "page": self.env._("It is for another page, which is no channel here."),
            "unknown": self.env._("What it is about has never come in."),
        }
        return texts.get(reason, reason)

    def _note_pointless(self):
        """What it is about has not come in all this time: a symbol on a message from before the
        channel was connected, say. No alarm is worth it; the event stays."""
        self.ensure_one()
        self.write(
            {
                "state": "ignored",
                "next_try": False,
                "failure_type": False,
                "cause": "unknown",
                "failure_reason": self._ignored_text("unknown"),
            }
        )

    def _note_failure(self, error):
        """Try again later, or give up.

        :param Exception error: what was raised
        """
        self.ensure_one()
        tries = self.try_count + 1
        if isinstance(error, PayloadError):
            most = TRIES_PAYLOAD
        elif isinstance(error, IntegrationError):
            most = TRIES
        else:
            most = TRIES_UNEXPECTED
            _logger.error("%s could not be processed", self, exc_info=error)
        details = "".join(traceback.format_exception(error))
        self.write(
            {
                "state": "retry",
                "try_count": tries,
                "next_try": fields.Datetime.now()
                + self._queue_delay(tries, getattr(error, "retry_after", None)),
                "failure_type": self.channel_id._failure_type(error),
                "error": redact(details),
                "is_started": False,
                **self._reason_values(self._queue_reason(error)),
            }
        )
        if isinstance(error, AuthError):
            self.channel_id._set_auth_failed(error)
        if tries >= most:
            self._give_up()

    def _give_up(self, reason=None):
        """No more attempts: a dead letter, of which the responsible person is told."""
        self.ensure_one()
        values = {"state": "dead", "next_try": False, "is_started": False}
        if reason:
            values |= {"failure_type": "unknown", **self._reason_values(reason)}
        self.write(values)
        _logger.info("%s is given up: %s", self, self.failure_reason)
        self.channel_id._watchdog_review()

    def _reason_values(self, reason):
        return {"failure_reason": reason, "cause": self._queue_cause(reason)}

    # === RETENTION === #

    @api.model
    @scheduled
    def _cron_retention(self):
        """Delete events that have been processed, when their channel keeps them no longer. What was
        given up stays longer: see `omni_event_retention`."""
        cron = self.env["ir.cron"]
        channels = self.env["omni.channel"].search([("active", "in", (True, False))])
        cron._commit_progress(remaining=len(channels))
        now = fields.Datetime.now()
        for channel in channels:
            domain = Domain("kind", "in", ("hint", "lifecycle")) & Domain(
                "received", "<", now - timedelta(days=HINT_DAYS)
            )
            if channel.retention_days:
                limit = now - timedelta(days=channel.retention_days)
                domain |= Domain("received", "<", limit)
            domain &= Domain("state", "in", ("done", "ignored"))
            domain &= Domain("channel_id", "=", channel.id)
            while events := self.search(domain, limit=RETENTION_BATCH, order="id"):
                events.unlink()
                if not cron._commit_progress():
                    return
            cron._commit_progress(1)


def _is_kept(message, inbound):
    """Whether something was made of a message, and not erased since: what is erased belongs to no
    conversation of the other side any more.

    :param message: `omni.message`
    """
    conversation = message.conversation_id
    return bool(conversation.external_id or (message and not inbound.conversation))


def _fetch(provider, inbound):
    """A message with the content of its attachments, and what lies within them.

    What the other side refuses to hand out is named without content. When it does not answer, or
    not any more, the message is shown without what is missing.

    :return: the message, and why something is still missing
    """
    attachments = inbound.attachments
    try:
        if inbound.has_more_attachments:
            attachments = provider.attachments(inbound)
        fetched = []
        for attachment in attachments:
            if attachment.content is None and not attachment.url:
                try:
                    content = provider.fetch(inbound, attachment)
                except (RejectedError, PayloadError) as error:
                    _logger.info("Attachment %s is not handed out: %s", attachment.name, error)
                else:
                    attachment = replace(attachment, content=content, size=len(content))
            fetched.append(attachment)
        attachments = tuple(fetched)
    except (RejectedError, PayloadError) as error:
        _logger.info("The attachments of %s cannot be listed: %s", inbound.external_id, error)
    except (RetryableError, AuthError) as error:
        return replace(inbound, attachments=tuple(attachments)), error
    whole = replace(inbound, attachments=tuple(attachments), has_more_attachments=False)
    return unfold(whole), None
