from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from itertools import islice

import pytz

from odoo import fields, models
from odoo.tools import SQL, format_date

from odoo.addons.integration_base.exceptions import IntegrationError
from odoo.addons.integration_base.log import get_logger
from odoo.addons.integration_base.transaction import run_apart

from ..tidy import tidy
from .omni_proof import DAYS, NIGHT_HOUR

_logger = get_logger(__name__)

#: Messages of one channel that are compared, at most.
MOST = 50_000
#: Messages of one day and one fate that are named, at most.
NAMED = 200
#: What is newer than so many looks at the channel may still be on its way.
LOOKS = 3
#: What working hours have as long as nobody has said where they are kept.
NOT_SET = "UTC"
#: Letters of waiting events are only looked through as long as it takes no time worth speaking of.
SEARCHED_NAMES, SEARCHED_EVENTS = 50, 200
#: A shorter name stands in every letter, whatever it is about.
SHORTEST_NAME = 4


@dataclass
class _Listed:
    """What the other side named."""

    is_asked: bool = False
    is_whole: bool = True
    """Of every folder; else what it did not name says nothing."""
    error: str = ""
    keys: list[str] = field(default_factory=list)
    moments: list[datetime] = field(default_factory=list)
    folders: list[int | None] = field(default_factory=list)


