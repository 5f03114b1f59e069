"""The ids that Exchange gives: opaque, case-sensitive, safe in an address."""

import base64
import secrets
import struct
import time


def _text(length):
    return base64.urlsafe_b64encode(secrets.token_bytes(length)).decode()


def default_id():
    """:return str: of a message, a folder or an attachment; another one after each move"""
    return f"AAMkAG{_text(108)}AAA="


def immutable_id():
    """:return str: of a message, as long as it lies in this mailbox"""
    return f"AAkALgAAAAAAHYQDEapmEc2byACqAC-EWg0A{_text(48)}AA=="


def attachment_id():
    """:return str:"""
    return f"AAMkAG{_text(129)}="


def conversation_id():
    """:return str: of a thread, within one mailbox"""
    return f"AAQkAG{_text(30)}="


def change_key():
    """:return str: another one after each change"""
    return f"CQAAABYAAA{_text(21)}"


def first_index():
    """:return bytes: of the message that begins a thread: a FILETIME and an id, 22 bytes"""
    filetime = int((time.time() + 11_644_473_600) * 10_000_000)
    return b"\x01" + struct.pack(">Q", filetime)[:5] + secrets.token_bytes(16)


def next_index(index):
    """:param bytes index: of the message answered; :return bytes: five bytes more"""
    return index + secrets.token_bytes(5)
