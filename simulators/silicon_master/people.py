"""Contacts of the first day. Row ``index`` is a pure function of the seed, so a world of 500,000
contacts needs no memory for the rows that never changed."""

from datetime import timedelta
from functools import lru_cache
from unicodedata import normalize

from . import check_digits, phones, towns, vocabulary
from .dice import Dice
from .moment import day, office_stamp
from .pools import carried_by_cp1252, pools
from .schema import COLUMN, CONTACT

C = COLUMN[CONTACT]

# The file repeats this pattern: type of each place of a block, and the place of its parent. One
# child stands before its parent, as happens in real exports.
PATTERN = (
    ("S", None), ("C", 0), ("C", 0), ("L", 0), ("F", 0),
    ("P", None), ("P", None), ("L", 6), ("P", None), ("C", 10),
    ("S", None), ("P", None), ("P", None), ("P", None), ("P", None),
    ("L", 14), ("P", None), ("S", None), ("C", 17), ("P", None),
)  # fmt: skip
BLOCK = len(PATTERN)
SUPPLIER_PLACE = 13
SUPPLIER_EVERY = 4  # blocks
FAMILY_PLACES = (5, 6)  # in part of the blocks these two are a family
DELIVERY_PLACE = {0: 3, 6: 7, 14: 15}  # customers with a delivery address of their own
BILLING_PLACE = {0: 4}
CHILDLESS_PLACES = (5, 8, 11, 12, 16, 19)
FIRST_CODE, CODE_STEP = 1001, 7


def code_of(index):
    """:return str: seven digits, most with leading zeros, with gaps as after years of deletions."""
    return f"{FIRST_CODE + CODE_STEP * index:07d}"


def index_of(code):
    """:return int: the inverse of :func:`code_of`, or None for a code it never gives."""
    if len(code) != 7 or not code.isdigit():
        return None
    index, rest = divmod(int(code) - FIRST_CODE, CODE_STEP)
    return None if rest or index < 0 else index


def is_supplier(index):
    block, place = divmod(index, BLOCK)
    return place == SUPPLIER_PLACE and block % SUPPLIER_EVERY == 0


def parent_index(index, count):
    """:return int: of the contact's parent, or None (also when the parent lies past the end)."""
    place = PATTERN[index % BLOCK][1]
    parent = None if place is None else index - index % BLOCK + place
    return None if parent is None or parent >= count else parent


def can_buy(index, count):
    """:return bool: whether orders are made out to this contact."""
    return parent_index(index, count) is None and not is_supplier(index)


def ascii_word(text):
    """:return str: ``Lefèvre d'Or`` → ``lefevredor``, for e-mail addresses."""
    plain = normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return "".join(char for char in plain if char.isalnum()) or "client"


