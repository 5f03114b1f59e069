import pytest

from odoo.addons.threecx_bridge.threecx.sound import sound_type

WAV = b"RIFF\x24\x00\x00\x00WAVE"


@pytest.mark.parametrize(
    ("declared", "head", "found"),
    [
        ("audio/wav", WAV, ("audio/wav", ".wav")),
        ("Audio/X-WAV; charset=binary", b"", ("audio/wav", ".wav")),
        ("audio/mpeg", b"ID3", ("audio/mpeg", ".mp3")),
        ("application/octet-stream", WAV, ("audio/wav", ".wav")),
        ("", b"\xff\xfb\x90\x00", ("audio/mpeg", ".mp3")),
        ("binary/octet-stream", b"OggS\x00", ("audio/ogg", ".ogg")),
        ("text/html", b"<html><script>", None),
        ("image/svg+xml", b"<svg>", None),
        ("application/json", b'{"error": {}}', None),
        ("audio/html", b"<html>", None),
        ("application/octet-stream", b"RIFF\x24\x00\x00\x00AVI ", None),
        ("", b"", None),
    ],
)
def test_sound_type(declared, head, found):
    assert sound_type(declared, head) == found
