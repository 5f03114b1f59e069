"""Writes today's snapshot: four files, each under a temporary name first."""

import os
import re
import zipfile
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from pathlib import Path

from .export_csv import write_csv
from .export_text import write_text
from .export_xlsx import write_xlsx
from .names import ENGLISH, FRENCH, NAMES, parts_of
from .schema import ENTITIES, FILE_PREFIX, ORDER

ENCODINGS = ("cp1252", "utf-8", "utf-8-sig")
WRITERS = {
    "csv": write_csv,
    "xlsx": write_xlsx,
    "xml": write_text,
    "json": write_text,
    "jsonl": write_text,
}
FORMATS = tuple(WRITERS)
FIRST_EXPORT = time(23, 30)
OUR_FILES = re.compile(
    r"(CLIENTS|ARTICLES|COMMANDES|LIGNES|DOSSIERS)_\d{8}_\d{6}"
    rf"\.({'|'.join(FORMATS)})(\.zip)?"
)
ZIP_MOMENT = (2026, 1, 1, 0, 0, 0)  # or no two archives would be equal


@dataclass(frozen=True)
class Dialect:
    """How the files are written.

    :param str end_of_line: of the records; newlines inside cells stay a line feed
    :param bool blank_lines: sprinkle some
    :param bool padding: trailing spaces in some cells, codes included
    :param bool cell_newlines: keep the newlines inside quoted cells (else they become spaces)
    :param str names: ``fr`` (French headers, flat) or ``en_nested`` (see ``names.py``)
    :param bool split_orders: a file of headers and a file of lines
    :param bool zipped: each file alone in an archive
    :param str marker: suffix of an empty file which says that the other one is complete; nothing
        is renamed then
    """

    format: str = "csv"
    encoding: str = "cp1252"
    end_of_line: str = "\r\n"
    blank_lines: bool = True
    padding: bool = True
    cell_newlines: bool = True
    names: str = FRENCH
    split_orders: bool = False
    zipped: bool = False
    marker: str = ""

    def __post_init__(self):
        if self.names not in NAMES:
            raise ValueError(f"names: one of {', '.join(NAMES)}, not {self.names}")
        if self.names == ENGLISH and self.split_orders:
            raise ValueError("orders in two files exist with French names only")
        if self.format not in FORMATS:
            raise ValueError(f"format: one of {', '.join(FORMATS)}, not {self.format}")
        if self.encoding not in ENCODINGS:
            raise ValueError(f"encoding: one of {', '.join(ENCODINGS)}, not {self.encoding}")


def file_name(entity, world, attempt, extension):
    """:param int attempt: number of exports of the same night before this one."""
    return f"{FILE_PREFIX[entity]}_{moment_of(world, attempt):%Y%m%d_%H%M%S}.{extension}"


def moment_of(world, attempt=0):
    """:return datetime: of an export, local time of the master."""
    return datetime.combine(world.today, FIRST_EXPORT) + timedelta(seconds=attempt)


def export(world, folder, dialect=None, attempt=0, entities=ENTITIES):
    """Writes the files of today. The same world writes the same bytes.

    :param int attempt: number of exports of the same night before this one (makes the name)
    :return dict: entity → path; the file of order lines, if any, under ``line``
    """
    dialect = dialect or Dialect()
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    moment = moment_of(world, attempt)
    paths = {}
    # Orders last, as the ERP does; the reader must not count on it.
    for entity in sorted(entities, key=lambda name: name == ORDER):
        for part in parts_of(entity, dialect.split_orders):
            name = f"{part.prefix}_{moment:%Y%m%d_%H%M%S}.{dialect.format}"
            paths[part.key] = _write_file(world, part, folder, name, dialect, moment)
    return paths


def _write_file(world, part, folder, name, dialect, moment):
    """:return Path: of the complete file."""
    path = folder / (f"{name}.zip" if dialect.zipped else name)
    marker = path.with_name(f"{path.name}{dialect.marker}") if dialect.marker else None
    if marker:
        marker.unlink(missing_ok=True)
    working = path if marker else path.with_name(f".{path.name}.part")
    WRITERS[dialect.format](world, part, working, dialect, moment)
    if dialect.zipped:
        _pack(working, name)
    if marker:
        marker.touch()
    else:
        os.replace(working, path)
    return path


def _pack(path, name):
    """Replaces a file by an archive that holds it."""
    content = path.read_bytes()
    member = zipfile.ZipInfo(name, ZIP_MOMENT)
    member.compress_type = zipfile.ZIP_DEFLATED
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(member, content)


def remove_leftovers(folder):
    """Removes the temporary files of an export that was killed. :param Path folder: drop folder."""
    for part in Path(folder).glob(".*.part"):
        if OUR_FILES.fullmatch(part.name[1 : -len(".part")]):
            part.unlink()
