"""Bytes of one delivery → header and rows of text cells.

A format knows how a file is *written*; what its columns *mean* is the contract's business. Nothing
in this package touches the database or the network, and the disk only for temporary files.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import PurePath
from typing import BinaryIO

from .base import Defect, FileError, FormatOptions, Reader
from .csv_format import CsvFormat
from .joined import JoinedReader
from .json_format import JsonFormat
from .packed import is_packed, unpack
from .pages import PagedReader
from .xlsx_format import XlsxFormat
from .xml_format import XmlFormat

__all__ = [
    "FORMATS",
    "CsvFormat",
    "Defect",
    "FileError",
    "FormatOptions",
    "JoinedReader",
    "JsonFormat",
    "PagedReader",
    "Reader",
    "XlsxFormat",
    "XmlFormat",
    "detect_format",
    "get_format",
    "open_joined",
    "open_reader",
]

FORMATS: dict[str, type[Reader]] = {
    "csv": CsvFormat,
    "xlsx": XlsxFormat,
    "xml": XmlFormat,
    "json": JsonFormat,
}
PACKED = "zip"

_BY_SUFFIX = {
    ".csv": "csv",
    ".txt": "csv",
    ".xlsx": "xlsx",
    ".xlsm": "xlsx",
    ".xml": "xml",
    ".json": "json",
    ".jsonl": "json",
    ".ndjson": "json",
    ".zip": PACKED,
}


def get_format(kind: str) -> type[Reader]:
    """Return the reader class of a format; ``KeyError`` names the formats that exist."""
    try:
        return FORMATS[kind]
    except KeyError:
        raise KeyError(f"unknown format {kind!r}; known: {', '.join(sorted(FORMATS))}") from None


def detect_format(name: str) -> str:
    """Return the format a file name stands for; ``zip`` is known by what is in the file.

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


def open_reader(
    kind: str,
    streams: list[BinaryIO],
    name: str,
    options: FormatOptions,
    on_defect: Callable[[Defect], None],
) -> Reader:
    """Return the reader of one delivery.

    A zip file holding one csv, XML or JSON file is unpacked first, whatever ``kind`` says.

    :param kind: a format, or ``zip``: that of the file in the zip file
    :param streams: seekable binary files; several are the pages of the delivery
    :param name: file name, for messages and to tell JSON from JSON Lines
    :param on_defect: called for each row that cannot be read
    :raises FileError: the delivery cannot be used
    """
    open_page = partial(_open_page, kind)
    if len(streams) == 1:
        return open_page(streams[0], name, options, on_defect)
    if not streams:
        raise FileError(name, "empty", "the delivery has no page")
    return PagedReader(open_page, streams, name, options, on_defect)


def open_joined(
    kind: str,
    headers: tuple[list[BinaryIO], str],
    lines: tuple[list[BinaryIO], str],
    options: FormatOptions,
    on_defect: Callable[[Defect], None],
    header_key: str = "",
    line_key: str = "",
) -> JoinedReader:
    """Return the reader of a header file and its lines file.

    Each is read with the columns it shows: which of the wanted ones is whose is not known.

    :param kind: format of both
    :param headers: (streams, name) of the header file
    :param lines: (streams, name) of the lines file
    :param header_key: column that says to which header a line belongs; ``""`` = the first column
    :param line_key: the same in the lines file; ``""`` = the column of the same name
    """

    def opener(part: tuple[list[BinaryIO], str]) -> Callable[..., Reader]:
        return partial(open_reader, kind, *part, replace(options, only_shown=True, required=()))

    return JoinedReader(opener(headers), opener(lines), on_defect, header_key, line_key)


def _open_page(
    kind: str,
    stream: BinaryIO,
    name: str,
    options: FormatOptions,
    on_defect: Callable[[Defect], None],
) -> Reader:
    if kind != "xlsx" and is_packed(stream):
        stream, inside = unpack(stream, name, options)
        if kind == PACKED:
            kind = detect_format(inside)
        name = f"{name} ({inside})"
    elif kind == PACKED:
        raise FileError(name, "format", "this is not a zip file")
    return get_format(kind)(stream, name, options, on_defect)
