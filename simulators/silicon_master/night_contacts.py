"""What a night does to the contacts."""

from . import defects, people, phones, vocabulary
from .dice import Dice
from .moment import day
from .people import C, ascii_word
from .schema import CONTACT, ORDER

LIVING_COUNTRY = {"B": "BE", "BE": "BE", "Belgique": "BE", "FR": "FR", "France": "FR", "NL": "NL"}
LIVING_COUNTRY.update({"L": "LU", "LU": "LU", "D": "DE", "DE": "DE"})
# Cells in which somebody else must differ from whoever had the code before.
IDENTIFYING = ("Nom", "N° TVA", "Téléphone", "GSM", "E-mail", "Rue")


def live_contacts(changes):
    """New, changed, touched, vanished, returned, re-used and merged contacts of one night."""
    night, count = changes.world.night, changes.world.settings.contacts
    _heal(changes, night)
    if night % 3 != 1:
        for _merge in range(1 + count // 20000):
            _merge_two(changes)
        _reuse_code(changes)
    if night % 2 == 0:
        _return_one(changes)
    _vanish(changes, night, count)
    for key in changes.choose(CONTACT, 4 + count // 100):
        _update(changes, key)
    for key in changes.choose(CONTACT, 3 + count // 150):
        changes.touch(CONTACT, key)
    for _birth in range(2 + count // 400):
        _be_born(changes)


def _heal(changes, night):
    if night == 2:
        # The customer of an order that came too early.
        dice = Dice(changes.world.settings.seed, "birth", night, 1)
        row = changes.world.people.person(dice, defects.ARRIVING_CODE)
        _register(changes, row)
    if night == 3:
        key = people.code_of(defects.NAMELESS_PARENT)
        row = changes.copy(CONTACT, key)
        row[C["Nom"]] = "Delvaux-Nom-Retrouvé"
        changes.put(CONTACT, key, row)
        key = people.code_of(defects.NAMELESS)
        row = changes.copy(CONTACT, key)
        row[C["Nom"]] = "Lejeune Sans-Nom"
        changes.put(CONTACT, key, row)


def _register(changes, row):
    """Puts a row which the master created today."""
    row[C["Créé le"]] = day(changes.world.today)
    changes.put(CONTACT, row[C["Code"]], row)


def _be_born(changes):
    """A person, a company with a contact and an address, or a contact of an existing company."""
    world, dice = changes.world, changes.dice
    number = _next_number(world)
    code = people.code_of(number)
    fate = dice.below(10)
    if fate < 6:
        _register(changes, world.people.person(dice, code, number))
        return
    if fate < 8:
        company = world.people.company(dice, code, number)
        contact, address = people.code_of(number + 1), people.code_of(number + 2)
        # The contact first: a child often stands before its parent in such exports.
        _register(changes, world.people.child(dice, contact, "C", company))
        _register(changes, company)
        _register(changes, world.people.child(dice, address, "L", company))
        return
    for parent in changes.choose(CONTACT, 1, lambda row: row[C["Type"]] == "S"):
        row = world.people.child(dice, code, dice.pick("CL"), changes.get(CONTACT, parent))
        _register(changes, row)


def _next_number(world):
    table = world.tables[CONTACT]
    return table.count + len(table.born)


def _update(changes, key):
    """One thing about the contact really changes; never so much that he seems somebody else."""
    dice = changes.dice
    row = changes.copy(CONTACT, key)
    country = LIVING_COUNTRY.get(row[C["Pays"]], "BE")
    is_child = bool(row[C["Code parent"]])
    fate = dice.below(100)
    if fate < 30:
        row[C["GSM"]] = phones.mobile(dice, country)
    elif fate < 50:
        row[C["Téléphone"]] = phones.landline(dice, country)
    elif fate < 65:
        local = ascii_word(row[C["Nom"]])[:20]
        row[C["E-mail"]] = (
            f"{local}{changes.world.night}x{dice.below(1000)}@{dice.pick(vocabulary.FREE_MAIL)}"
        )
    elif fate < 80 and not is_child:
        for name, value in changes.world.people.address(dice).items():
            row[C[name]] = value
    elif fate < 86:
        row[C["Bloqué"]] = "N" if row[C["Bloqué"]] == "O" else "O"
    elif fate < 92:
        row[C["Remarques"]] = (
            f"{row[C['Remarques']]}\nvu au magasin le {changes.world.today:%d/%m}".strip()
        )
    elif fate < 96 and row[C["Type"]] == "P":
        row[C["Nom"]] = (
            f"{row[C['Nom']].strip()[:60]}-{dice.pick(changes.world.people.pools.last_names['F'])}"
        )
    else:
        row[C["GSM"]] = phones.mobile(dice, country)
    changes.put(CONTACT, key, row)


def _vanish(changes, night, count):
    """Customers with and without orders disappear from the export."""
    buyers = customers_with_orders(changes.world)
    without = 3 if night == 1 else 1
    for key in _childless(
        changes, without + count // 4000, lambda row: row[C["Code"]] not in buyers
    ):
        changes.remove(CONTACT, key)
    for key in _childless(changes, 1 + count // 4000, lambda row: row[C["Code"]] in buyers):
        changes.remove(CONTACT, key)


def _childless(changes, number, accept):
    """:return list: keys of private customers without contacts or addresses of their own."""

    def fits(row):
        index = changes.world.tables[CONTACT].first_day_index(row[C["Code"]])
        return (
            row[C["Type"]] == "P"
            and (index is None or index % people.BLOCK in people.CHILDLESS_PLACES)
            and accept(row)
        )

    return changes.choose(CONTACT, number, fits)


def _missing(changes):
    """:return list: keys absent from the last snapshot for another reason than a merge."""
    world = changes.world
    return [
        key
        for key, night in world.tables[CONTACT].gone.items()
        if night < world.night and key not in world.merged and key not in changes.before[CONTACT]
    ]


def _return_one(changes):
    """Somebody who vanished is back, with a new telephone number."""
    missing = _missing(changes)
    if missing:
        key = changes.dice.pick(missing)
        row = list(changes.world.tables[CONTACT].last_known(key))
        row[C["GSM"]] = phones.mobile(changes.dice, "BE")
        changes.put(CONTACT, key, row)


def _reuse_code(changes):
    """A code that vanished is given to somebody entirely different; no order knew the old one."""
    world = changes.world
    buyers = customers_with_orders(world)
    free = [key for key in _missing(changes) if key not in buyers]
    if not free:
        return
    key = changes.dice.pick(free)
    old = world.tables[CONTACT].last_known(key)
    turn = 0
    while True:
        turn += 1
        dice = Dice(world.settings.seed, "birth", _next_number(world), 100 * world.night + turn)
        row = world.people.person(dice, key)
        common = [name for name in IDENTIFYING if row[C[name]] and row[C[name]] == old[C[name]]]
        surnames = set(old[C["Nom"]].lower().split()) & set(row[C["Nom"]].lower().split())
        if not common and not surnames and row[C["GSM"]]:
            break
    _register(changes, row)
    changes.reused[key] = None


def _merge_two(changes):
    """A customer turns out to be another one: his code disappears, his orders change hands."""
    buyers = customers_with_orders(changes.world)
    gone = _childless(changes, 1, lambda row: buyers.get(row[C["Code"]]))
    kept = changes.choose(
        CONTACT,
        1,
        lambda row: (
            row[C["Type"]] in "SP" and row[C["Client"]] == "O" and row[C["Code"]] not in gone
        ),
    )
    orders = changes.world.tables[ORDER]
    present = [key for code in gone for key in buyers[code] if orders.get(key)]
    if (
        not gone
        or not kept
        or not present
        or not all(changes.is_free(ORDER, key) for key in present)
    ):
        return
    for key in present:
        order = changes.copy(ORDER, key)
        order.customer = kept[0]
        changes.put(ORDER, key, order)
    changes.remove(CONTACT, gone[0])
    changes.merged[gone[0]] = kept[0]


def customers_with_orders(world):
    """:return dict: contact code → numbers of his orders, vanished ones included."""
    table = world.tables[ORDER]
    result = {}
    for index in range(table.count):
        key = table.key_of(index)
        order = table.changed.get(key)
        if order is None:
            order = table.get(key) if index < defects.FIRST_SUSPECTS else None
        code = order.customer if order else people.code_of(world.orders.customer_index(index))
        result.setdefault(code, []).append(key)
    for key in table.born:
        result.setdefault(table.changed[key].customer, []).append(key)
    return result