class OmniChannel(models.Model):
    """How the days of a channel are counted for `omni.proof`.

    First the other side is asked what it has, then all is compared in the database, in a
    transaction that begins after the answer: what came in meanwhile is seen.
    """

    _inherit = "omni.channel"

    proof_ids = fields.One2many("omni.proof", "channel_id", "Counted Days")
    proof_date = fields.Date("Proved On", readonly=True, copy=False)

    # === TIME === #

    def _proof_zone(self):
        """Name of the time zone in which days begin: that of the working hours of the company, if
        anybody has ever set it, else that of its country.

        :rtype: str
        """
        self.ensure_one()
        # sudo: days begin at the same hour for everybody
        company_sudo = self.company_id.sudo()
        zone = company_sudo.resource_calendar_id.tz
        if zone and zone != NOT_SET:
            return zone
        code = company_sudo.country_id.code or ""
        return pytz.country_timezones.get(code, [NOT_SET])[0]

    def _proof_now(self):
        """Now, by the clock of the company.

        :rtype: datetime.datetime
        """
        now = pytz.utc.localize(fields.Datetime.now())
        return now.astimezone(pytz.timezone(self._proof_zone()))

    def _proof_today(self):
        """
        :rtype: datetime.date
        """
        return self._proof_now().date()

    def _proof_is_due(self):
        """Whether the days before have not been counted this morning."""
        now = self._proof_now()
        return now.time() >= time(NIGHT_HOUR) and self.proof_date != now.date()

    # === ALARM === #

    def _proof_findings(self):
        """What the counted days say that somebody has to do.

        :return: sentences for people
        :rtype: list[str]
        """
        self.ensure_one()
        # sudo: whoever runs the watchdog
        proofs_sudo = self.env["omni.proof"].sudo()
        lacking = proofs_sudo.search(
            [
                ("channel_id", "=", self.id),
                ("missing_count", ">", 0),
                ("day", ">=", self._proof_today() - timedelta(days=DAYS)),
            ],
            order="day",
        )
        return [
            self.env._(
                "%(count)s messages of %(date)s never came in: see “Nothing Lost?” and fetch them.",
                count=proof.missing_count,
                date=format_date(self.env, proof.day),
            )
            for proof in lacking
        ]

    # === COUNTING === #

    def _prove_lately(self):
        """Count the last days, today included."""
        self.ensure_one()
        today = self._proof_today()
        self._prove(today - timedelta(days=DAYS - 1), today)
        # the other side was spoken to for long: what has changed meanwhile is not in the way
        self.env["ir.cron"]._commit_progress()
        self.proof_date = today

    def _prove(self, first, last):
        """Count days of a channel.

        :param datetime.date first: first day
        :param datetime.date last: last day, included
        :rtype: omni.proof
        """
        self.ensure_one()
        since, until = self.env["omni.proof"]._span(self, first, last)
        listed = self._proof_listed(since, until)
        # what was listed just now may have come in since this transaction began
        ids = run_apart(self.env, _store_proof, self.id, first, last, listed)
        self.env.invalidate_all()
        return self.env["omni.proof"].browse(ids)

    def _proof_listed(self, since, until):
        """What the other side has of the time between two moments.

        :rtype: _Listed
        """
        listed = _Listed()
        folders = self.folder_ids.filtered("is_active") or [self.env["omni.folder"]]
        try:
            provider = self._provider()
            for folder in folders:
                # what is older than the start of the channel was never to come in
                start = max(filter(None, (since, folder.since or self.start_date)), default=since)
                theirs = provider.census(folder.key or "", start)
                if theirs is None:
                    listed.is_whole = False
                    continue
                listed.is_asked = True
                for one in map(tidy, islice(theirs, MOST - len(listed.keys) + 1)):
                    # named as it would be stored
                    if start <= one.sent < until:
                        listed.keys.append(one.external_id)
                        listed.moments.append(one.sent)
                        listed.folders.append(folder.id or None)
                if len(listed.keys) > MOST:
                    listed.error = self.env._(
                        "There are more than %(count)s messages: count fewer days at once.",
                        count=MOST,
                    )
        except IntegrationError as error:
            _logger.info("%s: its messages could not be counted: %s", self, error)
            return _Listed(is_asked=True, error=self.env["omni.queue.mixin"]._queue_reason(error))
        return listed

    def _proof_store(self, first, last, listed):
        """Compare what was listed with what is here, and keep the outcome.

        :param _Listed listed: see :meth:`_proof_listed`
        :rtype: omni.proof
        """
        self.ensure_one()
        since, until = self.env["omni.proof"]._span(self, first, last)
        # before anything is counted: it corrects the numbers of the last time
        self.env["omni.proof.gap"]._look_again(self)
        self.env.flush_all()
        self._proof_units(since, until, listed)
        counts = self._proof_counts(since, until)
        proofs = self._proof_lines(first, last, listed, counts)
        self._proof_gaps(proofs, since, until, listed)
        self.env.cr.execute("DROP TABLE omni_proof_listed, omni_proof_unit")
        if self.is_enabled:
            # whoever has to act is told, or need not any more
            self._watchdog_review()
        return proofs

    def _proof_units(self, since, until, listed):
        """Put every message of these days, theirs and ours, into a table, with what became of it.
        Each is in it once, so every number that is counted from it adds up."""
        cr = self.env.cr
        # compiling these statements takes ten times as long as carrying them out
        cr.execute("SET LOCAL jit = off")
        cr.execute("DROP TABLE IF EXISTS omni_proof_listed, omni_proof_unit")
        cr.execute(
            SQL(
                """
                CREATE TEMPORARY TABLE omni_proof_listed ON COMMIT DROP AS
                SELECT DISTINCT ON (key) key, moment, folder_id
                  FROM unnest(%s::varchar[], %s::timestamp[], %s::int4[])
                       AS theirs (key, moment, folder_id)
                 ORDER BY key, moment
                """,
                listed.keys,
                listed.moments,
                listed.folders,
            )
        )
        cr.execute("CREATE UNIQUE INDEX ON omni_proof_listed (key)")
        cr.execute("ANALYZE omni_proof_listed")
        margin = timedelta(days=1)
        values = {
            "channel": self.id,
            "since": since,
            "until": until,
            # their clock and ours do not agree on when a message was written
            "before": since - margin,
            "after": until + margin,
        }
        cr.execute(SQL(_UNITS, **values))
        cr.execute("CREATE INDEX ON omni_proof_unit (key)")
        cr.execute(SQL(_KNOWN_FROM_OTHER_DAYS, **values))
        cr.execute(
            SQL(
                _SEARCHED,
                **values,
                shortest=SHORTEST_NAME,
                names=SEARCHED_NAMES,
                events=SEARCHED_EVENTS,
            )
        )
        looks = timedelta(minutes=max(self.sync_minutes * LOOKS, 15))
        cr.execute(SQL(_MISSING, recent=fields.Datetime.now() - looks))

    def _proof_counts(self, since, until):
        """What there is of each day.

        :return: values of `omni.proof` by day
        :rtype: dict[datetime.date, dict]
        """
        self.env.cr.execute(
            SQL(_COUNTS, zone=self._proof_zone(), since=since, until=until),
        )
        return {row.pop("day"): row for row in self.env.cr.dictfetchall()}

    def _proof_lines(self, first, last, listed, counts):
        """Keep the numbers.

        :rtype: omni.proof
        """
        proofs = self.env["omni.proof"]
        known = {
            proof.day: proof
            for proof in proofs.search(
                [("channel_id", "=", self.id), ("day", ">=", first), ("day", "<=", last)]
            )
        }
        now = fields.Datetime.now()
        is_compared = listed.is_asked and listed.is_whole and not listed.error
        names = [name for name in proofs._fields if name.endswith("_count")]
        days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
        for day in days:
            values = dict.fromkeys(names, 0) | counts.get(day, {})
            if not is_compared:
                values |= {"provider_count": 0, "moved_count": 0}
            values |= {
                "counted": now,
                "is_compared": is_compared,
                "error": listed.error or False,
            }
            if day in known:
                if listed.error:
                    # what was missing yesterday is not here because nobody could be asked today
                    values["missing_count"] = known[day].missing_count
                known[day].write(values)
            else:
                known[day] = proofs.create({"channel_id": self.id, "day": day, **values})
        return proofs.union(*known.values())

    def _proof_gaps(self, proofs, since, until, listed):
        """Keep which messages are no plain messages here, and what is known of them.

        :param proofs: `omni.proof` of these days
        """
        gaps = self.env["omni.proof.gap"]
        known = {
            gap.key: gap
            for gap in gaps.search(
                [
                    ("channel_id", "=", self.id),
                    ("moment", ">=", since),
                    ("moment", "<", until),
                ]
            )
        }
        self.env.cr.execute(
            SQL(_GAPS, zone=self._proof_zone(), since=since, until=until, most=NAMED)
        )
        by_day = {proof.day: proof.id for proof in proofs}
        new, seen = [], set()
        for row in self.env.cr.dictfetchall():
            row["proof_id"] = by_day[row.pop("day")]
            seen.add(row["key"])
            if gap := known.get(row["key"]):
                gap._keep(row)
            else:
                new.append(row | {"channel_id": self.id})
        gaps.create(new)
        settled = gaps.union(*(gap for key, gap in known.items() if key not in seen))
        settled -= settled.filtered(lambda gap: gap.fate in ("fetched", "gone"))
        if listed.error:
            settled -= settled.filtered(lambda gap: gap.fate in ("missing", "arriving"))
        gone = settled.filtered(lambda gap: gap.fate == "missing")
        gone.write({"fate": "gone", "is_listed": False})
        (settled - gone).unlink()


