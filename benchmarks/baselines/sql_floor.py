"""The floor of a first load: set-based INSERT … SELECT into the tables of Odoo, behind its back.

Unsafe on purpose: no access rules, no constraints of the models, no computed field but the few
without which a record cannot be found or opened, no chatter, no followers. Model: the tables
`res_partner`; `product_template`, `product_product` and their taxes; `sale_order`,
`sale_order_line` and their taxes, in a database with our addons (so with their indexes), filled in
the columns which the connector fills from the file, its own ones included. Its links and stock
tables are not written. Context: none. Commit: once. The clock covers COPY of the converted records
into a temporary table, the inserts and the commit; categories, taxes and teams are there already.
"""

import io
import json

from . import rows as sample

SOURCE = "bench_source"
STAMPS = "1, 1, now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC'"
STAMP_COLUMNS = "create_uid, write_uid, create_date, write_date"

LANGUAGES = """
    (SELECT DISTINCT ON (left(code, 2)) left(code, 2) AS short, code
       FROM res_lang WHERE active ORDER BY left(code, 2), code)
"""
CONTACT_COLUMNS = f"""
    id, name, complete_name, ref, active, is_company, type, parent_id, commercial_partner_id,
    street, street2, zip, city, country_id, lang, phone, mobile, email, website, vat, customer_rank,
    supplier_rank, sm_segment, sm_vat_status, sm_is_blocked, sm_remarks, partner_share, color,
    autopost_bills, {STAMP_COLUMNS}
"""
_NAME = "concat_ws(' ', nullif(record ->> 'name', ''), nullif(record ->> 'name2', ''))"
_OWN = f"""
    CASE record ->> 'kind' WHEN 'delivery' THEN 'delivery' WHEN 'invoice' THEN 'invoice'
         ELSE 'contact' END AS type,
    {_NAME} AS name,
    nullif(record ->> 'street', '') AS street, nullif(record ->> 'street2', '') AS street2,
    nullif(record ->> 'zip', '') AS zip, nullif(record ->> 'city', '') AS city
"""
_COMMON = f"""
    l.code, nullif(record ->> 'phone', ''), nullif(record ->> 'mobile', ''),
    nullif(record ->> 'email', ''), nullif(record ->> 'website', ''),
    {{vat}}, (record ->> 'is_customer')::bool::int, (record ->> 'is_supplier')::bool::int,
    CASE WHEN (record ->> 'is_professional')::bool THEN 'b2b' ELSE 'b2c' END,
    {{vat_status}}, (record ->> 'blocked')::bool, nullif(record ->> 'remarks', ''), true, 0, 'ask',
    {STAMPS}
"""
#: `{source}`: a relation with the columns key and record (jsonb)
TOP_CONTACTS = f"""
    WITH n AS MATERIALIZED (
        SELECT nextval('res_partner_id_seq') AS id, key, record, {_OWN}
          FROM {{source}} WHERE coalesce(record ->> 'parent_code', '') = ''
    )
    INSERT INTO res_partner ({CONTACT_COLUMNS})
    SELECT n.id, n.name, n.name, key, true, record ->> 'kind' = 'company', type, NULL, n.id,
           street, street2, zip, city, c.id,
           {
    _COMMON.format(
        vat="nullif(record ->> 'vat', '')",
        vat_status="CASE WHEN coalesce(record ->> 'vat', '') = '' THEN 'none' ELSE 'valid' END",
    )
}
      FROM n LEFT JOIN res_country c ON c.code = record ->> 'country_code'
             LEFT JOIN {LANGUAGES} l ON l.short = record ->> 'lang'
"""
CHILD_CONTACTS = f"""
    WITH n AS MATERIALIZED (
        SELECT nextval('res_partner_id_seq') AS id, key, record, {_OWN}
          FROM {{source}} WHERE record ->> 'parent_code' <> ''
    )
    INSERT INTO res_partner ({CONTACT_COLUMNS})
    SELECT n.id, n.name, concat_ws(', ', p.name, n.name), key, true,
           record ->> 'kind' = 'company', n.type, p.id, p.commercial_partner_id,
           CASE WHEN n.type = 'contact' THEN p.street ELSE n.street END,
           CASE WHEN n.type = 'contact' THEN p.street2 ELSE n.street2 END,
           CASE WHEN n.type = 'contact' THEN p.zip ELSE n.zip END,
           CASE WHEN n.type = 'contact' THEN p.city ELSE n.city END,
           CASE WHEN n.type = 'contact' THEN p.country_id ELSE c.id END,
           {_COMMON.format(vat="p.vat", vat_status="p.sm_vat_status")}
      FROM n JOIN res_partner p ON p.ref = record ->> 'parent_code'
             LEFT JOIN res_country c ON c.code = record ->> 'country_code'
             LEFT JOIN {LANGUAGES} l ON l.short = record ->> 'lang'
"""
ARTICLES = f"""
    WITH n AS MATERIALIZED (
        SELECT nextval('product_template_id_seq') AS template_id,
               nextval('product_product_id_seq') AS id, key, record
          FROM {SOURCE}
    ), template AS (
        INSERT INTO product_template (id, name, default_code, categ_id, uom_id, type,
            service_tracking, list_price, sale_ok, purchase_ok, active, sequence, {STAMP_COLUMNS})
        SELECT template_id, jsonb_build_object('en_US', record ->> 'name'), key,
               (record ->> 'categ_id')::int, (SELECT res_id FROM ir_model_data
                   WHERE module = 'uom' AND name = 'product_uom_unit'), 'consu', 'no',
               coalesce((record ->> 'price')::numeric, 0), true, true, true, 1, {STAMPS}
          FROM n
    ), product AS (
        INSERT INTO product_product (id, product_tmpl_id, default_code, barcode, standard_price,
            combination_indices, active, sm_ean, sm_supplier_code, sm_is_discontinued, sm_remarks,
            sm_stock_total, sm_restock_state, sm_restock_date, {STAMP_COLUMNS})
        SELECT id, template_id, key, record ->> 'barcode',
               jsonb_build_object(%(company)s, coalesce((record ->> 'cost')::numeric, 0)), '',
               NOT (record ->> 'discontinued')::bool, nullif(record ->> 'ean', ''),
               nullif(record ->> 'supplier_code', ''), (record ->> 'discontinued')::bool,
               nullif(record ->> 'remarks', ''), coalesce((record ->> 'stock_total')::numeric, 0),
               coalesce(record ->> 'restock_state', 'none'), (record ->> 'restock_date')::date,
               {STAMPS}
          FROM n
    )
    INSERT INTO product_taxes_rel (prod_id, tax_id)
    SELECT template_id, (record ->> 'tax_id')::int FROM n WHERE record ->> 'tax_id' IS NOT NULL
"""
ORDERS = f"""
    WITH n AS MATERIALIZED (
        SELECT nextval('sale_order_id_seq') AS id, key, record, status.id AS status_id,
               status.status, CASE status.status WHEN 'quotation' THEN 'draft'
                   WHEN 'cancelled' THEN 'cancel' ELSE 'sale' END AS state,
               customer.partner_id, delivery.partner_id AS delivery_id
          FROM {SOURCE}
          JOIN sm_link customer ON customer.entity = 'contact'
               AND customer.external_id = record ->> 'customer_code'
          LEFT JOIN sm_link delivery ON delivery.entity = 'contact'
               AND delivery.external_id = record ->> 'delivery_code'
          LEFT JOIN sm_code status ON status.kind = 'status'
               AND status.code = record ->> 'status_code'
    ), orders AS (
        INSERT INTO sale_order (id, company_id, partner_id, partner_invoice_id,
            partner_shipping_id, name, state, locked, active, client_order_ref, currency_id,
            currency_rate, team_id, date_order, commitment_date, amount_untaxed, amount_tax,
            amount_total, invoice_status, sm_backend_id, sm_status_id, sm_status, sm_shop_id,
            sm_origin, sm_payment_state, sm_deposit, sm_salesperson, sm_remarks, sm_amount_untaxed,
            sm_amount_tax, sm_amount_total, sm_amount_difference, sm_has_difference,
            {STAMP_COLUMNS})
        SELECT n.id, company.id, n.partner_id, n.partner_id,
               coalesce(n.delivery_id, n.partner_id), key, n.state, n.state = 'sale', true,
               nullif(record ->> 'customer_ref', ''),
               company.currency_id, 1, shop.team_id, (record ->> 'date_order')::timestamp,
               (record ->> 'commitment_date')::timestamp,
               (record ->> 'amount_untaxed')::numeric, (record ->> 'amount_tax')::numeric,
               (record ->> 'amount_total')::numeric, 'no', backend.id, status_id, n.status,
               shop.id, origin.origin, payment.payment_state,
               coalesce((record ->> 'deposit')::numeric, 0), nullif(record ->> 'salesperson', ''),
               nullif(record ->> 'remarks', ''), (record ->> 'amount_untaxed')::numeric,
               (record ->> 'amount_tax')::numeric, (record ->> 'amount_total')::numeric, 0, false,
               {STAMPS}
          FROM n CROSS JOIN sm_backend backend JOIN res_company company
                 ON company.id = backend.company_id
          LEFT JOIN sm_code shop ON shop.kind = 'shop' AND shop.code = record ->> 'shop_code'
          LEFT JOIN sm_code origin ON origin.kind = 'origin'
               AND origin.code = record ->> 'origin_code'
          LEFT JOIN sm_code payment ON payment.kind = 'payment'
               AND payment.code = record ->> 'payment_code'
    ), line AS MATERIALIZED (
        SELECT nextval('sale_order_line_id_seq') AS id, n.id AS order_id, n.state, n.partner_id,
               position, line, article.product_id,
               coalesce((line ->> 'amount')::numeric, 0) AS amount,
               round(coalesce((line ->> 'amount')::numeric * (line ->> 'vat_rate')::numeric / 100,
                              0), 2) AS tax
          FROM n CROSS JOIN jsonb_array_elements(record -> 'lines')
                            WITH ORDINALITY AS lines (line, position)
          LEFT JOIN sm_link article ON article.entity = 'article'
               AND article.external_id = line ->> 'article_code'
    ), lines AS (
        INSERT INTO sale_order_line (id, order_id, sequence, company_id, currency_id,
            order_partner_id, state, product_id, product_uom_id, display_type, name,
            product_uom_qty, price_unit, technical_price_unit, discount, price_subtotal, price_tax,
            price_total, price_reduce_taxexcl, price_reduce_taxinc, qty_delivered, qty_invoiced,
            qty_to_invoice, customer_lead, invoice_status, qty_delivered_method, sm_line_key,
            sm_qty_delivered, sm_expected_date, sm_availability, {STAMP_COLUMNS})
        SELECT line.id, order_id, position, company.id, company.currency_id,
               line.partner_id, state,
               line.product_id, template.uom_id,
               CASE WHEN line.product_id IS NULL THEN 'line_note' END,
               coalesce(nullif(line ->> 'name', ''), line ->> 'article_code', '-'),
               coalesce((line ->> 'qty')::numeric, 0), price, price,
               coalesce((line ->> 'discount')::numeric, 0), amount, tax, amount + tax,
               amount / nullif((line ->> 'qty')::numeric, 0),
               (amount + tax) / nullif((line ->> 'qty')::numeric, 0), 0, 0, 0, 0, 'no', 'manual',
               line ->> 'line_no', coalesce((line ->> 'qty_delivered')::numeric, 0),
               (line ->> 'expected_date')::date, nullif(line ->> 'availability', ''), {STAMPS}
          FROM line CROSS JOIN sm_backend backend
          JOIN res_company company ON company.id = backend.company_id
          LEFT JOIN product_product product ON product.id = line.product_id
          LEFT JOIN product_template template ON template.id = product.product_tmpl_id
         CROSS JOIN LATERAL (SELECT CASE WHEN line.product_id IS NULL THEN 0
                    ELSE coalesce((line ->> 'price_unit')::numeric, 0) END AS price) prices
    )
    INSERT INTO account_tax_sale_order_line_rel (sale_order_line_id, account_tax_id)
    SELECT line.id, tax.tax_id
      FROM line JOIN sm_code tax ON tax.kind = 'vat'
           AND tax.code = trim_scale((line ->> 'vat_rate')::numeric)::text
     WHERE line.product_id IS NOT NULL AND tax.tax_id IS NOT NULL
"""
STATEMENTS = {
    "contact": [TOP_CONTACTS.format(source=SOURCE), CHILD_CONTACTS.format(source=SOURCE)],
    "article": [ARTICLES],
    "order": [ORDERS],
}
KEY = {"contact": "code", "article": "code", "order": "number"}


