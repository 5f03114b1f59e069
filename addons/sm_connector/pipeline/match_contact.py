"""Which contact of Odoo is this customer of the master? By code, VAT number, e-mail, phone.

All new customers of a run are looked at together: which of two gets a contact must not depend on
the batch he happens to be in.
"""

import json
from dataclasses import dataclass, field

from odoo.addons.integration_base.tools.email import match_key as email_key
from odoo.addons.integration_base.tools.phone import to_e164

from .identity import words
from .match import Ambiguous
from .sheet import referred

CHUNK = 2000
# contacts that may be the master's without our knowing: not our colleagues, not our own companies,
# and none that a person has promised to another key
UNPROMISED = """
    NOT EXISTS (SELECT 1 FROM sm_link l WHERE l.partner_id = p.id)
    AND NOT EXISTS (SELECT 1 FROM sm_match m WHERE m.partner_id = p.id AND m.state = 'link')
"""
UNLINKED = f"""
    (p.company_id IS NULL OR p.company_id = %(company)s)
    AND {UNPROMISED}
    AND NOT EXISTS (SELECT 1 FROM res_users u WHERE u.partner_id = p.id)
    AND NOT EXISTS (SELECT 1 FROM res_company c WHERE c.partner_id = p.id)
"""
# the sheet to encode names the contact itself: he may be a customer of the portal
ON_SHEET = UNLINKED.replace("u.partner_id = p.id)", "u.partner_id = p.id AND NOT u.share)")
VAT_SQL = "upper(regexp_replace(p.vat, '[^A-Za-z0-9]', '', 'g'))"
# evidence → the columns that hold it; the first evidence that fits decides
EVIDENCE = {
    "ref": ("p.ref",),
    "sheet": ("p.id::text",),  # typed into the remarks, see `sheet`
    "vat": (VAT_SQL,),
    "email": ("p.email_key", "p.email_alt_key"),
    "mobile": ("p.mobile_key", "p.phone_key"),  # people give either as the other
    "phone": ("p.phone_key", "p.mobile_key"),
}
WEAK = ("email", "mobile", "phone")  # families and neighbours share them: the name has to fit too
FIELD_OF = {"ref": "code", "sheet": "remarks"}
LEVEL = {evidence: level for level, evidence in enumerate(EVIDENCE)}
SHOWN_NAMES = 5
TAIL = 6  # digits


def full_vat(vat: str, country: str) -> str:
    """Return a VAT number as typed in its full form, ``BE0403170701``; empty when there is none.

    :param str country: ISO code of the row, for a number without its prefix
    """
    number = "".join(filter(str.isalnum, vat or "")).upper()
    number = number.removeprefix("TVA").removeprefix("BTW")
    if not any(map(str.isdigit, number)):
        return ""
    return number if number[:2].isalpha() else f"{country}{number}"


def full_name(record: dict) -> str:
    return " ".join(filter(None, (record.get("name"), record.get("name2"))))


def is_same_name(ours: str, theirs: str) -> bool:
    """Return whether all words of one name are in the other: *Dupont J* and *Jean Dupont*."""
    ours, theirs = words(ours), words(theirs)
    return bool(ours and theirs) and (ours <= theirs or theirs <= ours)


def may_be_known(number: str, tails: set) -> bool:
    """Return whether a number as typed may be one whose last digits are among ``tails``.

    To understand a number takes far longer, and hardly any of a first load is known.
    """
    found = "".join(filter(str.isdigit, number))
    return any(found[at : at + TAIL] in tails for at in range(len(found) - TAIL + 1))


def match_keys(key: str, record: dict, home: str, tails: set) -> dict:
    """Return what a contact of the master is looked up by, per evidence.

    :param str home: ISO code of the company's country
    :param set tails: last digits of the telephone numbers that Odoo knows
    """
    sheet = referred(record.get("remarks"))
    keys = dict.fromkeys(EVIDENCE) | {"ref": key, "sheet": sheet and str(sheet)}
    if record.get("parent_code"):
        return keys  # an address shares the telephone and mailbox of its customer
    country = record.get("country_code") or home
    return keys | {
        "vat": full_vat(record.get("vat"), country),
        "email": email_key(record.get("email") or ""),
        **{
            name: to_e164(record[name], country)
            for name in ("mobile", "phone")
            if record.get(name) and may_be_known(record[name], tails)
        },
    }


