"""Contacts → `res.partner`."""

from stdnum.eu import vat as eu_vat
from stdnum.util import get_cc_module

from odoo.addons.integration_base.tools.email import match_key as email_key
from odoo.addons.integration_base.tools.phone import to_e164

from ..contract.errors import RowError
from .applier import Applier
from .identity import words

PARTNER_TYPE = {"delivery": "delivery", "invoice": "invoice"}
# contacts that may be the master's without our knowing: not our colleagues, not our own companies
UNLINKED = """
    (p.company_id IS NULL OR p.company_id = %(company)s)
    AND NOT EXISTS (SELECT 1 FROM sm_link l WHERE l.partner_id = p.id)
    AND NOT EXISTS (SELECT 1 FROM res_users u WHERE u.partner_id = p.id)
    AND NOT EXISTS (SELECT 1 FROM res_company c WHERE c.partner_id = p.id)
"""
VAT_SQL = "upper(regexp_replace(p.vat, '[^A-Za-z0-9]', '', 'g'))"
# evidence → the columns that hold it; the first evidence that fits decides
EVIDENCE = {
    "ref": ("p.ref",),
    "vat": (VAT_SQL,),
    "email": ("p.email_key", "p.email_alt_key"),
    "mobile": ("p.mobile_key", "p.phone_key"),  # people give either as the other
    "phone": ("p.phone_key", "p.mobile_key"),
}
WEAK = ("email", "mobile", "phone")  # families and neighbours share them: the name has to fit too
# value of a contact → field of the record that feeds it, where the names differ or may be absent
SOURCES = {
    **{
        name: name
        for name in ("street", "street2", "zip", "city", "lang", "phone", "mobile", "email")
    },
    "website": "website",
    "vat": "vat",
    "sm_vat_status": "vat",
    "country_id": "country_code",
    "sm_segment": "is_professional",
    "sm_is_blocked": "blocked",
    "sm_remarks": "remarks",
    "customer_rank": "is_customer",
    "supplier_rank": "is_supplier",
}


def full_vat(vat: str, country: str) -> str:
    """Return a VAT number as typed in its full form, ``BE0403170701``; empty when there is none.

    :param str country: ISO code of the row, for a number without its prefix
    """
    number = "".join(filter(str.isalnum, vat or "")).upper()
    number = number.removeprefix("TVA").removeprefix("BTW")
    if not any(map(str.isdigit, number)):
        return ""
    return number if number[:2].isalpha() else f"{country}{number}"


def vat_status(vat: str, country: str) -> str:
    """Return ``valid`` or ``invalid`` for a VAT number as typed, by its form and check digits.

    ``none`` when there is no number, or when nothing is known of its country's numbers.
    """
    number = full_vat(vat, country)
    if not number:
        return "none"
    if eu_vat.guess_country(number) or number[:2].lower() in eu_vat.MEMBER_STATES:
        return "valid" if eu_vat.is_valid(number) else "invalid"
    module = get_cc_module(number[:2].lower(), "vat")
    if not module:
        return "none"
    return "valid" if module.is_valid(number) else "invalid"


def is_same_name(ours: str, theirs: str) -> bool:
    """Return whether all words of one name are in the other: *Dupont J* and *Jean Dupont*."""
    ours, theirs = words(ours), words(theirs)
    return bool(ours and theirs) and (ours <= theirs or theirs <= ours)


