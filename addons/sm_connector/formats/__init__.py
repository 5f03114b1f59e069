"""Bytes of one delivered file → header and rows of text cells.

A format knows how a file is *written*; what its columns *mean* is the contract's business. Nothing
in this package touches the database, the network or the disk.
"""

from collections.abc import Callable, Sequence
from pathlib import PurePath
from typing import BinaryIO

from .base import Defect, FileError, FormatOptions, Reader
from .csv_format import CsvFormat
from .xlsx_format import XlsxFormat

__all__ = [
    "FORMATS",
    "CsvFormat",
    "Defect",
    "FileError",
    "FormatOptions",
    "Reader",
    "XlsxFormat",
    "detect_format",
    "get_format",
    "open_reader",
]

FORMATS: dict[str, type[Reader]] = {"csv": CsvFormat, "xlsx": XlsxFormat}

_BY_SUFFIX = {".csv": "csv", ".txt": "csv", ".xlsx": "xlsx", ".xlsm": "xlsx"}


def get_format(kind: str) -> type[Reader]:
    """Return the reader class of a format; ``KeyError`` names the formats that exist."""
    try:
        return FORMATS[kind]
    except KeyError:
        raise KeyError(f"unknown format {kind!r}; known: {', '.join(sorted(FORMATS))}") from None


def open_reader(
    kind: str,
    streams: Sequence[BinaryIO],
    name: str,
    options: FormatOptions,
    on_defect: Callable[[Defect], None],
) -> Reader:
    """Return the reader of a delivery; several streams are its pages, in order."""
    [stream] = streams
    return get_format(kind)(stream, name, options, on_defect)


def detect_format(name: str) -> str:
    """Return the format a file name stands for.

    :raises FileError: cause ``format`` when the extension is none we read
    """
    suffix = PurePath(name).suffix.lower()
    if suffix not in _BY_SUFFIX:
        raise FileError(
            name,
            "format",
            f"the extension {suffix or '(none)'} is not one that is read here",
            f"Export the file as one of: {', '.join(sorted(_BY_SUFFIX))}.",
        )
    return _BY_SUFFIX[suffix]