def _store_proof(env, channel_id, first, last, listed):
    """Keep the outcome, in a transaction of its own."""
    return env["omni.channel"].browse(channel_id)._proof_store(first, last, listed).ids


#: Messages that are here, by all their names, and what came in of which no message was made.
#: ``fate`` is ``here`` or one of `omni.proof.gap`.
_UNITS = """
CREATE TEMPORARY TABLE omni_proof_unit ON COMMIT DROP AS
WITH message AS (
    SELECT m.id, m.external_id, m.sent, m.direction, m.is_automatic OR m.is_bounce AS is_machine,
           c.is_history, c.case_id IS NOT NULL AS has_case,
           c.answered_by_id IS NOT NULL
           OR GREATEST(t.last_answer_date, t.closed_date) >= m.sent AS is_answered
      FROM omni_message m
      JOIN omni_conversation c ON c.id = m.conversation_id
 LEFT JOIN crm_ticket t ON t.id = c.ticket_id
     WHERE m.channel_id = %(channel)s
       AND m.external_id IS NOT NULL
       AND m.sent >= %(before)s AND m.sent < %(after)s
), named AS (
    SELECT id, external_id AS key FROM message
     UNION
    SELECT a.message_id, a.external_id
      FROM omni_message_alias a JOIN message ON message.id = a.message_id
), told AS (
    -- one message may be told several times: it counts once, by the best that became of it
    SELECT DISTINCT ON (COALESCE(e.external_id, e.id::varchar))
           e.id, e.external_id, e.dedupe_key, e.state, e.cause, e.rule_id, e.folder_id,
           COALESCE(e.occurred, e.received) AS moment
      FROM omni_event e
     WHERE e.channel_id = %(channel)s
       AND e.kind = 'message'
       AND e.received >= %(before)s
       AND (e.external_id IS NOT NULL OR e.state IN ('new', 'retry', 'dead')
            OR e.state = 'ignored' AND e.cause IN ('elsewhere', 'own'))
       AND NOT EXISTS (SELECT FROM omni_message m
                        WHERE m.channel_id = e.channel_id AND m.external_id = e.external_id)
       AND NOT EXISTS (SELECT FROM omni_message_alias a
                        WHERE a.channel_id = e.channel_id AND a.external_id = e.external_id)
  ORDER BY COALESCE(e.external_id, e.id::varchar),
           array_position(ARRAY['done', 'ignored', 'new', 'retry', 'dead'], e.state::text), e.id
)
SELECT named.key, COALESCE(theirs.moment, m.sent) AS moment, theirs.key IS NOT NULL AS is_listed,
       theirs.folder_id, 'here' AS fate, NULL::int4 AS event_id, NULL::int4 AS rule_id,
       m.direction, m.is_history, m.has_case,
       m.has_case AND m.direction = 'in' AND NOT m.is_machine AS is_customer,
       COALESCE(m.is_answered, false) AS is_answered
  FROM named
  JOIN message m ON m.id = named.id
  LEFT JOIN omni_proof_listed theirs ON theirs.key = named.key
 UNION ALL
SELECT COALESCE(told.external_id, named.key, '#' || told.id), COALESCE(theirs.moment, told.moment),
       theirs.key IS NOT NULL, COALESCE(told.folder_id, theirs.folder_id),
       CASE WHEN told.state IN ('new', 'retry') THEN 'waiting'
            WHEN told.state = 'dead' THEN 'dead'
            WHEN told.state = 'done' THEN 'copy'
            WHEN told.cause IN ('rule', 'colleagues', 'elsewhere', 'own') THEN told.cause
            ELSE 'nothing' END,
       told.id, told.rule_id, NULL, false, false, false, false
  FROM told
  LEFT JOIN LATERAL (
       -- what has not been understood yet is known by the key it came in under
       SELECT l.key FROM unnest(string_to_array(told.dedupe_key, ':')) part
         JOIN omni_proof_listed l ON l.key = part
        WHERE told.external_id IS NULL LIMIT 1
  ) named ON true
  LEFT JOIN omni_proof_listed theirs ON theirs.key = COALESCE(told.external_id, named.key)
"""

