"""All records of one entity as text, rendered once and read page by page."""

import os
import tempfile
import threading
import weakref
from array import array

from .export import Dialect, moment_of
from .names import whole
from .render import renderer
from .schema import COLUMN, STAMP
from .shape import shaped_records
from .values import iso

PLAIN = {"encoding": "utf-8", "blank_lines": False, "padding": False}


class Catalogue:
    """The records lie in a temporary file: half a million of them need no memory here."""

    def __init__(self, world, entity, file_format, names):
        self.moment = moment_of(world)
        dialect = Dialect(file_format, names=names, **PLAIN)
        self.text = renderer(whole(entity), dialect)
        self.stamps = []  # ISO texts, in the order of the records
        self._separator = self.text.separator.encode()
        self._starts = array("Q", [0])
        self._file = tempfile.TemporaryFile()
        weakref.finalize(self, self._file.close)
        self._chosen = {}
        place = COLUMN[entity][STAMP]
        for rows in shaped_records(world, entity, dialect):
            written = self._file.write(self.text.piece(rows).encode() + self._separator)
            self._starts.append(self._starts[-1] + written)
            self.stamps.append(iso(rows[0][place]))
        self._file.flush()

    def since(self, stamp):
        """:param str stamp: ISO text, or None for everything.
        :return: sequence of the places of the records changed then or later"""
        if stamp is None:
            return range(len(self.stamps))
        if stamp not in self._chosen:
            self._chosen[stamp] = [place for place, at in enumerate(self.stamps) if at >= stamp]
        return self._chosen[stamp]

    def page(self, places, count, cursor=None):
        """:param places: of the records; :param int count: of the records on all pages.
        :return bytes: a document of its own"""
        if isinstance(places, range):
            pieces = self._read(places.start, places.stop)
        else:
            pieces = b"".join(self._read(place, place + 1) for place in places)
        if self._separator:
            pieces = pieces.removesuffix(self._separator)
        head = self.text.head(count, self.moment, cursor).encode()
        return head + pieces + self.text.tail().encode()

    def _read(self, first, last):
        start, stop = self._starts[first], self._starts[max(first, last)]
        return os.pread(self._file.fileno(), stop - start, start)


class Shelf:
    """The catalogues of the present night."""

    def __init__(self, house):
        self._house = house
        self._lock = threading.Lock()
        self._night = None
        self._catalogues = {}

    def get(self, entity, file_format, names):
        """:return tuple: night and :class:`Catalogue`, made when nobody asked for it before."""
        with self._house.lock, self._lock:
            world = self._house.world
            if self._night != world.night:
                # Not closed: another thread may be reading. The file goes with its last reader.
                self._night, self._catalogues = world.night, {}
            key = (entity, file_format, names)
            if key not in self._catalogues:
                self._catalogues[key] = Catalogue(world, *key)
            return world.night, self._catalogues[key]
