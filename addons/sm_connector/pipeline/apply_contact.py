"""Contacts → `res.partner`."""

from stdnum.eu import vat as eu_vat
from stdnum.util import get_cc_module

from ..contract.errors import RowError
from .applier import Applier
from .match_contact import ContactMatcher, full_name, full_vat

EUROPEAN = {*eu_vat.MEMBER_STATES, "el", "xi"}  # Greece and Northern Ireland write theirs so
PARTNER_TYPE = {"delivery": "delivery", "invoice": "invoice"}
# value of a contact → field of the record that feeds it, where the names differ or may be absent
SOURCES = {
    "name": "name",
    "is_company": "kind",
    "type": "kind",
    "parent_id": "parent_code",
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
# field of a contact → field of the record it is the master's by; ranks also count invoices in Odoo
OWNERS = {
    "ref": None,
    "active": None,
    "company_id": None,
    "name": "name",
    "complete_name": "name",
    "is_company": "kind",
    "company_type": "kind",
    "type": "kind",
    "parent_id": "parent_code",
    **{name: source for name, source in SOURCES.items() if not name.endswith("_rank")},
    **dict.fromkeys(name for name in SOURCES if name.startswith("sm_")),
}


def vat_status(vat: str, country: str) -> str:
    """Return ``valid`` or ``invalid`` for a VAT number as typed, by its form and check digits.

    ``none`` when there is no number, or when nothing is known of its country's numbers.
    """
    number = full_vat(vat, country)
    if not number:
        return "none"
    if number[:2].lower() in EUROPEAN:
        return "valid" if eu_vat.is_valid(number) else "invalid"
    module = get_cc_module(number[:2].lower(), "vat")
    if not module:
        return "none"
    return "valid" if module.is_valid(number) else "invalid"


class ContactApplier(Applier):
    entity = "contact"
    label = "Contacts"
    sequence = 10
    model = "res.partner"
    link_field = "partner_id"
    shown = (
        *("name", "ref", "active", "is_company", "type", "parent_id"),
        *("street", "street2", "zip", "city", "country_id", "lang"),
        *("phone", "mobile", "email", "website", "vat", "sm_vat_status"),
        *("sm_segment", "sm_is_blocked", "sm_remarks", "customer_rank", "supplier_rank"),
    )
    code_field = "ref"
    owners = {"res.partner": OWNERS}
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
        self.matcher = ContactMatcher(self)
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
        return self.matcher.match(rows)

    @staticmethod
    def title(record):
        return full_name(record)

    # === WRITE === #

    def _country(self, record):
        return record.get("country_code") or self.company.country_id.code or ""

    def values(self, row):
        """Return the values of `res.partner` for a row, without what its mapping lacks."""
        record = row.record
        kind = record.get("kind")
        vals = {
            "name": full_name(record),
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
            if vals.get("type") == "contact" and address:
                # as Odoo does: a contact person lives at his company's address
                vals.update(address)
        return vals

    def without_filled(self, vals, record):
        """Override: who has a login chooses his language himself."""
        if record.lang and record.with_context(active_test=False).user_ids:
            vals = {name: value for name, value in vals.items() if name != "lang"}
        return super().without_filled(vals, record)

    def insert(self, rows):
        # the values of the parent are given, so the sync that would copy them one by one is off
        model = self.model_env.with_context(_partners_skip_fields_sync=True)
        return model.create(
            [
                self.values(row)
                | {
                    "user_id": self.salespeople.get(row.record.get("parent_code"), False),
                    "company_id": self.owner_company_id,
                }
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
