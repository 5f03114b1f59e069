"""The ids that Meta gives: numbers as texts, and opaque texts safe in an address."""

import base64
import secrets


def _number(digits):
    return str(secrets.randbelow(9 * 10 ** (digits - 1)) + 10 ** (digits - 1))


def _text(length):
    return base64.urlsafe_b64encode(secrets.token_bytes(length)).decode().rstrip("=")


def person_id():
    """:return str: of a person, scoped to one page (PSID)"""
    return _number(16)


def message_id():
    """:return str: of a message, the same for everybody who sees it"""
    return f"m_{_text(64)}"


def conversation_id():
    """:return str: of a thread, in the Conversations API"""
    return f"t_{_number(17)}"


def attachment_id():
    """:return str: of an uploaded file"""
    return _number(16)


def trace_id():
    """:return str: of an error, for Meta's support"""
    return f"A{_text(17)[:22]}"


def token():
    """:return str: that grants access"""
    return f"EAA{_text(120)}"


def file_key():
    """:return str: of a file, in its link"""
    return _text(24)