#: What the other side has, and is here under another day.
_KNOWN_FROM_OTHER_DAYS = """
INSERT INTO omni_proof_unit
SELECT l.key, l.moment, true, l.folder_id, 'here', NULL, NULL, NULL, false, false, false, false
  FROM omni_proof_listed l
 WHERE NOT EXISTS (SELECT FROM omni_proof_unit u WHERE u.key = l.key)
   AND (EXISTS (SELECT FROM omni_message m
                 WHERE m.channel_id = %(channel)s AND m.external_id = l.key)
     OR EXISTS (SELECT FROM omni_message_alias a
                 WHERE a.channel_id = %(channel)s AND a.external_id = l.key)
     OR EXISTS (SELECT FROM omni_event e
                 WHERE e.channel_id = %(channel)s AND e.external_id = l.key))
"""

#: What the other side has, and is named in the letter of an event that waits or was given up.
_SEARCHED = """
WITH found AS (
    SELECT DISTINCT ON (l.key) l.key, l.moment, l.folder_id, e.id AS event_id, e.state
      FROM (SELECT l.* FROM omni_proof_listed l
             WHERE length(l.key) >= %(shortest)s
               AND NOT EXISTS (SELECT FROM omni_proof_unit u WHERE u.key = l.key)
             LIMIT %(names)s) l
      JOIN (SELECT id, state, payload FROM omni_event
             WHERE channel_id = %(channel)s AND kind = 'message'
               AND state IN ('new', 'retry', 'dead')
             ORDER BY id LIMIT %(events)s) e ON position(l.key IN e.payload) > 0
  ORDER BY l.key, e.id
), replaced AS (
    DELETE FROM omni_proof_unit u USING found
     WHERE u.event_id = found.event_id AND NOT u.is_listed
)
INSERT INTO omni_proof_unit
SELECT key, moment, true, folder_id, CASE state WHEN 'dead' THEN 'dead' ELSE 'waiting' END,
       event_id, NULL, NULL, false, false, false, false
  FROM found
"""

