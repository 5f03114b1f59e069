"""One request to Graph: who asks, about which mailbox, and how he wants the answer."""

import json
import re
from urllib.parse import unquote

from aiohttp import web

from . import odata
from .errors import access_denied, bad_request
from .render import View

VERSION = "/v1.0"
#: Preferences that an answer confirms.
_APPLIED = {"idtype": "IdType", "outlook.body-content-type": "outlook.body-content-type"}
_KEYED = re.compile(r"([\w.$]+)\('((?:[^']|'')*)'\)")
_LITERALS = {
    name.lower(): name
    for name in (
        "me", "users", "messages", "mailFolders", "childFolders", "attachments", "subscriptions",
        "delta", "createReply", "createReplyAll", "createForward", "createUploadSession", "send",
        "sendMail", "reply", "replyAll", "forward", "move", "copy", "reauthorize",
        "translateExchangeIds", "$value", "$count",
    )
}  # fmt: skip


def segments(raw_path):
    """Takes a path apart: ``users('a')/messages/b`` is ``users, a, messages, b``.

    :param str raw_path: below the version, still encoded; :return list: of str"""
    found = []
    for part in raw_path.strip("/").split("/"):
        part = unquote(part)
        part = part.removeprefix("microsoft.graph.")
        keyed = _KEYED.fullmatch(part)
        if keyed:
            found += [keyed.group(1), keyed.group(2).replace("''", "'")]
        else:
            found.append(part.removesuffix("()"))
    return found


def shape(parts):
    """:param list parts: of :func:`segments`
    :return tuple: its pattern, such as ``users/*/messages/*/send``, and what stands for ``*``"""
    parts = list(parts)
    pattern, values = [], []
    if parts and parts[0].lower() == "me":
        parts[:1] = ["users", ""]
    expects_key = False
    for part in parts:
        name = _LITERALS.get(part.lower())
        if expects_key and not (
            name and name not in ("me", "users") and _is_function(pattern, name)
        ):
            pattern.append("*")
            values.append(part)
            expects_key = False
            continue
        pattern.append(name or part)
        expects_key = name in (
            "users", "messages", "mailFolders", "childFolders", "attachments", "subscriptions",
        )  # fmt: skip
    return "/".join(pattern), values


def _is_function(pattern, name):
    """Whether a word after a collection is a function of it, not the key of one of its members."""
    return (pattern[-1], name) in {
        ("messages", "delta"),
        ("messages", "$count"),
        ("mailFolders", "delta"),
        ("attachments", "createUploadSession"),
    }


class Call:
    """:param Request request: of aiohttp; :param Simulator simulator: that is asked
    :param Principal principal: who asks; :param Mailbox mailbox: about what, or None"""

    def __init__(self, request, simulator, principal, mailbox=None):
        self.request = request
        self.simulator = simulator
        self.principal = principal
        self.mailbox = mailbox
        self.preferences = odata.preferences(request.headers)

    @property
    def exchange(self):
        return self.simulator.exchange

    @property
    def base(self):
        """:return str: address of Graph, as this request reached it"""
        return f"{self.request.scheme}://{self.request.host}{VERSION}"

    def option(self, name):
        """:return str: of the query; the ``$`` may be missing, and case does not matter"""
        for key, value in self.request.query.items():
            if key.lower().lstrip("$") == name:
                return value
        return None

    def view(self):
        """:return View: of messages, as asked; :raises GraphError:"""
        expanded = odata.expand(self.option("expand"))
        extended = expanded.get("singlevalueextendedproperties")
        return View(
            odata.select(self.option("select")),
            self.preferences,
            None if extended is None else odata.expanded_properties(extended),
            "attachments" in expanded,
            self.exchange.unsafe_html,
        )

    async def body(self):
        """:return dict: JSON that was sent, empty without; :raises GraphError:"""
        text = await self.request.text()
        if not text.strip():
            return {}
        try:
            content = json.loads(text)
        except ValueError as error:
            raise bad_request(
                "Unable to read JSON request payload. Please ensure Content-Type header is set and "
                "payload is of valid JSON format.",
                "BadRequest",
            ) from error
        if not isinstance(content, dict):
            raise bad_request("Empty Payload. JSON content expected.", "BadRequest")
        return content

    def needs(self, *roles):
        """:raises GraphError: the token grants none of them"""
        if not self.principal.scopes.intersection(roles):
            raise access_denied()

    def answer(self, content, status=200, headers=None):
        """:return Response: JSON as Graph sends it"""
        text = json.dumps(content, ensure_ascii=False)
        content_type = (
            "application/json; odata.metadata=minimal; odata.streaming=true; charset=utf-8"
        )
        all_headers = {"Content-Type": content_type, "OData-Version": "4.0", **(headers or {})}
        applied = [
            f'{name}="{self.preferences[key]}"'
            for key, name in _APPLIED.items()
            if key in self.preferences
        ]
        if applied:
            all_headers.setdefault("Preference-Applied", ", ".join(applied))
        return web.Response(body=text.encode(), status=status, headers=all_headers)

    def message_answer(self, message, status=200, view=None):
        """:return Response: one message, with its context"""
        selected = f"({self.option('select')})" if self.option("select") else ""
        context = f"{self.base}/$metadata#users('{self.mailbox.guid}')/messages{selected}/$entity"
        content = {"@odata.context": context, **(view or self.view()).message(message)}
        return self.answer(content, status)
