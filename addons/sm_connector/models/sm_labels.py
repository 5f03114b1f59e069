"""Words for what the pure packages name in English: canonical fields and conversions.

The packages know nothing of Odoo and its translations. A test keeps these tables complete.
"""

from odoo.tools import LazyTranslate

_lt = LazyTranslate(__name__)

FIELD_LABELS = {
    "amount": _lt("Line total excl. VAT"),
    "amount_tax": _lt("VAT"),
    "amount_total": _lt("Total incl. VAT"),
    "amount_untaxed": _lt("Total excl. VAT"),
    "article_code": _lt("Article code"),
    "availability": _lt("Availability"),
    "blocked": _lt("Blocked in the master"),
    "city": _lt("City"),
    "code": _lt("Code"),
    "cost": _lt("Cost"),
    "country_code": _lt("Country"),
    "customer_code": _lt("Customer code"),
    "customer_ref": _lt("Customer reference"),
    "date": _lt("Date"),
    "delivery_code": _lt("Delivery address code"),
    "deposit": _lt("Deposit"),
    "discontinued": _lt("Discontinued"),
    "discount": _lt("Discount (%)"),
    "ean": _lt("EAN"),
    "email": _lt("E-mail"),
    "expected_date": _lt("Expected date"),
    "family": _lt("Family"),
    "incoming": _lt("Incoming quantities"),
    "is_customer": _lt("Customer"),
    "is_professional": _lt("Professional (B2B)"),
    "is_supplier": _lt("Supplier"),
    "kind": _lt("Kind"),
    "lang": _lt("Language"),
    "line_expected_date": _lt("Line expected date"),
    "line_no": _lt("Line number"),
    "mobile": _lt("Mobile"),
    "name": _lt("Name, or description of the line"),
    "name2": _lt("Second name"),
    "name_nl": _lt("Name (Dutch)"),
    "number": _lt("Number"),
    "origin_code": _lt("Origin"),
    "parent_code": _lt("Parent code"),
    "payment_code": _lt("Payment state"),
    "phone": _lt("Phone"),
    "price": _lt("Sale price excl. VAT"),
    "price_unit": _lt("Unit price excl. VAT"),
    "qty": _lt("Quantity"),
    "qty_delivered": _lt("Quantity delivered"),
    "remarks": _lt("Remarks"),
    "restock": _lt("Restock date"),
    "salesperson": _lt("Salesperson"),
    "shop_code": _lt("Shop"),
    "status_code": _lt("Status"),
    "stock_total": _lt("Total stock"),
    "stocks": _lt("Stock and display models per shop"),
    "street": _lt("Street"),
    "street2": _lt("Street (2)"),
    "subfamily": _lt("Sub-family"),
    "supplier_code": _lt("Supplier code"),
    "vat": _lt("VAT number"),
    "vat_rate": _lt("VAT rate (%)"),
    "website": _lt("Web site"),
    "zip": _lt("Postal code"),
}

CONVERTER_LABELS = {
    "text": _lt("Text"),
    "code": _lt("Code (leading zeros kept)"),
    "decimal": _lt("Decimal number"),
    "integer": _lt("Whole number"),
    "date": _lt("Date"),
    "datetime": _lt("Date and time"),
    "boolean": _lt("Yes / no"),
    "country": _lt("Country"),
    "language": _lt("Language"),
    "vat": _lt("VAT number (as given)"),
    "phone": _lt("Phone number (as given)"),
    "email": _lt("E-mail address (as given)"),
    "lookup": _lt("Table of values"),
    "stock_list": _lt("Stock per shop"),
    "dated_list": _lt("Incoming quantities by date"),
    "restock": _lt("Restock date"),
    "constant": _lt("Fixed value"),
}


def field_label(env, name):
    """Return the name of a canonical field in the user's language; ``name`` when it is a column."""
    label = FIELD_LABELS.get(name)
    return env._(label) if label else name
