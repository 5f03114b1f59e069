"""Drafts: made, written, and sent."""

import base64
import binascii
import re
from html import escape

from aiohttp import web

from . import mime
from .clock import iso
from .errors import GraphError, bad_request
from .letter import Letter, html_of, prefixed
from .messages import WRITE
from .writing import fill

SEND = ("Mail.Send",)
_MAX_RECIPIENTS = 500


class Drafts:
    """What Graph offers to write with."""

    routes = (
        ("POST", "users/*/messages", "create"),
        ("POST", "users/*/mailFolders/*/messages", "create_in"),
        ("POST", "users/*/messages/*/createReply", "reply_draft"),
        ("POST", "users/*/messages/*/createReplyAll", "reply_all_draft"),
        ("POST", "users/*/messages/*/createForward", "forward_draft"),
        ("POST", "users/*/messages/*/send", "send"),
        ("POST", "users/*/messages/*/reply", "reply"),
        ("POST", "users/*/messages/*/replyAll", "reply_all"),
        ("POST", "users/*/sendMail", "send_mail"),
    )

    # -- new ones ------------------------------------------------------------------------------
    async def create(self, call, _user):
        call.needs(*WRITE)
        message = await self._new(call, await call.body())
        return call.message_answer(message, 201)

    async def create_in(self, call, _user, folder):
        call.needs(*WRITE)
        target = call.mailbox.folder(folder)
        message = await self._new(call, await call.body())
        call.mailbox.move(message, target)
        return call.message_answer(message, 201)

    async def _new(self, call, body):
        mailbox = call.mailbox
        letter = Letter(sender=mailbox.person, content_type="html")
        if mime_text := await _mime(call):
            letter = _read_mime(mime_text)
            letter.sender = mailbox.person
            letter.raw = b""
        message = call.exchange.draft(mailbox, letter)
        try:
            return fill(message, body)
        except GraphError:
            mailbox.remove(message)
            raise

    async def reply_draft(self, call, _user, key):
        return await self._answer_draft(call, key, "reply")

    async def reply_all_draft(self, call, _user, key):
        return await self._answer_draft(call, key, "all")

    async def forward_draft(self, call, _user, key):
        return await self._answer_draft(call, key, "forward")

    async def _answer_draft(self, call, key, how):
        call.needs(*WRITE)
        return call.message_answer(await self._answer(call, key, how), 201)

    async def _answer(self, call, key, how):
        answered = call.mailbox.find(key)
        mime_text = await _mime(call)
        body = {} if mime_text else await call.body()
        given = body.get("message") or {}
        if body.get("comment") and (given.get("body") or {}).get("content"):
            raise bad_request(
                "The Comment and Message.Body parameters cannot both be specified.",
                "ErrorInvalidRequest",
            )
        letter = self._letter(call, answered, how, str(body.get("comment") or ""))
        if mime_text:
            written = _read_mime(mime_text)
            letter.content, letter.content_type = written.content, written.content_type
            letter.files = written.files
        message = call.exchange.draft(call.mailbox, letter, answered)
        if how == "forward" and body.get("toRecipients"):
            given = {**given, "toRecipients": body["toRecipients"]}
        try:
            return fill(message, given)
        except GraphError:
            call.mailbox.remove(message)
            raise

    def _letter(self, call, answered, how, comment):
        original = answered.letter
        sender = call.mailbox.person
        content = quoted(original, comment)
        letter = call.exchange.answer(original, sender, content, "html", to_all=how == "all")
        # The pictures that the quoted text shows come along.
        letter.files = [file for file in answered.attachments.values() if file.is_inline]
        if how == "forward":
            letter.subject = prefixed("FW:", original.subject)
            letter.to, letter.cc = [], []
            letter.files = list(answered.attachments.values())
        return letter

    # -- sending -------------------------------------------------------------------------------
    async def send(self, call, _user, key):
        call.needs(*SEND)
        message = call.mailbox.find(key)
        if not message.is_draft:
            raise GraphError(
                400,
                "ErrorInvalidOperation",
                "The item cannot be sent. It is not a draft.",
            )
        self._send(call, message)
        return web.Response(status=202)

    def _send(self, call, message):
        letter = message.letter
        if not letter.recipients:
            raise GraphError(
                400,
                "ErrorInvalidRecipients",
                "At least one recipient isn't valid., A message can't be sent because it contains "
                "no recipients.",
            )
        for person in letter.recipients:
            if not re.fullmatch(r"[^@\s]+@[^@\s]+", person.address):
                raise GraphError(
                    400, "ErrorInvalidRecipients", "At least one recipient isn't valid."
                )
        if len(letter.recipients) > _MAX_RECIPIENTS:
            raise GraphError(400, "ErrorInvalidRecipients", "The message has too many recipients.")
        size = sum(file.size for file in message.attachments.values())
        if size > call.exchange.max_message:
            raise too_large()
        call.exchange.send(message)

    async def reply(self, call, _user, key):
        return await self._reply_now(call, key, "reply")

    async def reply_all(self, call, _user, key):
        return await self._reply_now(call, key, "all")

    async def _reply_now(self, call, key, how):
        call.needs(*SEND)
        self._send(call, await self._answer(call, key, how))
        return web.Response(status=202)

    async def send_mail(self, call, _user):
        call.needs(*SEND)
        body = await call.body()
        if "message" not in body:
            raise bad_request("The Message parameter is missing.", "ErrorInvalidParameter")
        message = await self._new(call, body["message"])
        self._send(call, message)
        if body.get("saveToSentItems", True) is False:
            call.mailbox.remove(message)
        return web.Response(status=202)


def quoted(letter, comment):
    """:return str: HTML of a draft that answers: what the rep says, a line, what was said"""
    people = escape(", ".join(map(str, letter.to)), quote=False)
    sender = escape(str(letter.sender), quote=False)
    inner = re.sub(r"(?is)^.*?<body[^>]*>|</body>.*$", "", letter.html)
    said = re.sub(r"(?is)^.*?<body[^>]*>|</body>.*$", "", html_of(comment)) if comment else ""
    return (
        '<html><head>\r\n<meta http-equiv="Content-Type" content="text/html; charset=utf-8">'
        f'</head><body>{said}<hr tabindex="-1" style="display:inline-block; width:98%">'
        '<div id="divRplyFwdMsg" dir="ltr"><font face="Calibri, sans-serif" color="#000000" '
        f'style="font-size:11pt"><b>From:</b> {sender}<br><b>Sent:</b> {iso(letter.date)}<br>'
        f"<b>To:</b> {people}<br><b>Subject:</b> {escape(letter.subject)}</font>"
        "<div>&nbsp;</div></div>"
        f"{inner}</body></html>"
    )


def too_large():
    """:return GraphError: more than a message may carry"""
    return GraphError(
        413,
        "ErrorMessageSizeExceeded",
        "The message exceeds the maximum supported size.",
    )


async def _mime(call):
    """:return str: base64 of MIME, when the request is of that kind"""
    if call.request.content_type != "text/plain":
        return ""
    return (await call.request.text()).strip()


def _read_mime(text):
    try:
        return mime.read(base64.b64decode("".join(text.split()), validate=True))
    except (binascii.Error, ValueError) as error:
        raise bad_request(
            "Invalid base64 string for MIME content.", "ErrorMimeContentInvalidBase64String"
        ) from error
