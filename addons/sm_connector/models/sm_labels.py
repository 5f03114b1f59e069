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
    "closed_on": _lt("Closed on"),
    "cost": _lt("Cost"),
    "country_code": _lt("Country"),
    "currency": _lt("Currency"),
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
    "kind_code": _lt("Kind code"),
    "lang": _lt("Language"),
    "line_expected_date": _lt("Line expected date"),
    "line_no": _lt("Line number"),
    "mobile": _lt("Mobile"),
    "name": _lt("Name, or description of the line"),
    "name2": _lt("Second name"),
    "name_nl": _lt("Name (Dutch)"),
    "number": _lt("Number"),
    "opened_on": _lt("Opened on"),
    "order_number": _lt("Order number"),
    "origin_code": _lt("Origin"),
    "owner": _lt("Person in charge"),
    "parent_code": _lt("Parent code"),
    "payment_code": _lt("Payment state"),
    "phone": _lt("Phone"),
    "planned_on": _lt("Planned on"),
    "price": _lt("Sale price excl. VAT"),
    "price_unit": _lt("Unit price excl. VAT"),
    "qty": _lt("Quantity"),
    "qty_delivered": _lt("Quantity delivered"),
    "remarks": _lt("Remarks"),
    "restock": _lt("Restock date"),
    "salesperson": _lt("Salesperson"),
    "shop_code": _lt("Shop"),
    "state_code": _lt("State code"),
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

# where the common word would mislead
ENTITY_FIELD_LABELS = {
    ("article", "name"): _lt("Name"),
    ("contact", "name"): _lt("Name"),
    ("order", "name"): _lt("Line description"),
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


# settings of the conversions, by the words of the pure package
_PARAM_TEXTS = (
    _lt("Code in the file and value here"),
    _lt("Date formats, tried in this order"),
    _lt("Decimal mark"),
    _lt("Decimals kept, rounded half up"),
    _lt("Fill digits with zeros to this length (0: as delivered)"),
    _lt("Further words and their code"),
    _lt("Keep line breaks"),
    _lt("Longest code allowed"),
    _lt("Longest text allowed"),
    _lt("Longest text allowed (0: no limit)"),
    _lt("Meaning of an empty cell"),
    _lt("Names of date and quantity"),
    _lt("Names of shop, stock, display models"),
    _lt("Separator of the items"),
    _lt("Texts that mean no date"),
    _lt("Time zone of the file, to store UTC"),
    _lt("Two-digit years up to this one are 20xx"),
    _lt("Value for every row"),
    _lt("Value for unknown codes"),
    _lt("Value of an empty cell"),
    _lt("When the code is not in the table"),
    _lt("When the word is unknown"),
    _lt("Words for a date not known yet"),
    _lt("Words for no"),
    _lt("Words for yes"),
)
PARAM_LABELS = {text._source: text for text in _PARAM_TEXTS}

CHOICE_LABELS = {
    # of a setting
    "auto": _lt("Recognise it"),
    "comma": _lt("Comma"),
    "default": _lt("Take the value for unknown codes"),
    "empty": _lt("Leave it empty"),
    "error": _lt("Refuse the row"),
    "keep": _lt("Keep it as it is"),
    "point": _lt("Point"),
    # kinds of contacts
    "company": _lt("Company"),
    "person": _lt("Person"),
    "contact": _lt("Contact of a company"),
    "delivery": _lt("Delivery address"),
    "invoice": _lt("Invoice address"),
    # states of a restock date
    "known": _lt("Known"),
    "none": _lt("None"),
    "unknown": _lt("Not known yet"),
}

SHIPPED_LABELS = {
    "silicon_master_fr": _lt("Silicon Master export (fr)"),
    "english_xml": _lt("English names, nested XML"),
    "english_json": _lt("English names, nested JSON, or flat files"),
}

# why a mapping cannot be used, by the code of the pure package
MAPPING_PROBLEMS = {
    "column_twice": _lt(
        "%(field)s: the file has the column “%(column)s” more than once; it cannot be told which "
        "one is meant."
    ),
    "join_and_split": _lt("%(field)s: a column is either joined with others or split, not both."),
    "mandatory_unfed": _lt("%(field)s is mandatory, but no column feeds it."),
    "missing_columns": _lt("%(field)s: the file has no column “%(column)s”."),
    "no_column": _lt("%(field)s: choose a column, or the fixed value."),
    "no_separator": _lt("%(field)s: a separator is needed."),
    "not_a_country": _lt("%(field)s: “%(value)s” is not a country code of two letters."),
    "not_a_format": _lt("%(field)s: “%(value)s” is not a date format such as dd/mm/yyyy."),
    "not_a_language": _lt("%(field)s: “%(value)s” is not a language that is known here."),
    "no_format": _lt("%(field)s: at least one date format is needed."),
    "other_entity": _lt("This mapping is one of another kind of data (%(value)s)."),
    "owner": _lt(
        "%(field)s cannot be owned like this: a key is always Silicon Master's, and what stands on "
        "a line is its own or ignored."
    ),
    "target_twice": _lt("%(field)s is fed twice."),
    "too_many_decimals": _lt("%(field)s: at most %(value)s decimals are kept."),
    "unknown_converter": _lt("%(field)s: this conversion does not exist."),
    "unknown_target": _lt("The column “%(column)s” feeds a field that does not exist."),
    "unknown_zone": _lt("%(field)s: “%(value)s” is not a time zone such as Europe/Brussels."),
    "unreadable": _lt("This is no mapping that can be read (%(value)s)."),
    "wrong_names": _lt("%(field)s: exactly %(value)s names are needed."),
}
PARAM_PROBLEM = _lt("%(field)s: the settings of the conversion do not fit.")


def field_label(env, name, entity=""):
    """Return the name of a canonical field in the user's language; ``name`` when it is a column."""
    label = ENTITY_FIELD_LABELS.get((entity, name)) or FIELD_LABELS.get(name)
    return env._(label) if label else name
