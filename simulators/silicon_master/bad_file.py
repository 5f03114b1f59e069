"""What a bad file is, and the registry of all kinds of them."""

from dataclasses import dataclass
from pathlib import Path

from .schema import CONTACT

WHOLE_FILE = "file"  # nothing of the file may be applied
SOME_ROWS = "row"  # the rows named are parked, the others go on
HELD = "held"  # nothing of the file may be applied unless a person says so
LEGAL = "legal"  # strange, but to be read like any other file

BAD_FILES = {}


@dataclass(frozen=True)
class BadFile:
    """What is bad about a file, and where.

    :param int line: of the file, the header being line 1 (first line of the bad record); in a
        spreadsheet the row number; None when it is the file as a whole
    :param str key: of the record; :param str field: header of the column; :param str value: in it
    :param int count: number of bad rows
    """

    path: Path
    entity: str
    level: str
    line: int = None
    key: str = None
    field: str = None
    value: str = None
    count: int = 1


@dataclass(frozen=True)
class Job:
    """What the maker of a bad file gets.

    :param Path good: a complete export, not to be changed; :param Path bad: to be written
    """

    good: Path
    bad: Path
    entity: str
    encoding: str

    def result(self, level, **where):
        return BadFile(self.bad, self.entity, level, **where)


def bad_file(entity=CONTACT, format="csv"):
    """Registers a function :class:`Job` → :class:`BadFile` under its own name.

    :param str entity: whose export is spoilt unless somebody asks for another one
    :param str format: the one in which this defect exists
    """

    def register(function):
        function.entity = entity
        function.format = format
        BAD_FILES[function.__name__] = function
        return function

    return register
