"""What every entity's applier must say, and what they share.

An applier is the last step of the flow and the only one that touches ``env``. It is given rows that
are converted and checked, and answers with records; errors of single rows are `RowError`s.
"""

import json
from dataclasses import dataclass

from ..contract.errors import RowError
from .context import LOAD_CONTEXT


@dataclass(slots=True)
class Planned:
    """A row of ``sm_plan``."""

    id: int
    rank: int
    seq: int
    op: str
    key: str
    link_id: int
    res_id: int
    record: dict
    content_hash: bytes
    source_hash: bytes
    raw: str

    COLUMNS = "id, rank, seq, op, key, link_id, res_id, record, content_hash, source_hash, raw"

    @classmethod
    def from_row(cls, row):
        row = cls(*row)
        row.record = json.loads(row.record) if row.record else {}
        row.content_hash = row.content_hash and bytes(row.content_hash)
        row.source_hash = row.source_hash and bytes(row.source_hash)
        return row


class Applier:
    """Base of the appliers.

    To implement: the attributes below, :meth:`check`, :meth:`match`, :meth:`insert`,
    :meth:`update`, and :meth:`finish` for what is written set-based. Then name the class in
    `appliers.APPLIERS`.

    :cvar str entity: name of the contract
    :cvar str label: what a person calls its records, in the plural
    :cvar int sequence: place in the night; what an entity refers to has a lower one
    :cvar str model: the model written to
    :cvar str link_field: the typed foreign key of ``sm.link``
    :cvar str pattern: names of its files in a new master's drop folder
    :cvar int batch_size: rows per transaction
    :cvar str identity_sql: columns of `identity.Known` of the record ``r``; see `is_somebody_else`
    :cvar bool is_optional: may a master never send it? Then no file is no remark
    :cvar bool is_reused: may the master give a key to somebody else later?
    :cvar str code_field: field of the model that holds the master's key
    :cvar dict owners: by model, which field of the contract feeds a field of Odoo: whoever owns the
        one owns the other, see `sm.owned.mixin`. None: the master's, whatever the mapping says
    :cvar dict code_columns: kinds of ``sm.code`` that its records depend on → the column of the
        record that holds the code; None when any record may
    :cvar tuple customer_columns: columns of its records that hold a contact, whom they follow when
        the contact's key turns out to be somebody else's
    :cvar str finished_sql: condition on the record ``r`` under which a row that left the export is
        history and stays; empty when there is no such thing
    :cvar tuple shown: fields in which a dry run looks for differences
    :cvar dict shown_lines: the same for lines: field → (field that tells them apart, fields)
    :cvar str stamp_sql: when the record ``r`` was last changed
    """

    entity = None
    label = None
    sequence = 90
    model = None
    link_field = None
    pattern = None
    batch_size = 500
    identity_sql = "NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL"
    is_optional = False
    is_reused = True
    code_field = None
    owners = {}
    code_columns = {}
    customer_columns = ()
    finished_sql = ""
    shown = ()
    shown_lines = {}
    stamp_sql = "r.write_date"

    @classmethod
    def table(cls):
        return cls.model.replace(".", "_")

    def __init__(self, env, feed):
        self.env = env(context=dict(env.context, **LOAD_CONTEXT))
        self.backend = feed.backend_id.with_env(self.env)
        self.company = self.backend.company_id
        self.model_env = self.env[self.model].with_company(self.company)
        # a contact or an article belongs to the master's company unless all companies share it
        self.owner_company_id = not self.backend.is_shared and self.company.id
        fields = self.env["sm.field.mapping"]._sm_fields_by_owner()
        #: fields that are written only while they are empty in Odoo
        self.filled = fields.get((self.backend.id, self.model, "fill"), frozenset())

    def forget(self):
        """Forget what was created and rolled back since: codes, categories."""

    def check(self, rows):
        """Resolve what the rows refer to, for :meth:`insert` and :meth:`update`.

        :return: the rows that cannot be applied, ``{plan id: RowError}``
        """
        return {}

    def match(self, rows):
        """Find the Odoo record that a new key already has, by code, VAT, e-mail, phone.

        :return: ``{plan id: record id, or a RowError when several fit}``
        """
        return {}

    def insert(self, rows):
        """Create one record per row, in the same order."""
        raise NotImplementedError

    def update(self, rows):
        """Write what differs between each row and its record ``row.res_id``."""
        raise NotImplementedError

    def archive(self, ids):
        """Archive records that the master no longer has."""
        self.model_env.browse(ids).exists().write({"active": False})

    def finish(self, rows):
        """Write what is faster set-based, after the rows were created or updated."""

    def settle(self):
        """Write what can only be known when all rows of the night are in."""

    def observe(self, rows):
        """Look at what :meth:`record_events` compares with, before ``rows`` are written.

        :return: anything, handed to :meth:`record_events`
        """

    def record_events(self, rows, before):
        """Record what changed for the customer, after ``rows`` were written and linked.

        :param before: what :meth:`observe` returned
        """

    def describe(self, record):
        """Return by what a person recognises a record, beside its key."""
        return record.display_name

    # === HELPERS === #

    @staticmethod
    def title(record):
        """Return what a person calls a canonical record."""
        return record.get("name") or record.get("number") or ""

    @staticmethod
    def known_ids(rows):
        """Return the records that the master had sent before; what it finds is nobody's change."""
        return [row.res_id for row in rows if row.op == "update" and row.link_id]

    def linked(self, entity, column, keys):
        """Return ``{key: record id}`` of the linked keys of another entity."""
        keys = list({key for key in keys if key})
        if not keys:
            return {}
        self.env.cr.execute(
            f"SELECT external_id, {column} FROM sm_link WHERE backend_id = %s AND entity = %s"
            f" AND state != 'retired' AND external_id = ANY(%s) AND {column} IS NOT NULL",
            [self.backend.id, entity, keys],
        )
        return dict(self.env.cr.fetchall())

    @staticmethod
    def without_absent(vals, record, sources):
        """Return ``vals`` without the values whose field the mapping does not feed.

        A column that is not in the export must not overwrite what Odoo has with nothing.

        :param dict sources: value → field of the canonical record
        """
        absent = [name for name, source in sources.items() if source not in record]
        return {name: vals[name] for name in vals if name not in absent} if absent else vals

    def without_filled(self, vals, record):
        """Return ``vals`` without what the master only proposes and ``record`` already has."""
        return {
            name: value
            for name, value in vals.items()
            if name not in self.filled or not record[name]
        }

    def write_differences(self, records, vals_list):
        """Write to each record the values that it does not have yet, grouped by equal changes.

        :param records: one record per dict of values, in the same order
        """
        changes = {}
        fields = records._fields
        for record, vals in zip(records, vals_list, strict=True):
            change = {}
            for name, value in self.without_filled(vals, record).items():
                field = fields[name]
                if field.type in ("many2many", "one2many"):
                    if sorted(record[name].ids) != sorted(value[0][2]):
                        change[name] = value
                    continue
                old = field.convert_to_write(record[name], record)
                if field.type in ("float", "monetary"):
                    if abs((old or 0.0) - (value or 0.0)) > 1e-9:
                        change[name] = value
                elif (
                    field.convert_to_write(
                        field.convert_to_record(field.convert_to_cache(value, record), record),
                        record,
                    )
                    != old
                ):
                    change[name] = value
            if change:
                signature = json.dumps(change, default=str, sort_keys=True)
                changes.setdefault(signature, (change, []))[1].append(record.id)
        for change, ids in changes.values():
            records.browse(ids).write(change)


def refused(exc) -> RowError:
    """Return the error of a row that Odoo's own rules turned down."""
    text = getattr(exc, "pgerror", None) or str(exc)
    return RowError("refused", text.strip()[:1000])
