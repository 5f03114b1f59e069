"""The rows of one entity: computed first-day rows, plus only what changed since."""


class Table:
    """A mapping of key → record which keeps nothing for the records that never changed.

    Records are never changed in place: who wants another one puts another one.
    """

    def __init__(self, count, key_of, index_of, make):
        """:param int count: of the first-day records; :param make: function index → record."""
        self.count = count
        self.key_of = key_of
        self._index_of = index_of
        self._make = make
        self.changed = {}  # key -> record that replaces the computed one, or was born later
        self.born = []  # keys that did not exist on the first day, in the order of their birth
        self.gone = {}  # key -> night in which it vanished

    def first_day_index(self, key):
        """:return int: or None for a key that did not exist on the first day."""
        index = self._index_of(key)
        return index if index is not None and index < self.count else None

    def get(self, key):
        """:return: the present record, or None."""
        if key in self.gone:
            return None
        record = self.changed.get(key)
        if record is None:
            index = self.first_day_index(key)
            record = None if index is None else self._make(index)
        return record

    def ever_existed(self, key):
        return key in self.changed or key in self.gone or self.first_day_index(key) is not None

    def put(self, key, record):
        """Replaces, creates or brings back."""
        if not self.ever_existed(key):
            self.born.append(key)
        self.gone.pop(key, None)
        self.changed[key] = record

    def remove(self, key, night):
        self.changed[key] = self.get(key)
        self.gone[key] = night

    def last_known(self, key):
        """:return: the record as it was when it vanished."""
        return self.changed[key]

    def __iter__(self):
        """:return: pairs of key and record, in an order that never changes."""
        for index in range(self.count):
            key = self.key_of(index)
            if key in self.gone:
                continue
            record = self.changed.get(key)
            yield key, self._make(index) if record is None else record
        for key in self.born:
            if key not in self.gone:
                yield key, self.changed[key]

    def __len__(self):
        return self.count + len(self.born) - len(self.gone)

    def to_json(self, encode):
        """:param encode: function record → what JSON can carry."""
        return {
            "changed": {key: encode(record) for key, record in self.changed.items()},
            "born": self.born,
            "gone": self.gone,
        }

    def load_json(self, data, decode):
        self.changed = {key: decode(record) for key, record in data["changed"].items()}
        self.born = list(data["born"])
        self.gone = dict(data["gone"])
