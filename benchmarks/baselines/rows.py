"""The rows of the samples as a user's import file and a framework's values hold them.

A row is a dict by the column names of Odoo's import: ``field``, ``field/id`` (external id),
``field/.id`` (database ids). It holds every field that the connector fills and that Odoo without
our addons has. VAT numbers that Odoo would refuse are left out: with them `load()` keeps nothing.
"""

import json
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, time, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

MODULE = "sm_bench"
ENTITIES = ("contact", "article", "order")
TYPES = {"delivery": "delivery", "invoice": "invoice"}
STATES = {"DEV": "draft", "ANN": "cancel"}  # of an order; every other status: sale, locked
LINE = "order_line/"


def read(path: str) -> list[dict]:
    """Return the canonical records that `pipeline.records` wrote."""
    with Path(path).open() as stream:
        return [json.loads(line) for line in stream]


def external_id(kind: str, key: str) -> str:
    """Return the external id of a key, as a user's file would name it."""
    return f"{MODULE}.{kind}_{key.replace('.', '_').replace(' ', '_')}"


def noon(iso_date: str | None):
    """Return noon in Brussels of a date as naive UTC, as the connector stores it."""
    if not iso_date:
        return None
    local = datetime.combine(
        datetime.fromisoformat(iso_date), time(12), tzinfo=ZoneInfo("Europe/Brussels")
    )
    return local.astimezone(timezone.utc).strftime("%Y-%m-%d %H:%M:%S")


# -- contacts ------------------------------------------------------------------------------------


def contacts(env, records: list[dict]) -> list[dict]:
    """Return the rows of contacts, parents first."""
    from stdnum.eu import vat

    languages = {code[:2]: code for code, _name in env["res.lang"].get_installed()}
    countries = {country.code: country for country in env["res.country"].search([])}
    country_xmlids = env["res.country"].search([]).get_external_id()
    rows = []
    for record in sorted(records, key=lambda record: bool(record["parent_code"])):
        country = countries.get(record["country_code"])
        number = record["vat"] if not record["parent_code"] else ""
        rows.append(
            {
                "id": external_id("contact", record["code"]),
                "name": " ".join(filter(None, (record["name"], record["name2"]))),
                "ref": record["code"],
                "is_company": record["kind"] == "company",
                "type": TYPES.get(record["kind"], "contact"),
                "parent_id/id": record["parent_code"]
                and external_id("contact", record["parent_code"]),
                "street": record["street"],
                "street2": record["street2"],
                "zip": record["zip"],
                "city": record["city"],
                "country_id/id": country and country_xmlids[country.id],
                "lang": languages.get(record["lang"], None),
                "phone": record["phone"],
                "email": record["email"],
                "website": record["website"],
                "vat": number if number and vat.is_valid(number) else None,
                "customer_rank": int(record["is_customer"] or 0),
                "supplier_rank": int(record["is_supplier"] or 0),
            }
        )
    return rows


# -- articles ------------------------------------------------------------------------------------


def taxes(env, records: list[dict]) -> dict:
    """Return the sales tax of the company for each VAT rate in ``records`` and their lines."""
    rates = {line.get("vat_rate") for record in records for line in record.get("lines", [record])}
    found = {}
    for rate in filter(None, rates):
        candidates = env["account.tax"].search(
            [
                ("type_tax_use", "=", "sale"),
                ("amount_type", "=", "percent"),
                ("amount", "=", float(rate)),
                ("company_id", "=", env.company.id),
                ("country_id", "=", env.company.account_fiscal_country_id.id),
            ]
        )
        own = candidates & env.company.account_sale_tax_id
        found[rate] = (own or candidates)[:1].id
    return found


def categories(env, records: list[dict]) -> dict:
    """Return the external id of the category of each family, made when it is not there."""
    found = {}
    for path in {(record["family"], record["subfamily"]) for record in records}:
        parent = env["product.category"]
        for depth, name in enumerate(filter(None, path), 1):
            xmlid = external_id("category", "_".join(path[:depth]))
            category = env.ref(xmlid, raise_if_not_found=False)
            if not category:
                category = parent.create({"name": name, "parent_id": parent.id})
                env["ir.model.data"]._update_xmlids([{"xml_id": xmlid, "record": category}])
            parent, found[path] = category, xmlid
    return found


def articles(env, records: list[dict]) -> list[dict]:
    """Return the rows of articles; their categories are made."""
    from stdnum import ean

    tax, category = taxes(env, records), categories(env, records)
    eans = Counter(record["ean"] for record in records)
    return [
        {
            "id": external_id("article", record["code"]),
            "name": record["name"],
            "default_code": record["code"],
            "barcode": record["ean"]
            if ean.is_valid(record["ean"] or "") and eans[record["ean"]] == 1
            else None,
            "type": "consu",
            "categ_id/id": category.get((record["family"], record["subfamily"])),
            "list_price": float(record["price"] or 0),
            "standard_price": float(record["cost"] or 0),
            "taxes_id/.id": tax.get(record["vat_rate"]),
            "active": not record["discontinued"],
        }
        for record in records
    ]


# -- orders --------------------------------------------------------------------------------------


def teams(env, records: list[dict]) -> dict:
    """Return the external id of the sales team of each shop, made when it is not there."""
    found = {}
    for shop in {record["shop_code"] for record in records if record["shop_code"]}:
        xmlid = found[shop] = external_id("team", shop)
        if not env.ref(xmlid, raise_if_not_found=False):
            team = env["crm.team"].create({"name": shop, "company_id": env.company.id})
            env["ir.model.data"]._update_xmlids([{"xml_id": xmlid, "record": team}])
    return found


def orders(env, records: list[dict]) -> Iterator[tuple[dict, list[dict], str]]:
    """Yield header, lines and state of each order; their sales teams are made."""
    tax, team = taxes(env, records), teams(env, records)
    for record in records:
        customer = external_id("contact", record["customer_code"])
        header = {
            "id": external_id("order", record["number"]),
            "name": record["number"],
            "partner_id/id": customer,
            "partner_invoice_id/id": customer,
            "partner_shipping_id/id": external_id(
                "contact", record["delivery_code"] or record["customer_code"]
            ),
            "date_order": noon(record["date"]),
            "commitment_date": noon(record["expected_date"]),
            "client_order_ref": record["customer_ref"],
            "team_id/id": team.get(record["shop_code"]),
        }
        lines = [
            {
                LINE + "sequence": position,
                LINE + "name": line["name"] or line["article_code"] or "-",
                LINE + "display_type": None if line["article_code"] else "line_note",
                LINE + "product_id/id": line["article_code"]
                and external_id("article", line["article_code"]),
                LINE + "product_uom_qty": float(line["qty"] or 0),
                LINE + "price_unit": float(line["price_unit"] or 0),
                LINE + "discount": float(line["discount"] or 0),
                LINE + "tax_ids/.id": tax.get(line["vat_rate"]),
            }
            for position, line in enumerate(record["lines"], 1)
        ]
        yield header, lines, STATES.get(record["status_code"], "sale")
