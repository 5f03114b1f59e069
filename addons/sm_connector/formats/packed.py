"""A delivery packed as zip: exactly one file, unpacked to a temporary file within bounds."""

import tempfile
import zipfile
from pathlib import PurePath
from typing import BinaryIO

from .base import FileError, FormatOptions

MAX_MEMBERS = 10
# Honest exports compress 5 to 60 times.
MAX_RATIO = 200
RATIO_FROM_BYTES = 16 * 2**20
_PIECE = 1 << 20
_SUFFIXES = (".csv", ".txt", ".xml", ".json", ".jsonl", ".ndjson")


def is_packed(stream: BinaryIO) -> bool:
    """Return whether a stream is a zip file; it is left at its start."""
    stream.seek(0)
    head = stream.read(4)
    stream.seek(0)
    return head == b"PK\x03\x04"


def unpack(stream: BinaryIO, name: str, options: FormatOptions) -> tuple[BinaryIO, str]:
    """Return the one file in a zip file, and its name.

    The temporary file is anonymous: it is gone when it is closed or dropped.

    :raises FileError: causes ``format``, ``truncated``, ``too_large`` and ``zip_bomb``
    """
    if stream.seek(0, 2) > options.max_bytes:
        raise FileError(name, "too_large", f"the file has more than {options.max_bytes:,} bytes")
    stream.seek(0)
    try:
        with zipfile.ZipFile(stream) as archive:
            member = _only_member(archive, name)
            _check_size(member, name, options)
            return _unpack_member(archive, member, name, options), member.filename
    except (zipfile.BadZipFile, EOFError, OSError, zipfile.zlib.error) as error:
        raise FileError(
            name,
            "truncated",
            f"the zip file is damaged or incomplete ({error})",
            "Nothing was changed. Deliver the file again.",
        ) from error
    except (NotImplementedError, RuntimeError) as error:
        raise _unfit(name, f"the zip file cannot be unpacked ({error})") from error


def _only_member(archive: zipfile.ZipFile, name: str) -> zipfile.ZipInfo:
    members = archive.infolist()
    if len(members) > MAX_MEMBERS:
        raise _bomb(name, f"has {len(members):,} files in it")
    if len(members) != 1:
        raise _unfit(name, f"the zip file has {len(members)} files in it instead of one")
    [member] = members
    inside = member.filename
    if member.flag_bits & 0x1:
        raise _unfit(name, "the file in the zip file has a password")
    if "/" in inside or "\\" in inside or inside.startswith("."):
        raise _unfit(name, "the file in the zip file lies in a folder")
    if PurePath(inside).suffix.lower() not in _SUFFIXES:
        raise _unfit(name, f"the file in the zip file is neither of: {', '.join(_SUFFIXES)}")
    return member


def _check_size(member: zipfile.ZipInfo, name: str, options: FormatOptions) -> None:
    unpacked, packed = member.file_size, member.compress_size or 1
    if unpacked > options.max_unzipped_bytes or (
        unpacked > RATIO_FROM_BYTES and unpacked > MAX_RATIO * packed
    ):
        raise _bomb(name, f"unpacks from {packed:,} to {unpacked:,} bytes")


def _unpack_member(
    archive: zipfile.ZipFile, member: zipfile.ZipInfo, name: str, options: FormatOptions
) -> BinaryIO:
    """Unpack, counting: what the archive says of its size need not be true."""
    target = tempfile.TemporaryFile()
    try:
        with archive.open(member) as source:
            size = 0
            while piece := source.read(_PIECE):
                size += len(piece)
                if size > min(member.file_size, options.max_unzipped_bytes):
                    raise _bomb(name, "unpacks to more bytes than it says")
                target.write(piece)
    except BaseException:
        target.close()
        raise
    target.seek(0)
    return target


def _unfit(name: str, what: str) -> FileError:
    return FileError(name, "format", what, "Pack one export per zip file, without password.")


def _bomb(name: str, what: str) -> FileError:
    return FileError(
        name,
        "zip_bomb",
        f"the zip file {what}, which is more than is allowed",
        "Nothing was read. If the export really is that large, deliver it unpacked.",
    )
