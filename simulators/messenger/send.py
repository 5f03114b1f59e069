"""The Send API: messages of a page, what Meta takes of them, and when."""

import asyncio

import aiohttp
from aiohttp import web

from .call import answer
from .errors import MetaError, bad_parameter
from .files import KINDS, MOST, File, kind_of
from .world import Message

#: Characters of a text, and of what an application notes to itself.
TEXT_LIMIT, METADATA_LIMIT = 2000, 1000
TYPES = {"RESPONSE", "UPDATE", "MESSAGE_TAG", "UTILITY"}
HUMAN = "HUMAN_AGENT"
#: Refused since 2026-04-27 (erxes/erxes#9177).
RETIRED = {"CONFIRMED_EVENT_UPDATE", "POST_PURCHASE_UPDATE", "ACCOUNT_UPDATE"}
ACTIONS = {"typing_on", "typing_off", "mark_seen"}
#: Of a request: what it made the page say.
SENT = web.RequestKey("sent", Message)
_ECHO_SECONDS = 5  # of the world, for which an answer waits for its echo
_FETCH_SECONDS = 10


class SendApi:
    """:param Simulator simulator: whose people are written to"""

    def __init__(self, simulator):
        self.simulator = simulator
        self.world = simulator.world

    # -- one call ------------------------------------------------------------------------------
    async def send(self, call, key):
        """``POST /{page}/messages``. :return Response:; :raises MetaError: it is refused"""
        page = call.of_page(key)
        person = self._recipient(call, page)
        if call.values.get("sender_action"):
            return self._act(call, person)
        values, is_reusable = await self._read(call, person)
        self._allow(call, person)
        world = self.world
        if not world.owner(person):
            # Who answers first has the thread; nobody is told when it was free.
            world.give(person, world.app_id)
        message, notices = self.simulator.acts.answer(
            person, "app", app_id=world.app_id, answered=False, **values
        )
        if self.simulator.faults.happens("echo_before_answer"):
            await self.simulator.courier.told(notices, _ECHO_SECONDS)
        content = {"recipient_id": person.psid, "message_id": message.mid}
        if is_reusable:
            content["attachment_id"] = self.simulator.files.keep(message.files[0])
        call.request[SENT] = message
        return answer(content)

    async def upload(self, call, key):
        """``POST /{page}/message_attachments``. :return Response:"""
        call.of_page(key)
        file, is_reusable = await self._attachment(call, call.object("message").get("attachment"))
        if not is_reusable:
            raise bad_parameter("Param is_reusable must be true")
        return answer({"attachment_id": self.simulator.files.keep(file)})

    def _recipient(self, call, page):
        recipient = call.object("recipient")
        if not recipient.get("id"):
            raise bad_parameter("The parameter recipient is required")
        person = call.person(page, recipient["id"])
        if person.is_blocked:
            raise MetaError(551)
        return person

    def _act(self, call, person):
        if call.values.get("message"):
            raise MetaError(
                100, 2018049, "(#100) Cannot send both message and state at the same time."
            )
        action = call.values["sender_action"]
        if action not in ACTIONS:
            raise bad_parameter(f"Param sender_action must be one of {', '.join(sorted(ACTIONS))}")
        if action != "mark_seen":
            person.is_typed_to = action == "typing_on"
            self.simulator.changed()
        return answer({"recipient_id": person.psid})

    # -- what it says --------------------------------------------------------------------------
    async def _read(self, call, person):
        """:return dict: of the message; bool: whether its file is kept"""
        message = call.object("message")
        text, attachment = message.get("text"), message.get("attachment")
        if not text and not attachment:
            raise MetaError(100, 2018034)
        if text and attachment:
            raise bad_parameter("Param message must have text or attachment, not both")
        metadata = str(message.get("metadata") or "")
        if len(metadata) >= METADATA_LIMIT:
            raise bad_parameter(
                f"Length of param message[metadata] must be less than {METADATA_LIMIT}"
            )
        values = {
            "metadata": metadata,
            "tag": str(call.values.get("tag") or ""),
            "quick_replies": message.get("quick_replies") or [],
        }
        reply_to = call.object("reply_to").get("mid")
        if reply_to:
            try:
                values["reply_to"] = person.message(reply_to)
            except KeyError:
                raise bad_parameter("Param reply_to[mid] is not a message of the thread") from None
        if text:
            if len(str(text)) > TEXT_LIMIT:
                raise bad_parameter(
                    f"Length of param message[text] must be less than or equal to {TEXT_LIMIT}"
                )
            return {**values, "text": str(text)}, False
        if not isinstance(attachment, dict):
            raise bad_parameter("Param message[attachment] must be an object")
        if attachment.get("type") == "template":
            return {**values, **_template(attachment.get("payload") or {})}, False
        file, is_reusable = await self._attachment(call, attachment)
        return {**values, "files": [file]}, is_reusable

    async def _attachment(self, call, attachment):
        """:return File:, bool: whether it may be sent again"""
        if not isinstance(attachment, dict) or attachment.get("type") not in KINDS:
            raise bad_parameter(f"Param attachment[type] must be one of {', '.join(KINDS)}")
        kind, payload = attachment["type"], attachment.get("payload") or {}
        if payload.get("attachment_id"):
            file = self.simulator.files.uploaded.get(str(payload["attachment_id"]))
            if file is None:
                raise bad_parameter("Param attachment[payload][attachment_id] is unknown")
            return file, False
        if call.upload:
            name, content_type, content = call.upload
            if kind != "file" and kind_of(content_type) != kind:
                raise bad_parameter("Param filedata is of another type than the attachment")
        elif payload.get("url"):
            name, content_type, content = await self._fetch(str(payload["url"]))
        else:
            raise bad_parameter("Param attachment must have a url, an attachment_id or filedata")
        if len(content) > MOST:
            raise MetaError(100, 2018109)
        file = File(kind, name=name, content_type=content_type, content=content)
        return file, payload.get("is_reusable") in (True, "true")

    async def _fetch(self, url):
        timeout = aiohttp.ClientTimeout(total=_FETCH_SECONDS)
        try:
            async with (
                aiohttp.ClientSession(timeout=timeout) as session,
                session.get(url) as response,
            ):
                if response.status != 200:
                    raise MetaError(100, 2018008)
                content = await response.content.read(MOST + 1)
                return url.rpartition("/")[2].partition("?")[0], response.content_type, content
        except (aiohttp.ClientError, asyncio.TimeoutError, ValueError) as error:
            raise MetaError(100, 2018008) from error

    # -- whether it may ------------------------------------------------------------------------
    def _allow(self, call, person):
        """:raises MetaError: not now, not so, or not we"""
        kind, tag = call.values.get("messaging_type", "RESPONSE"), call.values.get("tag")
        if kind not in TYPES:
            raise bad_parameter(f"Param messaging_type must be one of {', '.join(sorted(TYPES))}")
        if tag in RETIRED:
            raise bad_parameter(f"Tag {tag} is no longer supported")
        if (kind == "MESSAGE_TAG") != bool(tag):
            raise bad_parameter("Param tag and messaging_type MESSAGE_TAG belong together")
        if tag and tag != HUMAN:
            raise bad_parameter(f"Param tag must be {HUMAN}")
        if person.page.is_restricted:
            raise MetaError(10, 1893063)
        if self.world.is_controlled_by_another(person):
            raise MetaError(10, 2018300)
        now = self.world.clock.now()
        if tag:
            if not self.simulator.has_human_agent:
                raise MetaError(10, message="(#10) Your app may not use the tag HUMAN_AGENT.")
            if now >= person.human_until:
                raise MetaError(10, 2018278)
        elif now >= person.window_until:
            raise MetaError(10, 2018278)


def _template(payload):
    """:return dict: of a message with buttons"""
    if payload.get("template_type") not in ("button", "generic"):
        raise bad_parameter("Param template_type must be button or generic")
    elements = payload.get("elements") or [{}]
    text = payload.get("text") or " – ".join(
        str(elements[0][name]) for name in ("title", "subtitle") if elements[0].get(name)
    )
    buttons = payload.get("buttons") or elements[0].get("buttons") or []
    if not text:
        raise MetaError(100, 2018034)
    return {"text": str(text), "buttons": buttons}
