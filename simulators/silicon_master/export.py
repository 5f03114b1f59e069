"""Writes today's snapshot: three files, each under a temporary name first."""

import os
import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from pathlib import Path

from .export_csv import write_csv
from .export_xlsx import write_xlsx
from .schema import ENTITIES, FILE_PREFIX, ORDER

ENCODINGS = ("cp1252", "utf-8", "utf-8-sig")
FORMATS = ("csv", "xlsx")
FIRST_EXPORT = time(23, 30)
OUR_FILES = re.compile(r"(CLIENTS|ARTICLES|COMMANDES)_\d{8}_\d{6}\.(csv|xlsx)")


@dataclass(frozen=True)
class Dialect:
    """How the files are written.

    :param str end_of_line: of the records; newlines inside cells stay a line feed
    :param bool blank_lines: sprinkle some
    :param bool padding: trailing spaces in some cells, codes included
    :param bool cell_newlines: keep the newlines inside quoted cells (else they become spaces)
    """

    format: str = "csv"
    encoding: str = "cp1252"
    end_of_line: str = "\r\n"
    blank_lines: bool = True
    padding: bool = True
    cell_newlines: bool = True

    def __post_init__(self):
        if self.format not in FORMATS:
            raise ValueError(f"format: one of {', '.join(FORMATS)}, not {self.format}")
        if self.encoding not in ENCODINGS:
            raise ValueError(f"encoding: one of {', '.join(ENCODINGS)}, not {self.encoding}")


def file_name(entity, world, attempt, extension):
    """:param int attempt: number of exports of the same night before this one."""
    moment = datetime.combine(world.today, FIRST_EXPORT) + timedelta(seconds=attempt)
    return f"{FILE_PREFIX[entity]}_{moment:%Y%m%d_%H%M%S}.{extension}"


def export(world, folder, dialect=None, attempt=0, entities=ENTITIES):
    """Writes the files of today. The same world writes the same bytes.

    :param int attempt: number of exports of the same night before this one (makes the name)
    :return dict: entity → path
    """
    dialect = dialect or Dialect()
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    write = write_csv if dialect.format == "csv" else write_xlsx
    paths = {}
    # Orders last, as the ERP does; the reader must not count on it.
    for entity in sorted(entities, key=lambda name: name == ORDER):
        path = folder / file_name(entity, world, attempt, dialect.format)
        part = path.with_name(f".{path.name}.part")
        write(world, entity, part, dialect)
        os.replace(part, path)
        paths[entity] = path
    return paths


def remove_leftovers(folder):
    """Removes the temporary files of an export that was killed. :param Path folder: drop folder."""
    for part in Path(folder).glob(".*.part"):
        if OUR_FILES.fullmatch(part.name[1 : -len(".part")]):
            part.unlink()