class People:
    """Maker of contact rows (lists of text in the order of the headers)."""

    def __init__(self, seed, count, start):
        """:param date start: first day of the simulation; everything here is older."""
        self.seed = seed
        self.count = count
        self.start = start
        self.pools = pools(seed)
        self._company = lru_cache(maxsize=64)(self._company_row)

    def row(self, index):
        """:return list: the contact as it is on the first day."""
        parent = parent_index(index, self.count)
        kind = PATTERN[index % BLOCK][0] if parent is not None else None
        if kind is not None:
            return self._child(index, kind, self._company(parent))
        if is_supplier(index) or PATTERN[index % BLOCK][0] == "S":
            return list(self._company(index))
        return self._person(index)

    def _company_row(self, index):
        if PATTERN[index % BLOCK][0] == "P" and not is_supplier(index):
            return self._person(index)
        dice = Dice(self.seed, "contact", index)
        return self.company(dice, code_of(index), index, is_supplier(index))

    # -- what the nights draw from as well -----------------------------------------------------
    def company(self, dice, code, number, supplier=False):
        """:param int number: makes the VAT number of this company its own."""
        row = self._blank(dice, code, "S")
        country, language = self._address(dice, row)
        trade = dice.pick(vocabulary.SUPPLIER_TRADES if supplier else vocabulary.COMPANY_TRADES)
        stem = dice.pick(self.pools.companies)
        row[C["Nom"]] = self._name(
            dice, f"{trade} {stem} {dice.pick(vocabulary.COMPANY_FORMS[country])}"
        )
        row[C["Nom 2"]] = dice.pick(("", "", "", "à l'att. de la comptabilité", "(anc. Ets Piron)"))
        row[C["Client"]] = "N" if supplier else "O"
        row[C["Fournisseur"]] = "O" if supplier else dice.pick("NNNNNNNNNO")
        row[C["Professionnel"]] = "O"
        row[C["N° TVA"]] = vat_as_typed(dice, country, number)
        row[C["Téléphone"]] = phones.as_typed(dice, country)
        row[C["GSM"]] = phones.mobile(dice, country) if dice.chance(0.3) else ""
        top = "com" if country == "LU" else country.lower()
        domain = f"{ascii_word(stem)}-{ascii_word(trade)}.{top}"
        row[C["E-mail"]] = dice.weighted(
            ((f"info@{domain}", 80), (f"compta@{domain};info@{domain}", 8), ("", 12))
        )
        row[C["Site web"]] = dice.weighted(
            (
                (f"www.{domain}", 40),
                (f"https://www.{domain}/", 15),
                (f"HTTP://{domain}", 5),
                ("", 40),
            )
        )
        row[C["Langue"]] = self._language(dice, language)
        return row

    def person(self, dice, code, number=None, family=None):
        """:param family: (last name, language, e-mail, address cells) shared by a household.
        :param int number: of the VAT number when the person works on his own account"""
        row = self._blank(dice, code, "P")
        country, language = self._address(dice, row)
        tongue = "N" if language == "N" else "F"
        first = dice.pick(self.pools.first_names[tongue])
        last = dice.pick(self.pools.last_names[tongue])
        if dice.chance(0.06):
            last = f"{dice.pick(vocabulary.PARTICLES)} {last}"
        if family:
            last, family_mail, address = family
            for name, value in address.items():
                row[C[name]] = value
        name = f"{last} {first}" if dice.chance(0.75) else f"{first} {last}"
        row[C["Nom"]] = self._name(dice, name)
        row[C["Nom 2"]] = dice.weighted((("", 90), ("M. et Mme", 6), ("c/o Résidence Bellevue", 4)))
        row[C["Client"]], row[C["Fournisseur"]] = "O", "N"
        self_employed = number is not None and dice.chance(0.08)
        row[C["Professionnel"]] = "O" if self_employed else "N"
        if self_employed:
            row[C["N° TVA"]] = vat_as_typed(dice, country, number)
        elif dice.chance(0.03):
            row[C["N° TVA"]] = "non assujetti"
        row[C["Téléphone"]] = phones.as_typed(dice, country) if dice.chance(0.55) else ""
        row[C["GSM"]] = phones.mobile(dice, country) if dice.chance(0.7) else ""
        mail = self._mail(dice, first, last)
        row[C["E-mail"]] = family_mail if family and dice.chance(0.8) else mail
        row[C["Langue"]] = self._language(dice, language)
        return row

    def child(self, dice, code, kind, parent, number=0):
        """A contact (C), delivery (L) or billing (F) address of the row ``parent``."""
        row = self._blank(dice, code, kind)
        row[C["Code parent"]] = parent[C["Code"]]
        country, _language = self._address(dice, row)
        tongue = "N" if parent[C["Langue"]].startswith("N") else "F"
        first, last = (
            dice.pick(self.pools.first_names[tongue]),
            dice.pick(self.pools.last_names[tongue]),
        )
        row[C["Client"]], row[C["Fournisseur"]] = "N", "N"
        row[C["Professionnel"]] = parent[C["Professionnel"]]
        row[C["Langue"]] = parent[C["Langue"]]
        if kind == "C":
            for name in ("Rue", "Complément", "Code postal", "Localité", "Pays"):
                row[C[name]] = parent[C[name]]
            row[C["Nom"]] = self._name(dice, f"{first} {last}")
            row[C["Nom 2"]] = dice.pick(vocabulary.CONTACT_ROLES)
            row[C["GSM"]] = phones.mobile(dice, country)
            shared = parent[C["E-mail"]].split(";")[0]
            own = f"{ascii_word(first)}@{shared.partition('@')[2]}" if "@" in shared else ""
            row[C["E-mail"]] = dice.pick((own, own, shared))
        elif kind == "L":
            row[C["Nom"]] = dice.pick(
                (
                    f"{last} {first}",
                    "Dépôt",
                    f"Chantier {last}",
                    "Seconde résidence",
                    f"Mme {last} (mère)",
                )
            )
            row[C["Téléphone"]] = phones.as_typed(dice, country) if dice.chance(0.5) else ""
            row[C["Nom 2"]] = f"n° {number}" if dice.chance(0.2) else ""
        else:
            row[C["Nom"]] = dice.pick(
                ("Service facturation", "Comptabilité fournisseurs", "Siège social")
            )
            row[C["E-mail"]] = parent[C["E-mail"]].split(";")[0]
        return row

    def address(self, dice):
        """:return dict: cells of a new address (a household that moves)."""
        row = [""] * len(C)
        self._address(dice, row)
        return {
            name: row[C[name]] for name in ("Rue", "Complément", "Code postal", "Localité", "Pays")
        }

    # -- parts -----------------------------------------------------------------------------------
    def _person(self, index):
        dice = Dice(self.seed, "contact", index)
        family = None
        block, place = divmod(index, BLOCK)
        if place in FAMILY_PLACES:
            family = self._family(block)
        return self.person(dice, code_of(index), index, family)

    def _family(self, block):
        dice = Dice(self.seed, "family", block)
        if not dice.chance(0.4):
            return None
        last = dice.pick(self.pools.last_names["F"])
        return (
            last,
            f"famille.{ascii_word(last)}@{dice.pick(vocabulary.FREE_MAIL)}",
            self.address(dice),
        )

    def _child(self, index, kind, parent):
        return self.child(Dice(self.seed, "contact", index), code_of(index), kind, parent, index)

    def _blank(self, dice, code, kind):
        row = [""] * len(C)
        created = self.start - timedelta(days=dice.between(400, 5000))
        changed = self.start - timedelta(days=dice.between(1, 399))
        row[C["Code"]], row[C["Type"]] = code, kind
        row[C["Bloqué"]] = "O" if dice.chance(0.015) else "N"
        row[C["Remarques"]] = dice.pick(vocabulary.CONTACT_REMARKS) if dice.chance(0.12) else ""
        row[C["Créé le"]] = day(created)
        row[C["Modifié le"]] = office_stamp(dice, changed)
        return row

    def _address(self, dice, row):
        country = dice.weighted(towns.COUNTRY_WEIGHTS)
        postcode, town, language = dice.pick(towns.TOWNS[country])
        street = dice.pick(self.pools.streets["N" if language == "N" else "F"])
        number = (
            f"{dice.between(1, 240)}{dice.pick(('', '', '', '', 'A', '/2', ' bte 3', ' bus 12'))}"
        )
        row[C["Rue"]] = dice.pick(
            (f"{street} {number}", f"{street}, {number}", f"{number} {street}")
        )
        row[C["Complément"]] = dice.pick(
            ("", "", "", "", "", "", "Bât. B", "2e étage", "Zoning Nord")
        )
        row[C["Code postal"]] = postcode
        row[C["Localité"]] = town.upper() if dice.chance(0.2) else town
        row[C["Pays"]] = dice.pick(towns.COUNTRY_SPELLINGS[country])
        return country, language

    def _name(self, dice, name):
        habit = dice.below(1000)
        if habit < 12:
            return dice.pick(vocabulary.NASTY_NAMES)
        if habit < 40:
            return f"{name}  "
        if habit < 200:
            # upper-casing ß or a ligature may leave cp1252 (or not be its own inverse): check again
            return carried_by_cp1252(name.upper())
        return name

    def _mail(self, dice, first, last):
        local = f"{ascii_word(first)}.{ascii_word(last)}"
        habit = dice.below(100)
        if habit < 25:
            return ""
        if habit < 28:
            return f"{local}@{dice.pick(vocabulary.TYPED_WRONG)}"
        if habit < 30:
            return f"{local}.{dice.pick(vocabulary.FREE_MAIL)}"
        domain = dice.pick(vocabulary.FREE_MAIL)
        if habit < 33:
            return f"{local}{dice.below(99)}@{domain} "
        if habit < 36:
            return f"{local.upper()}@{domain.upper()}"
        return f"{local}{dice.below(99)}@{domain}"

    def _language(self, dice, language):
        if dice.chance(0.08):
            return ""
        if dice.chance(0.02):
            language = "E"
        return dice.pick(towns.LANGUAGE_SPELLINGS[language])


