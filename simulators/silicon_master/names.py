"""Names of the columns in the dialects: French headers, legal XML names, nested English paths."""

import re
from dataclasses import dataclass

from .schema import ARTICLE, CONTACT, DOSSIER, FILE_PREFIX, HEADERS, ORDER

FRENCH, ENGLISH = "fr", "en_nested"
NAMES = (FRENCH, ENGLISH)
LINES = "line"  # the second file of orders that are exported in two

# In the order of the headers: XML path / JSON path. An attribute begins with @.
_PATHS = {
    CONTACT: """
        @code code, Type type, ParentCode parent_code, Name name, Name2 name2,
        Roles/Customer roles.customer, Roles/Supplier roles.supplier,
        Roles/Professional roles.professional, Address/Street address.street,
        Address/Street2 address.street2, Address/PostalCode address.postal_code,
        Address/City address.city, Address/Country address.country, Language language,
        VatNumber vat_number, Phone phone, Mobile mobile, Email email, Website website,
        Blocked blocked, Notes notes, CreatedOn created_on, ModifiedAt modified_at""",
    ARTICLE: """
        @sku sku, Name name, NameNl name_nl, Category/Family category.family,
        Category/Subfamily category.subfamily, Ean ean, Price/Sale price.sale,
        Price/Purchase price.purchase, VatRate vat_rate, SupplierCode supplier_code,
        Discontinued discontinued, Stock/Total stock.total, Stock/Shops stock.shops,
        Stock/Arrivals stock.arrivals, Stock/RestockOn stock.restock_on, Notes notes,
        ModifiedAt modified_at""",
    ORDER: """
        @number number, Lines/Line/@number lines.number, Date date, Customer/Code customer.code,
        Customer/DeliveryCode customer.delivery_code, Shop shop, Origin origin, Status status,
        ExpectedOn expected_on, Salesperson salesperson, CustomerReference customer_reference,
        Payment/Status payment.status, Payment/Deposit payment.deposit, Notes notes,
        Totals/Untaxed totals.untaxed, Totals/Vat totals.vat, Totals/Total totals.total,
        Lines/Line/Sku lines.sku, Lines/Line/Label lines.label,
        Lines/Line/Quantity lines.quantity, Lines/Line/Delivered lines.delivered,
        Lines/Line/UnitPrice lines.unit_price, Lines/Line/Discount lines.discount,
        Lines/Line/VatRate lines.vat_rate, Lines/Line/Total lines.total,
        Lines/Line/ExpectedOn lines.expected_on, Lines/Line/Availability lines.availability,
        ModifiedAt modified_at""",
    DOSSIER: """
        @number number, Customer/Code customer.code, Order/Number order.number,
        Order/Sku order.sku, Kind kind, State state, Owner owner, OpenedOn opened_on,
        PlannedOn planned_on, ClosedOn closed_on, Quantity quantity, Notes notes,
        ModifiedAt modified_at""",
}
XML_PATHS, JSON_PATHS = (
    {
        entity: tuple(pair.split()[place] for pair in text.split(","))
        for entity, text in _PATHS.items()
    }
    for place in (0, 1)
)
XML_LINES, JSON_LINES = "Lines/Line", "lines"
# Root element, record element and list of records of the English dialect.
ENGLISH_NAMES = {
    CONTACT: ("Customers", "Customer", "customers"),
    ARTICLE: ("Items", "Item", "items"),
    ORDER: ("Orders", "Order", "orders"),
    DOSSIER: ("Cases", "Case", "cases"),
}


def xml_name(header):
    """:return str: the header as an element name: ``N° commande`` → ``N_commande``, ``Remise %`` →
    ``Remise_pct``, ``Prix d'achat`` → ``Prix_d_achat``; accents stay."""
    return re.sub(r"[ '.]+", "_", header.replace("°", "").replace("%", "pct"))


@dataclass(frozen=True)
class Part:
    """One file of an export: which columns of which rows.

    :param str key: entity, or ``LINES``; :param tuple places: of its columns in the rows
    :param bool per_record: one row for each record, not for each line
    """

    key: str
    entity: str
    prefix: str
    places: tuple
    per_record: bool = False

    @property
    def header(self):
        """:return tuple: French headers."""
        return tuple(HEADERS[self.entity][place] for place in self.places)

    def pick(self, row):
        """:return list: the cells of this part."""
        return [row[place] for place in self.places]


def whole(entity):
    """:return Part: all columns of all rows."""
    return Part(entity, entity, FILE_PREFIX[entity], tuple(range(len(HEADERS[entity]))))


def parts_of(entity, split_orders):
    """:return list: of :class:`Part`; orders may be a file of headers and a file of lines."""
    if entity != ORDER or not split_orders:
        return [whole(entity)]
    is_line = [path.startswith(XML_LINES) for path in XML_PATHS[ORDER]]
    places = range(len(is_line))
    return [
        Part(ORDER, ORDER, FILE_PREFIX[ORDER], tuple(p for p in places if not is_line[p]), True),
        Part(LINES, ORDER, "LIGNES", (0, *(p for p in places if is_line[p]))),
    ]
