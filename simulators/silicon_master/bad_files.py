"""Writes the bad files that tests need, each from a good export of the same world."""

import os
import tempfile
from dataclasses import replace
from pathlib import Path

# Imported for what they register.
from . import bad_guards, bad_rows, bad_sheets, bad_whole  # noqa: F401
from .bad_file import BAD_FILES, HELD, LEGAL, SOME_ROWS, WHOLE_FILE, BadFile, Job
from .export import Dialect, export, file_name
from .names import FRENCH
from .schema import ENTITIES

__all__ = ["BAD_FILES", "HELD", "LEGAL", "SOME_ROWS", "WHOLE_FILE", "BadFile", "make_bad"]


def make_bad(kind, world, folder, dialect=None, attempt=0, entity=None):
    """Writes one bad file, under its temporary name first.

    :param str kind: one of ``BAD_FILES``
    :param Dialect dialect: of the file it is made from; the format is the one of the kind
    :param int attempt: number of exports of the same night before this one (makes the name)
    :param str entity: spoil this export instead of the usual one (kinds that fit every file)
    :return BadFile: what is bad, and where
    :raises ValueError: when there is no such kind
    """
    if kind not in BAD_FILES:
        raise ValueError(f"no bad file {kind!r}; there are: {', '.join(sorted(BAD_FILES))}")
    function = BAD_FILES[kind]
    entity = entity or function.entity
    if entity not in ENTITIES:
        raise ValueError(f"no export of {entity!r}; there are: {', '.join(ENTITIES)}")
    dialect = replace(
        dialect or Dialect(), format=function.format, names=FRENCH, split_orders=False, zipped=False
    )
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / file_name(entity, world, attempt, function.format)
    part = path.with_name(f".{path.name}.part")
    with tempfile.TemporaryDirectory() as scratch:
        good = export(world, scratch, dialect, attempt, (entity,))[entity]
        bad = function(Job(good, part, entity, dialect.encoding))
    os.replace(part, path)
    return replace(bad, path=path)
