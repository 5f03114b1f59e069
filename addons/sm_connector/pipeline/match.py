"""Who is this? Answers of people to questions that the evidence leaves open.

An applier finds the Odoo record of a new key by evidence. When several records fit, or several keys
claim one record, the row waits in ``sm_match`` for a person. What a person once decided is asked
first, in every later run, and no evidence overrules it.
"""

import json
from dataclasses import dataclass
from hashlib import blake2b

from ..contract.errors import RowError

COLUMNS = {"contact": "partner_id", "article": "product_id", "order": "order_id"}
UNANSWERED = ("open", "later")
SHOWN_CANDIDATES = 12  # a mailbox that more contacts share is nobody's own


class Ambiguous(RowError):
    """A row that may be one of several records, or one record that several rows may be.

    :ivar candidates: ``{record id: evidence}``; the evidence is that by which it is claimed, None
        for a record that is only shown because something else fits
    """

    def __init__(self, reason, field, value, line, candidates):
        super().__init__("ambiguous_match", reason, field, value, line)
        self.candidates = candidates


@dataclass(slots=True)
class Decision:
    """What a person decided on a key.

    :ivar record_id: the record to link; None to create a new one
    :ivar must_ask: nothing was decided, but no evidence may decide either
    """

    record_id: int | None = None
    must_ask: bool = False


def resolve(applier, rows) -> dict:
    """Find the Odoo records of rows with a new key: by decision, else by evidence.

    :return: ``{plan id: record id, or the RowError}``; rows without an entry are created
    """
    decisions = read_decisions(applier, [row.key for row in rows])
    found = {}
    undecided = []
    for row in rows:
        decision = decisions.get(row.key)
        if decision is None or decision.must_ask:
            undecided.append(row)
        elif decision.record_id:
            found[row.id] = decision.record_id
    if undecided:
        found |= applier.match(undecided)
    asked = []
    for row in undecided:
        outcome = found.get(row.id)
        if row.key in decisions and not isinstance(outcome, RowError):
            outcome = found[row.id] = _ask_anyway(row, outcome)
        if isinstance(outcome, Ambiguous):
            asked.append((row, outcome))
    if asked:
        ask(applier, asked)
    return found


def _ask_anyway(row, record_id):
    return Ambiguous(
        "a person has to say again which record this is",
        "",
        row.key,
        row.seq,
        {record_id: None} if record_id else {},
    )


def read_decisions(applier, keys) -> dict:
    """Return ``{key: Decision}`` of the keys on which a person had a word.

    A decision for a record that has gone, or that got another key meanwhile, is void: it has to be
    asked again.
    """
    column = COLUMNS.get(applier.entity)
    if not column:
        return {}
    cr = applier.env.cr
    cr.execute(
        f"""
        UPDATE sm_match m SET must_ask = TRUE, state = 'open'
         WHERE m.backend_id = %(backend)s AND m.entity = %(entity)s
           AND m.external_id = ANY(%(keys)s) AND m.state = 'link'
           AND (m.{column} IS NULL
                OR EXISTS (SELECT 1 FROM sm_link l
                            WHERE l.{column} = m.{column} AND l.state != 'retired'
                              AND l.backend_id = m.backend_id
                              AND l.external_id != m.external_id))
        """,
        {"backend": applier.backend.id, "entity": applier.entity, "keys": keys},
    )
    cr.execute(
        f"""
        SELECT external_id, state, must_ask, {column} FROM sm_match
         WHERE backend_id = %s AND entity = %s AND external_id = ANY(%s)
           AND (must_ask OR state IN ('link', 'create'))
        """,
        [applier.backend.id, applier.entity, keys],
    )
    return {
        key: Decision(record_id if state == "link" else None, must_ask=bool(must_ask))
        for key, state, must_ask, record_id in cr.fetchall()
    }