@dataclass(slots=True)
class Claim:
    """A new customer for whom Odoo has candidates."""

    key: str
    seq: int
    name: str
    #: evidence → (value, ids of the contacts that have it)
    candidates: dict = field(default_factory=dict)


class ContactMatcher:
    """Matches the new contacts of one line of a run.

    :param ContactApplier applier: for its environment, backend and company
    """

    def __init__(self, applier):
        self.env = applier.env
        self.cr = applier.env.cr
        self.partners = applier.model_env
        self.backend = applier.backend
        self.company = applier.company
        self.home = applier.company.country_id.code
        self.has_unlinked = None
        self.outcomes = None
        self.tails = None

    def match(self, rows) -> dict:
        """Return ``{plan id: contact id, or Ambiguous}`` of those of ``rows`` that Odoo knows."""
        if not self._has_unlinked():
            return {}
        if self.outcomes is None:
            self.outcomes = self._settle(self._read_claims(rows))
        found = {row.id: self.outcomes[row.id] for row in rows if row.id in self.outcomes}
        taken = self._linked_meanwhile([id_ for id_ in found.values() if isinstance(id_, int)])
        if taken & set(found.values()):
            # somebody linked or merged one of them since the claims were read
            self.outcomes = self._settle(self._read_claims(rows))
            found = {row.id: self.outcomes[row.id] for row in rows if row.id in self.outcomes}
        return found

    def _has_unlinked(self):
        """Is there anything to match with? In a new database there is not, and a load makes none:
        the question is asked once."""
        if self.has_unlinked is None:
            query = f"SELECT 1 FROM res_partner p WHERE {UNLINKED} LIMIT 1"
            self.cr.execute(query, {"company": self.company.id})
            self.has_unlinked = bool(self.cr.fetchone())
        return self.has_unlinked

    def _linked_meanwhile(self, ids):
        if not ids:
            return set()
        self.cr.execute(
            f"SELECT p.id FROM res_partner p WHERE p.id = ANY(%s) AND {UNPROMISED}", [ids]
        )
        return set(ids) - {id_ for (id_,) in self.cr.fetchall()}

    # === READ === #

    def _read_claims(self, rows) -> dict:
        """Return ``{plan id: Claim}`` of all new customers of the line that may be in Odoo."""
        claims, last = {}, 0
        self.tails = self._tails()
        self.cr.execute("SELECT line_id FROM sm_plan WHERE id = %s", [rows[0].id])
        line = self.cr.fetchone()
        if not line:  # rows that were never planned: a dry run of its own
            return self._claims_of([(row.id, row.key, row.seq, row.record) for row in rows])
        while True:
            self.cr.execute(
                "SELECT id, key, seq, record FROM sm_plan WHERE line_id = %s AND op = 'create'"
                " AND id > %s AND key NOT IN (SELECT external_id FROM sm_match WHERE backend_id ="
                " %s AND entity = 'contact' AND state IN ('link', 'create'))"
                " ORDER BY id LIMIT %s",
                [line[0], last, self.backend.id, CHUNK],
            )
            chunk = self.cr.fetchall()
            if not chunk:
                return claims
            last = chunk[-1][0]
            claims |= self._claims_of(
                [(id_, key, seq, json.loads(record)) for id_, key, seq, record in chunk]
            )

    def _claims_of(self, rows):
        keys = {
            id_: match_keys(key, record, self.home, self.tails) for id_, key, _seq, record in rows
        }
        claims = {}
        for evidence in EVIDENCE:
            values = {key[evidence] for key in keys.values() if key[evidence]}
            holders = self._holders(evidence, values)
            for id_, key, seq, record in rows:
                ids = holders.get(keys[id_][evidence])
                if ids:
                    claim = claims.setdefault(id_, Claim(key, seq, full_name(record)))
                    claim.candidates[evidence] = (keys[id_][evidence], set(ids))
        return claims

    def _tails(self):
        """Return the last digits of the telephone numbers of all unlinked contacts."""
        self.cr.execute(
            f"""
            SELECT DISTINCT right(known.value, {TAIL})
              FROM res_partner p
             CROSS JOIN LATERAL (VALUES (p.phone_key), (p.mobile_key)) known (value)
             WHERE known.value IS NOT NULL AND p.parent_id IS NULL AND {UNLINKED}
            """,
            {"company": self.company.id},
        )
        return {tail for (tail,) in self.cr.fetchall()}

    def _holders(self, evidence, values):
        """Return ``{value: ids}`` of the unlinked contacts that have one of the values."""
        if not values:
            return {}
        columns = EVIDENCE[evidence]
        # a contact person or an address is known by its code or its sheet alone
        scope = "TRUE" if evidence in ("ref", "sheet") else "p.parent_id IS NULL"
        unlinked = ON_SHEET if evidence == "sheet" else UNLINKED
        self.cr.execute(
            f"""
            SELECT known.value, array_agg(DISTINCT p.id)
              FROM res_partner p
             CROSS JOIN LATERAL (VALUES {", ".join(f"({column})" for column in columns)})
                        known (value)
             WHERE ({" OR ".join(f"{column} = ANY(%(values)s)" for column in columns)})
               AND known.value = ANY(%(values)s) AND {scope} AND {unlinked}
             GROUP BY 1
            """,
            {"values": list(values), "company": self.company.id},
        )
        return dict(self.cr.fetchall())

    def _waiting_rivals(self, claims):
        """Return ``[(contact id, evidence)]`` for which keys outside of this run wait already."""
        ids = {
            id_
            for claim in claims.values()
            for _value, ids in claim.candidates.values()
            for id_ in ids
        }
        self.cr.execute(
            """
            SELECT DISTINCT c.partner_id, c.evidence
              FROM sm_match_candidate c
              JOIN sm_match m ON m.id = c.match_id
             WHERE m.backend_id = %s AND m.state IN ('open', 'later')
               AND c.evidence IS NOT NULL
               AND c.partner_id = ANY(%s) AND m.external_id != ALL(%s)
            """,
            [self.backend.id, list(ids), [claim.key for claim in claims.values()]],
        )
        return self.cr.fetchall()

    # === DECIDE === #

    def _settle(self, claims) -> dict:
        """Give each customer the contact that only he claims, by the best evidence first."""
        if not claims:
            return {}
        found, taken, contested = {}, set(), set()
        rivals = self._waiting_rivals(claims)
        for evidence in EVIDENCE:
            contested |= {id_ for id_, its in rivals if LEVEL[its] <= LEVEL[evidence]}
            wanted = {}
            for row_id, claim in claims.items():
                value, ids = claim.candidates.get(evidence, ("", set()))
                ids = ids - taken
                if row_id in found or not ids:
                    continue
                if evidence in WEAK:
                    ids, doubtful = self._with_same_name(claim, ids)
                    if doubtful:
                        found[row_id] = self._ambiguous(claim, evidence, value, doubtful, False)
                        continue
                if ids:
                    wanted[row_id] = (value, ids)
            # a contact that two of the master's customers claim: a person says whose it is
            seen = set()
            for _value, ids in wanted.values():
                contested |= ids & seen
                seen |= ids
            for row_id, (value, ids) in wanted.items():
                if len(ids) > 1 or ids & contested:
                    found[row_id] = self._ambiguous(claims[row_id], evidence, value, ids)
                    contested |= ids
                else:
                    found[row_id] = min(ids)
                    taken |= ids
        return found

    def _with_same_name(self, claim, ids):
        """Return those of ``ids`` whose name is the row's, else those whose name resembles it.

        Nothing in common: somebody else at the same number, who is no candidate at all.
        """
        partners = self.partners.browse(ids)
        same = partners.filtered(lambda partner: is_same_name(claim.name, partner.name))
        if same:
            return set(same.ids), set()
        alike = partners.filtered(lambda partner: words(claim.name) & words(partner.name))
        return set(), set(alike.ids)

    def _ambiguous(self, claim, evidence, value, ids, is_claim=True):
        """Return the question, with every contact that any evidence brings up.

        :param bool is_claim: may nobody else get one of ``ids`` before this is answered?
        """
        candidates = dict.fromkeys(sorted(ids), evidence if is_claim else None)
        for its, (_value, others) in claim.candidates.items():
            if its in WEAK:
                others = set().union(*self._with_same_name(claim, others))
            for id_ in sorted(others):
                candidates.setdefault(id_, None)
        names = ", ".join(
            f"{partner.display_name} (#{partner.id})"
            for partner in self.partners.browse(sorted(ids)[:SHOWN_NAMES])
        )
        return Ambiguous(
            f"it cannot be told which record this is: {names}",
            FIELD_OF.get(evidence, evidence),
            value,
            claim.seq,
            candidates,
        )