def load(process, path: str, entity: str) -> dict:
    """Insert the records of ``path``.

    :return: seconds, records
    """
    records = sample.read(path)
    with process.environment() as env:
        cr = env.cr
        _complete(env, entity, records)
        text = "".join(
            f"{record[KEY[entity]]}\t{json.dumps(record, ensure_ascii=False)}\n".replace(
                "\\", "\\\\"
            )
            for record in records
        )
        cr.execute(f"CREATE TEMPORARY TABLE {SOURCE} (key text, record jsonb)")
        cr.commit()
        with process.clock():
            cr.copy_expert(f"COPY {SOURCE} FROM STDIN", io.StringIO(text))
            cr.execute(f"ANALYZE {SOURCE}")
            for statement in STATEMENTS[entity]:
                cr.execute(statement, {"company": str(env.company.id)})
            cr.commit()
    return {"seconds": process.seconds, "records": len(records)}


def _complete(env, entity: str, records: list[dict]) -> None:
    """Put into the records what is not worth a set-based statement: ids of the few categories and
    taxes, right barcodes, dates at noon, shops with their teams."""
    if entity == "article":
        rows = {row["default_code"]: row for row in sample.articles(env, records)}
        for record in records:
            row = rows[record["code"]]
            category = row["categ_id/id"]
            record["categ_id"] = env.ref(category).id if category else None
            record["tax_id"] = row["taxes_id/.id"]
            record["barcode"] = row["barcode"]
    elif entity == "order":
        from odoo.addons.sm_connector.pipeline.codes import CodeTable

        codes = CodeTable(env["sm.backend"].search([], limit=1))
        for record in records:
            codes.get("shop", record["shop_code"])  # added with its team when it is new
            record["date_order"] = sample.noon(record["date"])
            record["commitment_date"] = sample.noon(record["expected_date"])
