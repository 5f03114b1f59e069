"""What one night does to the world."""

from .dice import Dice
from .moment import office_stamp
from .schema import COLUMN, CONTACT, ENTITIES, ORDER, STAMP

TRIES = 60


class Changes:
    """Goes between the events of a night and the world, so that the ledger records what really
    differs between two snapshots and not what somebody meant to do."""

    def __init__(self, world, dice):
        self.world = world
        self.dice = dice
        # entity -> key -> (record before the night or None, whether the key ever existed)
        self.before = {entity: {} for entity in ENTITIES}
        # entity -> key -> the record as it was when it vanished in an earlier night
        self.last_known = {entity: {} for entity in ENTITIES}
        self.reused = {}
        self.merged = {}

    def aside(self, stream):
        """:return Changes: the same night with dice of its own: what it does must not change the
        draws of the events that were there before it."""
        other = Changes(self.world, Dice(self.world.settings.seed, stream, self.world.night))
        other.before, other.last_known = self.before, self.last_known
        other.reused, other.merged = self.reused, self.merged
        return other

    def get(self, entity, key):
        return self.world.tables[entity].get(key)

    def put(self, entity, key, record):
        """Stores the record, stamped with tonight's date."""
        self._remember(entity, key)
        stamp = office_stamp(self.dice, self.world.today)
        if entity == ORDER:
            record.stamp = stamp
        else:
            record[COLUMN[entity][STAMP]] = stamp
        self.world.tables[entity].put(key, record)

    def remove(self, entity, key):
        self._remember(entity, key)
        self.world.tables[entity].remove(key, self.world.night)

    def touch(self, entity, key):
        """Changes the stamp and nothing else."""
        self.put(entity, key, self.copy(entity, key))

    def copy(self, entity, key):
        """:return: the present record, free to be changed and put."""
        record = self.get(entity, key)
        return record.copy() if entity == ORDER else list(record)

    def is_free(self, entity, key):
        """:return bool: present, untouched tonight, no stated defect, nobody merged into it."""
        world = self.world
        return (
            key not in self.before[entity]
            and not (entity == CONTACT and key in self.merged.values())
            and key not in world.defects[entity]
            and key not in world.never_sound[entity]
            and key not in world.tables[entity].gone
        )

    def choose(self, entity, number, accept=None, newest=1.0):
        """:param accept: function record → bool; :param float newest: share of the table, from its
        end, to choose from.
        :return list: up to ``number`` keys of free records, fewer when they are hard to find
        """
        table = self.world.tables[entity]
        everything = table.count + len(table.born)
        window = max(1, int(everything * newest))
        chosen = {}
        for _try in range(TRIES * number):
            if len(chosen) == number:
                break
            place = everything - 1 - self.dice.below(window)
            key = table.key_of(place) if place < table.count else table.born[place - table.count]
            if key in chosen or not self.is_free(entity, key):
                continue
            if accept is None or accept(table.get(key)):
                chosen[key] = None
        return list(chosen)

    def _remember(self, entity, key):
        if key not in self.before[entity]:
            table = self.world.tables[entity]
            self.before[entity][key] = (table.get(key), table.ever_existed(key))
            if key in table.gone:
                self.last_known[entity][key] = table.last_known(key)
