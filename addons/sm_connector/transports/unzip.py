"""One file packed as a zip: unpacked onto the disk, within limits."""

import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import PurePosixPath
from typing import BinaryIO

from ..formats import FileError, FormatOptions

CHUNK = 1 << 20
SUFFIX = ".zip"
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


@contextmanager
def unzipped(stream: BinaryIO, name: str, options: FormatOptions) -> Iterator[tuple[BinaryIO, str]]:
    """Give the content and the name of the only file in a zip; of another file, what it is.

    :raises FileError: it is damaged, encrypted, holds several files, or unpacks to too much
    """
    if not name.lower().endswith(SUFFIX):
        yield stream, name
        return
    with tempfile.TemporaryFile() as target:
        try:
            with zipfile.ZipFile(stream) as archive:
                member = _only_member(archive, name)
                if member.file_size > options.max_unzipped_bytes:
                    raise _bomb(name, options)
                with archive.open(member) as source:
                    # what is announced may be a lie
                    while chunk := source.read(CHUNK):
                        if target.tell() + len(chunk) > options.max_unzipped_bytes:
                            raise _bomb(name, options)
                        target.write(chunk)
        except (zipfile.BadZipFile, EOFError, RuntimeError, NotImplementedError) as error:
            raise FileError(
                name, "format", "the zip file is damaged", "Deliver it again."
            ) from error
        target.seek(0)
        yield target, PurePosixPath(member.filename).name


def _only_member(archive: zipfile.ZipFile, name: str) -> zipfile.ZipInfo:
    members = [member for member in archive.infolist() if not member.is_dir()]
    if len(members) != 1:
        raise FileError(
            name, "format", f"the zip file holds {len(members)} files", "One is expected in each."
        )
    if members[0].flag_bits & 1 or members[0].compress_type not in _METHODS:
        raise FileError(name, "format", "the zip file is encrypted or packed in a rare way")
    return members[0]


def _bomb(name: str, options: FormatOptions) -> FileError:
    return FileError(
        name, "zip_bomb", f"it unpacks to more than {options.max_unzipped_bytes:,} bytes"
    )
