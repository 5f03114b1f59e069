"""The rows that a careful importer must reject or park, and the rule that says which they are.

Stated number on the first day, whatever the size of the world:

=========  ================  ======  ============================================================
entity     cause             number  heals
=========  ================  ======  ============================================================
contact    missing_name      2       one in night 3
contact    unknown_parent    2       one (child of the nameless one) in night 3
article    bad_price         2       one in night 2
order      unknown_customer  3       one in night 2 (the customer arrives), one in night 3 (his
                                     name arrives), one never
order      unknown_article   2       one in night 2 (its price becomes readable), one never
order      bad_date          1       in night 3
dossier    unknown_customer  1       never
=========  ================  ======  ============================================================

Nights add: in night 2 the price of a sound article becomes unreadable until night 4; in night 3
and every third night after it a new order names a customer who never existed.

A dossier may name an order or an article that no export ever held: most complaints are about old
orders. That is real life, not a defect; three of the first day do, and so does a new one in night 2
and every third night after it.
"""

from . import amounts, articles, people
from .moment import parse_day
from .schema import ARTICLE, COLUMN, CONTACT, DOSSIER, ORDER

MISSING_NAME, UNKNOWN_PARENT = "missing_name", "unknown_parent"
BAD_PRICE = "bad_price"
UNKNOWN_CUSTOMER, UNKNOWN_ARTICLE, BAD_DATE = "unknown_customer", "unknown_article", "bad_date"

C, A, D = COLUMN[CONTACT], COLUMN[ARTICLE], COLUMN[DOSSIER]

# First-day contacts: the first nameless one has an order, the second one is a company whose
# contact stands before it in the file.
NAMELESS, NAMELESS_PARENT, ORPHAN = 8, 10, 29
CONTACT_INDEXES = frozenset((NAMELESS, NAMELESS_PARENT, ORPHAN))
PRICE_ON_DEMAND, PRICE_MISTYPED = 7, 22
ARTICLE_INDEXES = frozenset((PRICE_ON_DEMAND, PRICE_MISTYPED))
# First-day orders.
STRANGER, EARLY_ORDER, NAMELESS_ORDER = 3, 5, 9
NO_SUCH_ARTICLE, UNREADABLE_ARTICLE, NO_SUCH_DAY = 11, 17, 21
ORDER_INDEXES = frozenset(
    (STRANGER, EARLY_ORDER, NAMELESS_ORDER, NO_SUCH_ARTICLE, UNREADABLE_ARTICLE, NO_SUCH_DAY)
)
# First-day dossiers; the second one names the order with the impossible date.
DOSSIER_STRANGER, DOSSIER_WAITING, DOSSIER_NO_ORDER, DOSSIER_NO_ARTICLE = 2, 4, 6, 8

# Every first-day defect, cascades included, is among this many first records of its entity.
FIRST_SUSPECTS = 40

UNKNOWN_CODE = "9900001"
ARRIVING_CODE = "9900002"
NO_PARENT_CODE = "9900003"
STRANGER_CODE = "99{night:05d}"  # of the orders that later nights add; never a code of a contact
UNKNOWN_ARTICLE_CODE = "INCONNU-01"
UNKNOWN_ORDER_NUMBER = "ANC{number:06d}"  # of the system before this one


def spoil_contact(index, row):
    """Makes the stated first-day contacts defective."""
    if index in (NAMELESS, NAMELESS_PARENT):
        row[C["Nom"]] = "" if index == NAMELESS else "   "
    elif index == ORPHAN:
        row[C["Type"]], row[C["Code parent"]] = "C", NO_PARENT_CODE


def spoil_article(index, row):
    """Makes the stated first-day articles defective."""
    if index == PRICE_ON_DEMAND:
        row[A["Prix de vente HTVA"]] = "sur demande"
    elif index == PRICE_MISTYPED:
        row[A["Prix de vente HTVA"]] = "1.249,O0"


def spoil_order(index, order):
    """Makes the stated first-day orders defective."""
    if index == STRANGER:
        order.customer, order.delivery = UNKNOWN_CODE, ""
    elif index == EARLY_ORDER:
        order.customer, order.delivery = ARRIVING_CODE, ""
    elif index == NAMELESS_ORDER:
        order.customer, order.delivery = people.code_of(NAMELESS), ""
    elif index == NO_SUCH_ARTICLE:
        order.lines[0].article = UNKNOWN_ARTICLE_CODE
    elif index == UNREADABLE_ARTICLE:
        order.lines[0].article = articles.code_of(PRICE_ON_DEMAND)
    elif index == NO_SUCH_DAY:
        order.date = f"31/02/{order.date[-4:]}"


def spoil_dossier(index, row):
    """Makes the stated first-day dossiers defective (the waiting one is drawn as it is)."""
    if index == DOSSIER_STRANGER:
        row[D["Code client"]] = UNKNOWN_CODE
    elif index == DOSSIER_NO_ORDER:
        row[D["N° commande"]] = UNKNOWN_ORDER_NUMBER.format(number=4711)
    elif index == DOSSIER_NO_ARTICLE:
        row[D["Code article"]] = UNKNOWN_ARTICLE_CODE


# -- the rule ------------------------------------------------------------------------------------
def contact_cause(row, is_known):
    """:param is_known: function (entity, key) → whether a record of that key was ever acceptable.
    :return str: the cause, or None for a sound row"""
    if not row[C["Nom"]].strip():
        return MISSING_NAME
    parent = row[C["Code parent"]]
    if parent and not is_known(CONTACT, parent):
        return UNKNOWN_PARENT
    return None


def article_cause(row, _is_known):
    """:return str: the cause, or None for a sound row."""
    try:
        amounts.parse(row[A["Prix de vente HTVA"]])
    except ValueError:
        return BAD_PRICE
    return None


def order_cause(order, is_known):
    """:return str: the cause (the first one that holds), or None for a sound order."""
    if not is_known(CONTACT, order.customer):
        return UNKNOWN_CUSTOMER
    if not all(is_known(ARTICLE, code) for code in order.articles()):
        return UNKNOWN_ARTICLE
    try:
        parse_day(order.date)
    except ValueError:
        return BAD_DATE
    return None


def dossier_cause(row, is_known):
    """:return str: the cause, or None for a sound dossier."""
    return None if is_known(CONTACT, row[D["Code client"]]) else UNKNOWN_CUSTOMER


CAUSE_OF = {
    CONTACT: contact_cause,
    ARTICLE: article_cause,
    ORDER: order_cause,
    DOSSIER: dossier_cause,
}
