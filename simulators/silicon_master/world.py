"""The world: contacts, articles, orders and dossiers of the master on one simulated day."""

from dataclasses import asdict, dataclass, replace
from datetime import date, timedelta

from . import amounts, articles, defects, dossiers, people
from .articles import Articles
from .dossiers import Dossiers
from .order import Order
from .orders import Orders
from .people import People
from .schema import ARTICLE, COLUMN, CONTACT, DOSSIER, ENTITIES, ORDER, STAMP
from .table import Table

SIZES = {"tiny": (40, 60, 30), "demo": (400, 600, 300), "full": (50000, 15000, 20000)}
REMEMBERED = ("night", "defects", "never_sound", "totals", "mismatched", "merged", "notes")
SMALLEST = 30  # rows of each entity: below this the stated defects have no room
FEWEST_DOSSIERS, ORDERS_PER_DOSSIER = 12, 10


@dataclass(frozen=True)
class Settings:
    """What the whole world follows from.

    :param str start: first day, ISO date; :param str rounding: of the VAT, ``line`` or ``document``
    """

    seed: int = 1
    contacts: int = 400
    articles: int = 600
    orders: int = 300
    start: str = "2026-11-02"
    rounding: str = amounts.DOCUMENT

    def __post_init__(self):
        for name in ("contacts", "articles", "orders"):
            if getattr(self, name) < SMALLEST:
                raise ValueError(f"{name}: at least {SMALLEST}, not {getattr(self, name)}")
        if self.contacts > 1_400_000:
            raise ValueError("contacts: codes of seven digits are enough for 1,400,000 of them")
        if self.rounding not in (amounts.LINE, amounts.DOCUMENT):
            raise ValueError(f"rounding: line or document, not {self.rounding}")

    @property
    def dossiers(self):
        """:return int: of the first day."""
        return max(FEWEST_DOSSIERS, self.orders // ORDERS_PER_DOSSIER)

    @classmethod
    def of_size(cls, size, **values):
        """:param str size: one of ``SIZES``; :param values: override what the size says."""
        contacts, articles_, orders = SIZES[size]
        settings = cls(contacts=contacts, articles=articles_, orders=orders)
        return replace(
            settings, **{name: value for name, value in values.items() if value is not None}
        )


class World:
    """All records of today, and which of them an importer can never have accepted."""

    def __init__(self, settings):
        self.settings = settings
        self.night = 0
        start = date.fromisoformat(settings.start)
        self.start = start
        self.people = People(settings.seed, settings.contacts, start)
        self.articles = Articles(settings.seed, settings.articles, settings.contacts, start)
        self.orders = Orders(settings.seed, settings.orders, self.people, self.articles, start)
        self.dossiers = Dossiers(settings.seed, settings.dossiers, self.orders, start)
        self.tables = {
            CONTACT: Table(settings.contacts, people.code_of, people.index_of, self._contact),
            ARTICLE: Table(settings.articles, articles.code_of, articles.index_of, self._article),
            ORDER: Table(
                settings.orders, self.orders.key_of, self.orders.index_of, self.orders.order
            ),
            DOSSIER: Table(
                settings.dossiers, dossiers.key_of, dossiers.index_of, self.dossiers.row
            ),
        }
        # key -> cause, of the rows that are defective in today's snapshot
        self.defects = {entity: {} for entity in ENTITIES}
        # keys which have been defective in every snapshot so far (in a dict: sets have no order)
        self.never_sound = {entity: {} for entity in ENTITIES}
        self.totals = {entity: {"rows": 0, "sums": {}} for entity in ENTITIES}
        self.mismatched = {}  # orders whose totals do not add up (a dict: sets have no order)
        self.merged = {}  # code of a contact -> code of the one that took over
        self.notes = {}  # what one night must remember for another

    @property
    def today(self):
        return self.start + timedelta(days=self.night)

    def _contact(self, index):
        row = self.people.row(index)
        defects.spoil_contact(index, row)
        return row

    def _article(self, index):
        row = self.articles.row(index)
        defects.spoil_article(index, row)
        return row

    def is_known(self, entity, key):
        """:return bool: whether an importer may know the key: present once, and sound once."""
        return self.tables[entity].ever_existed(key) and key not in self.never_sound[entity]

    def judge(self, entity, keys, new=()):
        """Brings ``defects`` and ``never_sound`` up to date for these keys.

        :param keys: whose rows, or what they refer to, changed today
        :param new: those of them that were never in a snapshot, or are somebody else now
        """
        table = self.tables[entity]
        records = [(key, table.get(key)) for key in keys]
        if entity == CONTACT:
            # Whether a child is sound depends on its parent, which may stand after it.
            parent = COLUMN[CONTACT]["Code parent"]
            records.sort(key=lambda pair: bool(pair[1] and pair[1][parent]))
        for key, record in records:
            cause = defects.CAUSE_OF[entity](record, self.is_known) if record else None
            if cause:
                self.defects[entity][key] = cause
                if key in new:
                    self.never_sound[entity][key] = None
            else:
                self.defects[entity].pop(key, None)
                if record:
                    self.never_sound[entity].pop(key, None)

    def rows(self, entity):
        """:return: the physical rows of today's export, one after the other."""
        for _key, record in self.tables[entity]:
            yield from self.rows_of(entity, record)

    def rows_of(self, entity, record):
        """:return list: rows of one record (an order has one for each line)."""
        return record.rows(self.settings.rounding) if entity == ORDER else [record]

    def to_json(self):
        """:return dict: all that is needed to continue, and nothing that can be computed."""
        return {
            "settings": asdict(self.settings),
            **{name: getattr(self, name) for name in REMEMBERED},
            "tables": {
                entity: table.to_json(Order.to_json if entity == ORDER else list)
                for entity, table in self.tables.items()
            },
        }

    @classmethod
    def from_json(cls, data):
        if DOSSIER not in data["tables"]:
            raise ValueError("the state was written by an older simulator: start with a new folder")
        world = cls(Settings(**data["settings"]))
        for name in REMEMBERED:
            setattr(world, name, data[name])
        for entity, table in world.tables.items():
            decode = Order.from_json if entity == ORDER else list
            table.load_json(data["tables"][entity], decode)
        return world


def without_stamp(entity, row):
    """:return list: the row without the column that does not count as a change."""
    place = COLUMN[entity][STAMP]
    return row[:place] + row[place + 1 :]