#: What the other side has, and is not here in any form.
_MISSING = """
INSERT INTO omni_proof_unit
SELECT l.key, l.moment, true, l.folder_id,
       CASE WHEN l.moment > %(recent)s THEN 'arriving' ELSE 'missing' END,
       NULL, NULL, NULL, false, false, false, false
  FROM omni_proof_listed l
 WHERE NOT EXISTS (SELECT FROM omni_proof_unit u WHERE u.key = l.key)
"""

_COUNTS = """
SELECT (moment AT TIME ZONE 'UTC' AT TIME ZONE %(zone)s)::date AS day,
       COUNT(*) FILTER (WHERE is_listed) AS provider_count,
       COUNT(*) FILTER (WHERE fate NOT IN ('missing', 'arriving')) AS stored_count,
       COUNT(*) FILTER (WHERE fate NOT IN ('missing', 'arriving', 'waiting', 'dead'))
           AS processed_count,
       COUNT(*) FILTER (WHERE has_case) AS ticketed_count,
       COUNT(*) FILTER (WHERE is_customer) AS customer_count,
       COUNT(*) FILTER (WHERE is_customer AND is_answered) AS answered_count,
       COUNT(*) FILTER (WHERE is_history) AS history_count,
       COUNT(*) FILTER (WHERE direction = 'out') AS own_count,
       COUNT(*) FILTER (WHERE fate IN
           ('rule', 'colleagues', 'copy', 'elsewhere', 'own', 'nothing')) AS ignored_count,
       COUNT(*) FILTER (WHERE fate IN ('waiting', 'arriving')) AS waiting_count,
       COUNT(*) FILTER (WHERE fate = 'dead') AS dead_count,
       COUNT(*) FILTER (WHERE fate = 'missing') AS missing_count,
       COUNT(*) FILTER (WHERE NOT is_listed AND fate = 'here') AS moved_count
  FROM omni_proof_unit
 WHERE moment >= %(since)s AND moment < %(until)s
 GROUP BY 1
"""

_GAPS = """
SELECT day, key, moment, folder_id, is_listed, fate, event_id, rule_id
  FROM (SELECT u.*, (moment AT TIME ZONE 'UTC' AT TIME ZONE %(zone)s)::date AS day,
               ROW_NUMBER() OVER (
                   PARTITION BY (moment AT TIME ZONE 'UTC' AT TIME ZONE %(zone)s)::date, fate
                   ORDER BY moment DESC, key
               ) AS number
          FROM (SELECT DISTINCT ON (key) * FROM omni_proof_unit ORDER BY key, fate) u
         WHERE fate <> 'here' AND moment >= %(since)s AND moment < %(until)s) unit
 WHERE number <= %(most)s
"""
