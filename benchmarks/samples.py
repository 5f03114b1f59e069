"""Samples of an export, complete in themselves: children with their parents, orders with what
they refer to, and no row that an importer would have to refuse.

Odoo's `load()` keeps nothing of a batch with one bad row, so bad rows would measure that and not
its speed; they stay in the whole files that the nights are measured on.
"""

import csv
from collections.abc import Iterable, Iterator
from pathlib import Path

from .data import ENCODING, Export, World

TRAILER = "TOTAL"


def read(path: Path) -> Iterator[list[str]]:
    """Yield the rows of an export, header first, without blank lines and totals."""
    with path.open(encoding=ENCODING, newline="") as stream:
        for cells in csv.reader(stream, delimiter=";"):
            if cells and cells[0] != TRAILER:
                yield cells


def write(path: Path, header: list[str], rows: Iterable[list[str]]) -> Path:
    """Write rows as the master would, with the line of totals."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding=ENCODING, newline="") as stream:
        writer = csv.writer(stream, delimiter=";", lineterminator="\r\n")
        writer.writerow(header)
        count = 0
        for cells in rows:
            writer.writerow(cells)
            count += 1
        writer.writerow([TRAILER, count])
    return path


class Sampler:
    """Cuts samples out of the first export of a world.

    :param World world: whose export; its ledger tells the bad rows
    :param Path folder: where the samples are written
    """

    def __init__(self, world: World, folder: Path):
        self.export = world.first()
        self.folder = folder
        self.bad = {entity: world.defective(entity) for entity in ("contact", "article", "order")}

    def contacts(self, count: int) -> Path:
        """Cut a file of about ``count`` contacts, spread over the export, families complete."""
        header, *rows = read(self.export.path("contact"))
        families: dict[str, list] = {}
        for cells in rows:
            families.setdefault(cells[2].strip() or cells[0].strip(), []).append(cells)
        # a family: a top-level contact and its children, none of them bad, no grandchildren
        whole = [
            family
            for key, family in families.items()
            if any(cells[0].strip() == key and not cells[2].strip() for cells in family)
            and not any(cells[0].strip() in self.bad["contact"] for cells in family)
        ]
        chosen = [row for family in spread(whole, count, len) for row in family]
        return write(self._path("CLIENTS", count), header, chosen)

    def articles(self, count: int) -> Path:
        """Cut a file of ``count`` articles, spread over the export."""
        header, *rows = read(self.export.path("article"))
        good = [cells for cells in rows if cells[0].strip() not in self.bad["article"]]
        return write(self._path("ARTICLES", count), header, spread(good, count))

    def orders(self, count: int) -> tuple[Path, Path, Path]:
        """Cut a file of ``count`` orders, and of the contacts and articles they refer to."""
        header, *rows = read(self.export.path("order"))
        column = {name: place for place, name in enumerate(header)}
        orders: dict[str, list] = {}
        for cells in rows:
            if cells[0].strip() not in self.bad["order"]:
                orders.setdefault(cells[0].strip(), []).append(cells)
        chosen = [row for order in spread(list(orders.values()), count) for row in order]
        people = {
            cells[column[name]].strip()
            for cells in chosen
            for name in ("Code client", "Code livraison")
        }
        goods = {cells[column["Code article"]].strip() for cells in chosen}
        return (
            write(self._path("COMMANDES", count), header, chosen),
            self._referred("contact", "CLIENTS", count, people, parent=2),
            self._referred("article", "ARTICLES", count, goods),
        )

    def _referred(self, entity: str, prefix: str, count: int, keys: set[str], parent=None) -> Path:
        """Cut the rows of these keys, and of their parents."""
        header, *rows = read(self.export.path(entity))
        if parent is not None:
            keys = keys | {cells[parent].strip() for cells in rows if cells[0].strip() in keys}
        kept = [cells for cells in rows if cells[0].strip() in keys]
        return write(self._path(prefix, f"of-{count}-orders"), header, kept)

    def _path(self, prefix: str, what) -> Path:
        return self.folder / str(what) / f"{prefix}_20261102_233000.csv"


def changed_only(before: Export, after: Export, entity: str, path: Path) -> Path:
    """Write the rows of ``after`` whose record is not the same in ``before``.

    The rows of an order stand together, so an order that changed comes with all its lines.
    """
    _header, *old = read(before.path(entity))
    header, *new = read(after.path(entity))
    known, keys = {tuple(cells) for cells in old}, set()
    for cells in new:
        if tuple(cells) not in known:
            keys.add(cells[0].strip())
    return write(path, header, [cells for cells in new if cells[0].strip() in keys])


def spread(items: list, count: int, size=lambda item: 1) -> list:
    """Return items taken at even distances, until their sizes add up to ``count``."""
    total = sum(map(size, items))
    step = max(total / count, 1.0)
    chosen, seen, taken = [], 0, 0
    for item in items:
        if seen >= taken * step and taken < count:
            chosen.append(item)
            taken += size(item)
        seen += size(item)
    return chosen