def ask(applier, questions):
    """Put rows before a person, or refresh the question that is already there.

    A question that was put off comes back only when the row or its candidates have changed.

    :param questions: list of ``(row, Ambiguous)``
    """
    cr = applier.env.cr
    column = COLUMNS[applier.entity]
    cr.execute_values(
        """
        INSERT INTO sm_match AS m (backend_id, entity, external_id, name, record, reason,
            signature, state, first_asked, last_asked, create_uid, write_uid, create_date,
            write_date)
        VALUES %s
        ON CONFLICT (backend_id, entity, external_id) DO UPDATE
           SET name = excluded.name, record = excluded.record, reason = excluded.reason,
               signature = excluded.signature, last_asked = excluded.last_asked,
               first_asked = CASE WHEN m.state IN ('open', 'later') THEN m.first_asked
                                  ELSE excluded.first_asked END,
               state = CASE WHEN m.state = 'later' AND m.signature = excluded.signature
                            THEN 'later' ELSE 'open' END,
               write_date = excluded.write_date
     RETURNING m.external_id, m.id
        """,
        [
            (
                applier.backend.id,
                applier.entity,
                row.key,
                applier.title(row.record)[:200],
                json.dumps(row.record, ensure_ascii=False),
                error.reason,
                _signature(row, error),
            )
            for row, error in questions
        ],
        template="(%s, %s, %s, %s, %s, %s, %s, 'open', now() AT TIME ZONE 'UTC',"
        " now() AT TIME ZONE 'UTC', 1, 1, now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC')",
        page_size=len(questions),
    )
    cr.execute(
        "SELECT external_id, id FROM sm_match"
        " WHERE backend_id = %s AND entity = %s AND external_id = ANY(%s)",
        [applier.backend.id, applier.entity, [row.key for row, _error in questions]],
    )
    ids = dict(cr.fetchall())
    renewed = [ids[row.key] for row, error in questions if error.candidates]
    cr.execute("DELETE FROM sm_match_candidate WHERE match_id = ANY(%s)", [renewed])
    values = [
        (ids[row.key], record_id, evidence)
        for row, error in questions
        for record_id, evidence in list(error.candidates.items())[:SHOWN_CANDIDATES]
    ]
    if values:
        cr.execute_values(
            f"INSERT INTO sm_match_candidate (match_id, {column}, evidence) VALUES %s", values
        )
    applier.env["sm.match"].invalidate_model()
    applier.env["sm.match.candidate"].invalidate_model()


def _signature(row, error) -> str:
    content = [row.record, sorted(error.candidates)]
    text = json.dumps(content, sort_keys=True, ensure_ascii=False)
    return blake2b(text.encode(), digest_size=16).hexdigest()


def close(cr, line):
    """Close the questions that a run did not ask any more, and those whose key is linked now.

    Call it while the rows of quarantine of the line are still in its plan.

    :param sm.run.line line: only a complete export tells which questions no longer pose themselves
    """
    cr.execute(
        """
        UPDATE sm_match m
           SET state = 'solved', must_ask = FALSE, write_date = now() AT TIME ZONE 'UTC'
         WHERE m.backend_id = %(backend)s AND m.entity = %(entity)s
           AND m.state IN ('open', 'later')
           AND (EXISTS (SELECT 1 FROM sm_link l
                         WHERE l.backend_id = m.backend_id AND l.entity = m.entity
                           AND l.external_id = m.external_id AND l.state != 'retired')
                OR %(is_full)s AND m.must_ask IS NOT TRUE
                   AND NOT EXISTS (SELECT 1 FROM sm_plan p
                                    WHERE p.line_id = %(line)s AND p.op = 'quarantine'
                                      AND p.key = m.external_id
                                      AND p.error::json ->> 'cause' = 'ambiguous_match'))
        """,
        {
            "backend": line.backend_id.id,
            "entity": line.entity,
            "line": line.id,
            "is_full": line.scope == "full",
        },
    )
    line.env["sm.match"].invalidate_model()