def vat_as_typed(dice, country, number):
    """:param int number: unique to the company; a tenth of the numbers is wrong or missing.
    :return str: the cell ``N° TVA``"""
    if dice.chance(0.05):
        return dice.pick(("", "", "non assujetti", "en cours"))
    if country == "FR":
        digits, prefix = check_digits.french_vat(30000000 + 13 * number), "FR"
    elif country == "NL":
        stem = 10000000 + 17 * number
        digits = check_digits.dutch_vat(stem) or check_digits.dutch_vat(stem + 1)
        prefix = "NL"
    elif country == "BE":
        digits, prefix = check_digits.belgian_vat(4000000 + 11 * number), "BE"
    else:
        return ""
    if dice.chance(0.06):
        # The last digit of the number (before the Dutch suffix) typed wrong.
        place = 8 if prefix == "NL" else len(digits) - 1
        digits = f"{digits[:place]}{(int(digits[place]) + 1) % 10}{digits[place + 1 :]}"
    if prefix == "BE":
        dotted = f"{digits[:4]}.{digits[4:7]}.{digits[7:]}"
        return dice.pick(
            (
                f"BE {dotted}",
                f"BE{digits}",
                f"BE{digits}",
                dotted,
                f"be {digits}",
                f"TVA BE {dotted}",
            )
        )
    if prefix == "FR":
        return dice.pick((f"FR{digits}", f"FR {digits[:2]} {digits[2:]}"))
    return dice.pick((f"NL{digits}", f"NL.{digits[:9]}.{digits[9:]}"))
