"""A second dialect that ships: English names, nested records, as XML and as JSON.

The columns of nested files are paths inside the record. A flat CSV or XLSX file of this dialect has
the paths of the JSON one as its header.
"""

from .base import FieldRule

Mappings = dict[str, tuple[FieldRule, ...]]

_PATHS = {
    "contact": """
        @code                  code                  code
        Type                   type                  kind
        ParentCode             parent_code           parent_code
        Name                   name                  name
        Name2                  name2                 name2
        Roles/Customer         roles.customer        is_customer
        Roles/Supplier         roles.supplier        is_supplier
        Roles/Professional     roles.professional    is_professional
        Address/Street         address.street        street
        Address/Street2        address.street2       street2
        Address/PostalCode     address.postal_code   zip
        Address/City           address.city          city
        Address/Country        address.country       country_code
        Language               language              lang
        VatNumber              vat_number            vat
        Phone                  phone                 phone
        Mobile                 mobile                mobile
        Email                  email                 email
        Website                website               website
        Blocked                blocked               blocked
        Notes                  notes                 remarks
        """,
    "article": """
        @sku                   sku                   code
        Name                   name                  name
        NameNl                 name_nl               name_nl
        Category/Family        category.family       family
        Category/Subfamily     category.subfamily    subfamily
        Ean                    ean                   ean
        Price/Sale             price.sale            price
        Price/Purchase         price.purchase        cost
        VatRate                vat_rate              vat_rate
        SupplierCode           supplier_code         supplier_code
        Discontinued           discontinued          discontinued
        Stock/Total            stock.total           stock_total
        Stock/Shops            stock.shops           stocks
        Stock/Arrivals         stock.arrivals        incoming
        Stock/RestockOn        stock.restock_on      restock
        Notes                  notes                 remarks
        """,
    "order": """
        @number                number                number
        Lines/Line/@number     lines.number          line_no
        Date                   date                  date
        Customer/Code          customer.code         customer_code
        Customer/DeliveryCode  customer.delivery_code delivery_code
        Shop                   shop                  shop_code
        Origin                 origin                origin_code
        Status                 status                status_code
        ExpectedOn             expected_on           expected_date
        Salesperson            salesperson           salesperson
        CustomerReference      customer_reference    customer_ref
        Payment/Status         payment.status        payment_code
        Payment/Deposit        payment.deposit       deposit
        Notes                  notes                 remarks
        Totals/Untaxed         totals.untaxed        amount_untaxed
        Totals/Vat             totals.vat            amount_tax
        Totals/Total           totals.total          amount_total
        Lines/Line/Sku         lines.sku             article_code
        Lines/Line/Label       lines.label           name
        Lines/Line/Quantity    lines.quantity        qty
        Lines/Line/Delivered   lines.delivered       qty_delivered
        Lines/Line/UnitPrice   lines.unit_price      price_unit
        Lines/Line/Discount    lines.discount        discount
        Lines/Line/VatRate     lines.vat_rate        vat_rate
        Lines/Line/Total       lines.total           amount
        Lines/Line/ExpectedOn  lines.expected_on     line_expected_date
        Lines/Line/Availability lines.availability   availability
        """,
    "dossier": """
        @number                number                number
        Customer/Code          customer.code         customer_code
        Order/Number           order.number          order_number
        Order/Sku              order.sku             article_code
        Kind                   kind                  kind_code
        State                  state                 state_code
        Owner                  owner                 owner
        OpenedOn               opened_on             opened_on
        PlannedOn              planned_on            planned_on
        ClosedOn               closed_on             closed_on
        Quantity               quantity              qty
        Notes                  notes                 remarks
        """,
}


def _rules(paths: str, place: int) -> tuple[FieldRule, ...]:
    """Read ``XML path, JSON path, field`` lines."""
    lines = (line.split() for line in paths.strip().splitlines())
    return tuple(FieldRule(line[place], line[2]) for line in lines)


NESTED_XML: Mappings = {entity: _rules(paths, 0) for entity, paths in _PATHS.items()}
NESTED_JSON: Mappings = {entity: _rules(paths, 1) for entity, paths in _PATHS.items()}
