"""Everything that the synchronisation writes, free of what differs between two databases by chance.

Records are named by the master's keys instead of their ids; moments are left out.
"""

#: Columns that two runs of the same night may have different: ids, moments, tokens.
CHANCE = (
    "id,create_date,write_date,create_uid,write_uid,access_token,signup_type,"
    "calendar_last_notif_ack"
)

_PARTNER = (
    "(SELECT min(l.external_id) FROM sm_link l WHERE l.partner_id = {} AND l.entity = 'contact')"
)
_PRODUCT = "(SELECT min(l.external_id) FROM sm_link l WHERE l.product_id = {})"
_CODE = "(SELECT c.kind || ':' || c.code FROM sm_code c WHERE c.id = {})"
_TEAM = "(SELECT t.name ->> 'en_US' FROM crm_team t WHERE t.id = {})"

QUERIES = {
    "contacts": f"""
        SELECT k.external_id, k.state, {_PARTNER.format("r.parent_id")},
               {_PARTNER.format("r.commercial_partner_id")},
               to_jsonb(r) - string_to_array('{CHANCE},parent_id,commercial_partner_id', ',')
          FROM sm_link k JOIN res_partner r ON r.id = k.partner_id
    """,
    "articles": f"""
        SELECT k.external_id, k.state, c.complete_name,
               (SELECT array_agg(tax.amount) FROM product_taxes_rel x
                  JOIN account_tax tax ON tax.id = x.tax_id WHERE x.prod_id = t.id),
               to_jsonb(p) - string_to_array('{CHANCE},product_tmpl_id', ','),
               to_jsonb(t) - string_to_array('{CHANCE},categ_id', ',')
          FROM sm_link k JOIN product_product p ON p.id = k.product_id
          JOIN product_template t ON t.id = p.product_tmpl_id
          LEFT JOIN product_category c ON c.id = t.categ_id
    """,
    "stock": f"""
        SELECT {_PRODUCT.format("s.product_id")}, {_CODE.format("s.shop_id")}, s.quantity,
               s.display_quantity
          FROM sm_stock s
    """,
    "incoming": f"SELECT {_PRODUCT.format('i.product_id')}, i.date, i.quantity FROM sm_incoming i",
    "orders": f"""
        SELECT k.external_id, k.state, {_PARTNER.format("o.partner_id")},
               {_PARTNER.format("o.partner_invoice_id")},
               {_PARTNER.format("o.partner_shipping_id")},
               {_TEAM.format("o.team_id")}, {_CODE.format("o.sm_status_id")},
               {_CODE.format("o.sm_shop_id")},
               to_jsonb(o) - string_to_array('{CHANCE},partner_id,partner_invoice_id,'
                   'partner_shipping_id,team_id,sm_status_id,sm_shop_id', ',')
          FROM sm_link k JOIN sale_order o ON o.id = k.order_id
    """,
    "order lines": f"""
        SELECT k.external_id, l.sm_line_key, {_PRODUCT.format("l.product_id")},
               (SELECT array_agg(tax.amount) FROM account_tax_sale_order_line_rel x
                  JOIN account_tax tax ON tax.id = x.account_tax_id
                 WHERE x.sale_order_line_id = l.id),
               to_jsonb(l) - string_to_array('{CHANCE},order_id,product_id,order_partner_id', ',')
          FROM sm_link k JOIN sale_order_line l ON l.order_id = k.order_id
    """,
    "dossiers": f"""
        SELECT k.external_id, k.state, {_PARTNER.format("d.partner_id")},
               (SELECT o.name FROM sale_order o WHERE o.id = d.order_id),
               {_PRODUCT.format("d.product_id")}, {_CODE.format("d.kind_id")},
               {_CODE.format("d.state_id")},
               to_jsonb(d) - string_to_array('{CHANCE},partner_id,order_id,product_id,kind_id,'
                   'state_id', ',')
          FROM sm_link k JOIN sm_dossier d ON d.id = k.dossier_id
    """,
    "events": f"""
        SELECT o.name, e.line_key, e.kind, e.old_status, e.new_status, e.old_date, e.new_date,
               e.days, {_PRODUCT.format("e.product_id")}, e.old_quantity, e.new_quantity,
               e.is_current
          FROM sm_order_event e JOIN sale_order o ON o.id = e.order_id
    """,
    "links": """
        SELECT entity, external_id, state, missing_count, encode(source_hash, 'hex'),
               encode(content_hash, 'hex')
          FROM sm_link
    """,
    "quarantine": """
        SELECT entity, external_id, state, cause, field_name, value, message, line, raw
          FROM sm_quarantine
    """,
    "codes": f"SELECT kind, code, status, {_TEAM.format('team_id')}, is_explained FROM sm_code",
    "how many": """
        SELECT (SELECT count(*) FROM res_partner), (SELECT count(*) FROM product_product),
               (SELECT count(*) FROM product_template), (SELECT count(*) FROM sale_order),
               (SELECT count(*) FROM sale_order_line), (SELECT count(*) FROM product_category),
               (SELECT count(*) FROM crm_team), (SELECT count(*) FROM mail_message),
               (SELECT count(*) FROM sm_stage), (SELECT count(*) FROM sm_plan)
    """,
}


def snapshot(database) -> dict[str, list]:
    """What is in a database, as sorted rows by subject.

    :param database: has ``query(sql)``
    """
    return {subject: sorted(database.query(sql), key=repr) for subject, sql in QUERIES.items()}


def assert_same(one: dict, two: dict) -> None:
    """Compare two snapshots row by row; an error shows the first rows that differ."""
    for subject in QUERIES:
        if one[subject] == two[subject]:
            continue
        left = [row for row in one[subject] if row not in two[subject]]
        right = [row for row in two[subject] if row not in one[subject]]
        found = [*left[:1], *right[:1]]
        if len(found) == 2:
            found = _differing_cells(*found)
        raise AssertionError(f"{subject}: {len(left)} and {len(right)} rows differ: {found}")


def _differing_cells(one: tuple, two: tuple) -> list:
    """Of two rows, the cells that differ; of cells that hold columns, the columns that differ."""
    found = [one[:2]]
    for left, right in zip(one, two, strict=True):
        if isinstance(left, dict) and isinstance(right, dict):
            names = [name for name in left if left[name] != right.get(name)]
            found += [(name, left[name], right.get(name)) for name in names]
        elif left != right:
            found.append((left, right))
    return found
