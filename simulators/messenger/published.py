"""The shapes that Meta published: samples with their source, and the fields that a page names.

Sources are paths below ``developers.facebook.com/docs/messenger-platform`` (today
``documentation/business-messaging/messenger-platform``), or a thread on GitHub in which somebody
shows what he got. The samples themselves are in ``published.json``; tests hold the shapes to them,
and the simulator to the shapes. Samples say neither which fields are always there nor, mostly, what
becomes of a file's ``payload``; what nobody published is marked †.
"""

import json
from pathlib import Path

TEXT, WHOLE, FLAG, ANY = "text", "whole", "flag", "any"
SAMPLES = json.loads(Path(__file__).with_name("published.json").read_text(encoding="utf-8"))

_END = {"id": TEXT}
_BASE = {"sender": _END, "recipient": _END, "timestamp": WHOLE}
_REFERRAL = {
    "source": TEXT,
    "type": TEXT,
    "ref?": TEXT,
    "ad_id?": TEXT,
    "referer_uri?": TEXT,
    "ads_context_data?": {
        "ad_title": TEXT, "photo_url?": TEXT, "video_url?": TEXT, "post_id": TEXT,
        "product_id?": TEXT, "flow_id?": TEXT,
    },
}  # fmt: skip
_ATTACHMENT = {
    "type": TEXT,
    "title?": TEXT,
    "url?": TEXT,
    "payload?": {
        "url?": TEXT, "title?": TEXT, "sticker_id?": WHOLE, "template_type?": TEXT, "text?": TEXT,
        "buttons?": [ANY], "elements?": [ANY],
    },
}  # fmt: skip
_REPLY = {"mid": TEXT, "is_self_reply?": FLAG}
_CONTENT = {
    "mid": TEXT, "text?": TEXT, "attachments?": [_ATTACHMENT], "reply_to?": _REPLY,
    "quick_reply?": {"payload": TEXT}, "referral?": _REFERRAL,
}  # fmt: skip
_ECHO = {
    "is_echo": FLAG, "app_id?": WHOLE, "metadata?": TEXT, "mid": TEXT, "text?": TEXT,
    "attachments?": [_ATTACHMENT], "reply_to?": _REPLY,
}  # fmt: skip
_HANDOVER = {"previous_owner_app_id": ANY, "new_owner_app_id": ANY, "metadata?": TEXT}

#: By name: the fields of an object. ``?``: it may be absent.
SHAPES = {
    "message": {**_BASE, "message": _CONTENT},
    "echo": {**_BASE, "message": _ECHO},
    "edit": {**_BASE, "message_edit": {"mid": TEXT, "text": TEXT, "num_edit": WHOLE}},
    "reaction": {
        **_BASE,
        "reaction": {"mid": TEXT, "action": TEXT, "reaction?": TEXT, "emoji?": TEXT},
    },
    # Only here the samples have no timestamp.
    "delivery": {
        "sender": _END, "recipient": _END, "timestamp?": WHOLE,
        "delivery": {"watermark": WHOLE, "mids?": [TEXT]},
    },
    "read": {**_BASE, "read": {"watermark": WHOLE}},
    "postback": {
        **_BASE,
        # In standby without its payload (webhooks/webhook-events/standby).
        "postback": {"mid": TEXT, "title": TEXT, "payload?": TEXT, "referral?": _REFERRAL},
    },
    "referral": {**_BASE, "referral": _REFERRAL},
    "pass": {**_BASE, "pass_thread_control": _HANDOVER},
    "take": {**_BASE, "take_thread_control": _HANDOVER},
    # †: the field's name is published, not its sample.
    "request": {
        **_BASE,
        "request_thread_control": {"requested_owner_app_id": TEXT, "metadata?": TEXT},
    },
    "policy": {
        "recipient": _END,
        "timestamp": WHOLE,
        "policy_enforcement": {"action": TEXT, "reason?": TEXT},
    },
    "entry": {"id": TEXT, "time": WHOLE, "messaging?": [ANY], "standby?": [ANY]},
    "webhook": {"object": TEXT, "entry": [ANY]},
    "error": {
        "error": {"message": TEXT, "type": TEXT, "code": WHOLE, "error_subcode?": WHOLE,
                  "fbtrace_id": TEXT},
    },
    "sent": {"recipient_id": TEXT, "message_id": TEXT, "attachment_id?": TEXT},
    "uploaded": {"attachment_id": TEXT},
    "conversations": {"data": [ANY], "paging?": ANY},
    # The guide has UNIX-TIMESTAMP here, live answers are ISO 8601.
    "conversation": {
        "id": TEXT, "updated_time?": TEXT, "participants?": ANY, "messages?": ANY, "link?": TEXT,
        "message_count?": WHOLE, "unread_count?": WHOLE,
    },
    # †: fields of the Graph API's reference, answers of live pages.
    "conversation message": {
        "id": TEXT, "created_time?": TEXT, "from?": {"name": TEXT, "email": TEXT, "id": TEXT},
        "to?": {"data": [ANY]}, "message?": TEXT, "attachments?": {"data": [ANY]}, "tags?": ANY,
        "sticker?": TEXT, "reply_to?": ANY,
    },
    "owner": {"data": [ANY]},
    "profile": {"id": TEXT, "first_name?": TEXT, "last_name?": TEXT, "name?": TEXT,
                "profile_pic?": TEXT},
}  # fmt: skip

#: By which field of an event it is known, which shape it has.
KINDS = {
    "message_edit": "edit",
    "reaction": "reaction",
    "delivery": "delivery",
    "read": "read",
    "postback": "postback",
    "referral": "referral",
    "pass_thread_control": "pass",
    "take_thread_control": "take",
    "request_thread_control": "request",
    "policy_enforcement": "policy",
}

_CHECKS = {
    TEXT: lambda value: isinstance(value, str),
    WHOLE: lambda value: isinstance(value, int) and not isinstance(value, bool),
    FLAG: lambda value: isinstance(value, bool),
    ANY: lambda _value: True,
}


def kind_of(event):
    """:return str: key of :data:`SHAPES` for an event of a webhook"""
    if "message" in event:
        return "echo" if event["message"].get("is_echo") else "message"
    return next(kind for name, kind in KINDS.items() if name in event)


def differences(payload, shape, where=""):
    """:param shape: key of :data:`SHAPES`, or a part of one
    :return list: of str, what does not fit; a field that nobody published is one"""
    if isinstance(shape, str) and shape in SHAPES:
        shape = SHAPES[shape]
    if isinstance(shape, str):
        return [] if _CHECKS[shape](payload) else [f"{where}: {payload!r} is no {shape}"]
    if isinstance(shape, list):
        if not isinstance(payload, list):
            return [f"{where}: {payload!r} is no list"]
        return [text for one in payload for text in differences(one, shape[0], f"{where}[]")]
    if not isinstance(payload, dict):
        return [f"{where}: {payload!r} is no object"]
    known = {name.rstrip("?"): part for name, part in shape.items()}
    found = [f"{where}.{name}: not published" for name in payload if name not in known]
    found += [
        f"{where}.{name}: is not there"
        for name in shape
        if not name.endswith("?") and name not in payload
    ]
    for name, part in known.items():
        if name in payload:
            found += differences(payload[name], part, f"{where}.{name}")
    return found
