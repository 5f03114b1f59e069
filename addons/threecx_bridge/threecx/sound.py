"""Which kind of sound a file is. Pure."""

__all__ = ["sound_type"]

#: Kinds of sound that browsers play: the names servers give them, and the end of a file name.
_KINDS = {
    "audio/wav": ("audio/wav", ".wav"),
    "audio/wave": ("audio/wav", ".wav"),
    "audio/x-wav": ("audio/wav", ".wav"),
    "audio/vnd.wave": ("audio/wav", ".wav"),
    "audio/mpeg": ("audio/mpeg", ".mp3"),
    "audio/mp3": ("audio/mpeg", ".mp3"),
    "audio/ogg": ("audio/ogg", ".ogg"),
}


def sound_type(declared: str, head: bytes) -> tuple[str, str] | None:
    """The media type of a file and the end of its name; ``None`` when it is no known sound.

    :param declared: ``Content-Type``, which some servers leave at "some bytes"
    :param head: the first bytes of the file, at least twelve if it has them
    """
    name = declared.partition(";")[0].strip().lower()
    if name not in _KINDS and head[:4] == b"RIFF" and head[8:12] == b"WAVE":
        name = "audio/wav"
    elif name not in _KINDS and (head[:3] == b"ID3" or head[:2] in (b"\xff\xfb", b"\xff\xf3")):
        name = "audio/mpeg"
    elif name not in _KINDS and head[:4] == b"OggS":
        name = "audio/ogg"
    return _KINDS.get(name)
