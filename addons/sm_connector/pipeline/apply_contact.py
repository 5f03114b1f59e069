"""Contacts → `res.partner`."""

from collections import Counter

from stdnum.eu import vat as eu_vat

from odoo.addons.integration_base.tools.email import match_key as email_key
from odoo.addons.integration_base.tools.phone import to_e164

from ..contract.errors import RowError
from .applier import Applier

PARTNER_TYPE = {"delivery": "delivery", "invoice": "invoice"}
# contacts that may be the master's without our knowing: not our colleagues, not our own companies
UNLINKED = """
    p.parent_id IS NULL
    AND (p.company_id IS NULL OR p.company_id = %s)
    AND NOT EXISTS (SELECT 1 FROM sm_link l WHERE l.partner_id = p.id)
    AND NOT EXISTS (SELECT 1 FROM res_users u WHERE u.partner_id = p.id)
    AND NOT EXISTS (SELECT 1 FROM res_company c WHERE c.partner_id = p.id)
"""


def vat_status(vat: str) -> str:
    """Return ``none``, ``valid`` or ``invalid`` for an EU VAT number as typed, by its digits."""
    if not vat:
        return "none"
    return "valid" if eu_vat.is_valid(vat) else "invalid"


class ContactApplier(Applier):
    entity = "contact"
    model = "res.partner"
    link_field = "partner_id"

    def __init__(self, env, feed):
        super().__init__(env, feed)
        self.countries = {
            country.code: country.id for country in self.env["res.country"].search([])
        }
        self.languages = self._installed_languages()
        self.parents = {}
        self.parent_values = {}
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
        self.salespeople = {
            code: self.model_env.browse(parent_id).user_id.id
            for code, parent_id in self.parents.items()
        }
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
        found = {}
        taken = Counter()
        for evidence in ("ref", "vat", "email", "mobile", "phone"):
            values = {key[evidence] for key in keys.values() if key[evidence]}
            candidates = self._unlinked_partners(evidence, values)
            for row in rows:
                ids = candidates.get(keys[row.id][evidence], ())
                if row.id in found or not ids:
                    continue
                if len(ids) > 1:
                    found[row.id] = self._ambiguous(row, evidence, keys[row.id][evidence], ids)
                else:
                    found[row.id] = ids[0]
                    taken[ids[0]] += 1
        for row in rows:
            # two of the master's customers claim one contact: a person has to say whose it is
            if taken.get(found.get(row.id) if isinstance(found.get(row.id), int) else None, 0) > 1:
                found[row.id] = self._ambiguous(row, "claim", row.key, [found[row.id]])
        return found

    def _has_unlinked_partners(self):
        """Is there anything to match with? In a new database there is not."""
        self.env.cr.execute(
            f"SELECT 1 FROM res_partner p WHERE {UNLINKED} LIMIT 1", [self.company.id]
        )
        return bool(self.env.cr.fetchone())

    def _match_keys(self, row):
        record = row.record
        country = record.get("country_code") or "BE"
        is_child = bool(record.get("parent_code"))
        phone = to_e164(record.get("phone") or "", country)
        mobile = to_e164(record.get("mobile") or "", country)
        return {
            "ref": row.key,
            "vat": None if is_child else _compact(record.get("vat")),
            # an address shares the telephone and mailbox of its customer
            "email": None if is_child else email_key(record.get("email") or ""),
            "mobile": None if is_child else mobile,
            "phone": None if is_child else phone,
        }

    def _unlinked_partners(self, evidence, values):
        if evidence == "mobile":
            evidence = "phone"  # he may have given either as the other
        condition = {
            "ref": "p.ref = ANY(%s)",
            "vat": "upper(regexp_replace(p.vat, '[^A-Za-z0-9]', '', 'g')) = ANY(%s)",
            "email": "p.email_key = ANY(%s)",
            "phone": "(p.phone_key = ANY(%s) OR p.mobile_key = ANY(%s))",
        }[evidence]
        column = {
            "ref": "p.ref",
            "vat": "upper(regexp_replace(p.vat, '[^A-Za-z0-9]', '', 'g'))",
            "email": "p.email_key",
            "phone": "CASE WHEN p.mobile_key = ANY(%s) THEN p.mobile_key ELSE p.phone_key END",
        }[evidence]
        values = list(values)
        if not values:
            return {}
        self.env.cr.execute(
            f"""
            SELECT {column}, array_agg(p.id ORDER BY p.id)
              FROM res_partner p
             WHERE {condition} AND {UNLINKED}
             GROUP BY 1
            """,
            [values] * (column.count("%s") + condition.count("%s")) + [self.company.id],
        )
        return dict(self.env.cr.fetchall())

    def _ambiguous(self, row, evidence, value, ids):
        names = ", ".join(
            f"{partner.display_name} (#{partner.id})" for partner in self.model_env.browse(ids)
        )
        return RowError(
            "ambiguous_match",
            f"fits more than one record, or one that another key fits too: {names}",
            evidence,
            value,
            row.seq,
        )

    # === WRITE === #

    def values(self, row):
        """Return the values of `res.partner` for a row."""
        record = row.record
        kind = record["kind"]
        vals = {
            "name": " ".join(filter(None, (record["name"], record.get("name2")))),
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
            "sm_vat_status": vat_status(record.get("vat")),
            "sm_segment": "b2b" if record.get("is_professional") else "b2c",
            "sm_is_blocked": bool(record.get("blocked")),
            "sm_remarks": record.get("remarks") or False,
            "customer_rank": int(bool(record.get("is_customer"))),
            "supplier_rank": int(bool(record.get("is_supplier"))),
            "parent_id": False,
        }
        if record.get("parent_code"):
            parent_id = self.parents[record["parent_code"]]
            commercial, address = self.parent_values[parent_id]
            vals["parent_id"] = parent_id
            if kind != "company":
                vals.update(commercial)
                vals["sm_vat_status"] = vat_status(commercial.get("vat"))
            if vals["type"] == "contact" and address:
                # as Odoo does: a contact person lives at his company's address
                vals.update(address)
        return vals

    def create(self, rows):
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
                if bool(partner[rank]) == bool(vals[rank]):
                    del vals[rank]
            vals_list.append(vals)
        self.write_differences(records, vals_list)


def _compact(vat):
    compact = "".join(filter(str.isalnum, vat or "")).upper()
    return compact if any(map(str.isdigit, compact)) else None