class ContactApplier(Applier):
    entity = "contact"
    label = "Contacts"
    sequence = 10
    model = "res.partner"
    link_field = "partner_id"
    pattern = "CLIENTS_*.*"
    identity_sql = "r.name, r.vat, r.email, r.phone, r.mobile, r.street, r.zip, NULL"

    def __init__(self, env, feed):
        super().__init__(env, feed)
        self.countries = {
            country.code: country.id for country in self.env["res.country"].search([])
        }
        self.languages = self._installed_languages()
        self.parents = {}
        self.parent_values = {}
        self.has_unlinked = None
        self.salespeople = {}

    def _installed_languages(self):
        """Return ``{"fr": "fr_BE", …}``: for each language the installed variant to use, the
        company's country first."""
        country = self.company.country_id.code or "BE"
        languages = {}
        for code, _name in self.env["res.lang"].get_installed():
            short, _sep, region = code.partition("_")
            if short not in languages or region == country:
                languages[short] = code
        return languages

    # === CHECK === #

    def check(self, rows):
        wanted = {row.record["parent_code"] for row in rows if row.record.get("parent_code")}
        self.parents = self.linked("contact", "partner_id", wanted)
        parents = self.model_env.browse(set(self.parents.values()))
        salespeople = {parent.id: parent.user_id.id for parent in parents}
        self.salespeople = {code: salespeople[id_] for code, id_ in self.parents.items()}
        commercial = parents._commercial_fields()
        for parent in parents:
            self.parent_values[parent.id] = (
                parent._convert_fields_to_values(commercial),
                parent._get_address_values(),
            )
        return {
            row.id: RowError(
                "unknown_parent",
                "the customer it belongs to is not in Odoo",
                "parent_code",
                row.record["parent_code"],
                row.seq,
            )
            for row in rows
            if row.record.get("parent_code") and row.record["parent_code"] not in self.parents
        }

    # === MATCH === #

    def match(self, rows):
        """Contacts that are already in Odoo without a link: by code, VAT, e-mail, phone."""
        if not self._has_unlinked_partners():
            return {}
        keys = {row.id: self._match_keys(row) for row in rows}
        found, taken = {}, set()
        for evidence in EVIDENCE:
            claims = {}
            values = {key[evidence] for key in keys.values() if key[evidence]}
            candidates = self._unlinked_partners(evidence, values)
            for row in rows:
                ids = set(candidates.get(keys[row.id][evidence], ())) - taken
                if row.id in found or not ids:
                    continue
                if evidence in WEAK:
                    ids, is_doubtful = self._with_same_name(row, ids)
                    if is_doubtful:
                        found[row.id] = self._ambiguous(row, evidence, keys[row.id], is_doubtful)
                        continue
                if len(ids) > 1:
                    found[row.id] = self._ambiguous(row, evidence, keys[row.id], ids)
                elif ids:
                    claims.setdefault(ids.pop(), []).append(row)
            for partner_id, claimants in claims.items():
                for row in claimants:
                    # two of the master's customers claim one contact: a person says whose it is
                    found[row.id] = (
                        partner_id
                        if len(claimants) == 1
                        else self._ambiguous(row, evidence, keys[row.id], [partner_id])
                    )
            taken.update(claims)
        return found

    def _has_unlinked_partners(self):
        """Is there anything to match with? In a new database there is not, and a load makes none:
        the question is asked once."""
        if self.has_unlinked is None:
            query = f"SELECT 1 FROM res_partner p WHERE {UNLINKED} LIMIT 1"
            self.env.cr.execute(query, {"company": self.company.id})
            self.has_unlinked = bool(self.env.cr.fetchone())
        return self.has_unlinked

    def _match_keys(self, row):
        record = row.record
        keys = dict.fromkeys(EVIDENCE) | {"ref": row.key}
        if record.get("parent_code"):
            return keys  # an address shares the telephone and mailbox of its customer
        country = record.get("country_code") or self.company.country_id.code
        return keys | {
            "vat": full_vat(record.get("vat"), country),
            "email": email_key(record.get("email") or ""),
            "mobile": to_e164(record.get("mobile") or "", country),
            "phone": to_e164(record.get("phone") or "", country),
        }

    def _unlinked_partners(self, evidence, values):
        """Return ``{value: ids}`` of the unlinked contacts that have one of the values."""
        if not values:
            return {}
        columns = EVIDENCE[evidence]
        # a contact person or an address is known by its code alone
        scope = "TRUE" if evidence == "ref" else "p.parent_id IS NULL"
        self.env.cr.execute(
            f"""
            SELECT known.value, array_agg(DISTINCT p.id)
              FROM res_partner p
             CROSS JOIN LATERAL (VALUES {", ".join(f"({column})" for column in columns)})
                        known (value)
             WHERE ({" OR ".join(f"{column} = ANY(%(values)s)" for column in columns)})
               AND known.value = ANY(%(values)s) AND {scope} AND {UNLINKED}
             GROUP BY 1
            """,
            {"values": list(values), "company": self.company.id},
        )
        return dict(self.env.cr.fetchall())

    def _with_same_name(self, row, ids):
        """Return those of ``ids`` whose name is the row's, else those whose name resembles it.

        Nothing in common: somebody else at the same number, who is no candidate at all.
        """
        name = self._name(row.record)
        partners = self.model_env.browse(ids)
        same = partners.filtered(lambda partner: is_same_name(name, partner.name))
        if same:
            return set(same.ids), None
        alike = partners.filtered(lambda partner: words(name) & words(partner.name))
        return set(), alike.ids

    def _ambiguous(self, row, evidence, keys, ids):
        names = ", ".join(
            f"{partner.display_name} (#{partner.id})" for partner in self.model_env.browse(ids)
        )
        return RowError(
            "ambiguous_match",
            f"it cannot be told which record this is: {names}",
            "code" if evidence == "ref" else evidence,
            keys[evidence],
            row.seq,
        )

    # === WRITE === #

    @staticmethod
    def _name(record):
        return " ".join(filter(None, (record["name"], record.get("name2"))))

    def _country(self, record):
        return record.get("country_code") or self.company.country_id.code or ""

    def values(self, row):
        """Return the values of `res.partner` for a row, without what its mapping lacks."""
        record = row.record
        kind = record["kind"]
        vals = {
            "name": self._name(record),
            "ref": row.key,
            "active": True,
            "is_company": kind == "company",
            "type": PARTNER_TYPE.get(kind, "contact"),
            "street": record.get("street") or False,
            "street2": record.get("street2") or False,
            "zip": record.get("zip") or False,
            "city": record.get("city") or False,
            "country_id": self.countries.get(record.get("country_code"), False),
            "lang": self.languages.get(record.get("lang"), False),
            "phone": record.get("phone") or False,
            "mobile": record.get("mobile") or False,
            "email": record.get("email") or False,
            "website": record.get("website") or False,
            "vat": record.get("vat") or False,
            "sm_vat_status": vat_status(record.get("vat"), self._country(record)),
            "sm_segment": "b2b" if record.get("is_professional") else "b2c",
            "sm_is_blocked": bool(record.get("blocked")),
            "sm_remarks": record.get("remarks") or False,
            "customer_rank": int(bool(record.get("is_customer"))),
            "supplier_rank": int(bool(record.get("is_supplier"))),
            "parent_id": False,
        }
        vals = self.without_absent(vals, record, SOURCES)
        if record.get("parent_code"):
            parent_id = self.parents[record["parent_code"]]
            commercial, address = self.parent_values[parent_id]
            vals["parent_id"] = parent_id
            if kind != "company":
                vals.update(commercial)
                vals["sm_vat_status"] = vat_status(commercial.get("vat"), self._country(record))
            if vals["type"] == "contact" and address:
                # as Odoo does: a contact person lives at his company's address
                vals.update(address)
        return vals

    def insert(self, rows):
        # the values of the parent are given, so the sync that would copy them one by one is off
        model = self.model_env.with_context(_partners_skip_fields_sync=True)
        return model.create(
            [
                self.values(row)
                | {"user_id": self.salespeople.get(row.record.get("parent_code"), False)}
                for row in rows
            ]
        )

    def update(self, rows):
        records = self.model_env.browse([row.res_id for row in rows])
        vals_list = []
        for row in rows:
            vals = self.values(row)
            partner = self.model_env.browse(row.res_id)
            # ranks also count invoices: the master says only whether he is one
            for rank in ("customer_rank", "supplier_rank"):
                if rank in vals and bool(partner[rank]) == bool(vals[rank]):
                    del vals[rank]
            vals_list.append(vals)
        self.write_differences(records, vals_list)
