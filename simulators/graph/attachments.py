"""Attachments: listed, read, put on drafts, and uploaded in pieces when they are large."""

import re
import secrets
from dataclasses import dataclass, field

from aiohttp import web

from . import ids, mime, odata, render
from .clock import iso
from .drafts import too_large
from .errors import GraphError, bad_request, not_found
from .letter import File
from .messages import READ, WRITE
from .writing import read_attachment

SINGLE = 3 * 1024 * 1024  # bytes: one POST takes less
LARGEST = 150 * 1024 * 1024
_CHUNK = 4 * 1024 * 1024
_SESSION_SECONDS = 3 * 86400
_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+)")


@dataclass(eq=False)
class _Session:
    key: str
    token: str
    mailbox: object
    message: str  # its immutable id
    file: File
    size: int
    until: float
    content: bytearray = field(default_factory=bytearray)


class Attachments:
    """:param Simulator simulator: whose uploads these are"""

    routes = (
        ("GET", "users/*/messages/*/attachments", "list"),
        ("POST", "users/*/messages/*/attachments", "add"),
        ("GET", "users/*/messages/*/attachments/*", "get"),
        ("GET", "users/*/messages/*/attachments/*/$value", "raw"),
        ("DELETE", "users/*/messages/*/attachments/*", "delete"),
        ("POST", "users/*/messages/*/attachments/createUploadSession", "create_session"),
    )

    def __init__(self, simulator):
        self.simulator = simulator
        self._sessions = {}

    def add_routes(self, router):
        """Of the other host, where the pieces go."""
        router.add_put("/api/v2.0/{path:.*}", self.put)
        router.add_get("/api/v2.0/{path:.*}", self.status)
        router.add_delete("/api/v2.0/{path:.*}", self.cancel)

    async def list(self, call, _user, key):
        call.needs(*READ)
        message = call.mailbox.find(key)
        names = odata.select(call.option("select"))
        context = (
            f"{call.base}/$metadata#users('{call.mailbox.guid}')/messages('{key}')/attachments"
        )
        value = [
            render.attachment(one, file, message, names)
            for one, file in message.attachments.items()
        ]
        return call.answer({"@odata.context": context, "value": value})

    async def get(self, call, _user, key, attachment):
        call.needs(*READ)
        message = call.mailbox.find(key)
        file = _file(message, attachment)
        is_expanded = "itemattachment/item" in (call.option("expand") or "").lower()
        names = odata.select(call.option("select"))
        context = (
            f"{call.base}/$metadata#users('{call.mailbox.guid}')/messages('{key}')"
            "/attachments/$entity"
        )
        base = call.base if is_expanded else ""
        shown = render.attachment(attachment, file, message, names, base)
        return call.answer({"@odata.context": context, **shown})

    async def raw(self, call, _user, key, attachment):
        call.needs(*READ)
        file = _file(call.mailbox.find(key), attachment)
        if file.kind == "reference":
            raise GraphError(405, "ErrorInvalidRequest", "A reference attachment has no content.")
        content = file.content
        if file.kind == "item" and not content:
            content = mime.write(file.letter)
        return web.Response(body=content, content_type="application/octet-stream")

    async def add(self, call, _user, key):
        call.needs(*WRITE)
        message = call.mailbox.find(key)
        file = read_attachment(await call.body())
        if file.size >= SINGLE:
            raise too_large()
        attachment = self._attach(message, file)
        context = (
            f"{call.base}/$metadata#users('{call.mailbox.guid}')/messages('{key}')"
            "/attachments/$entity"
        )
        shown = render.attachment(attachment, file, message)
        return call.answer({"@odata.context": context, **shown}, 201)

    def _attach(self, message, file):
        size = sum(one.size for one in message.attachments.values()) + file.size
        if size > self.simulator.exchange.max_message:
            raise too_large()
        attachment = message.attach(file)
        message.mailbox.touch(message, "hasAttachments")
        return attachment

    async def delete(self, call, _user, key, attachment):
        call.needs(*WRITE)
        message = call.mailbox.find(key)
        _file(message, attachment)
        del message.attachments[attachment]
        call.mailbox.touch(message, "hasAttachments")
        return web.Response(status=204)

    # -- large ones ----------------------------------------------------------------------------
    async def create_session(self, call, _user, key):
        call.needs(*WRITE)
        message = call.mailbox.find(key)
        body = await call.body()
        given = next((body[name] for name in body if name.lower() == "attachmentitem"), None)
        if not isinstance(given, dict) or not given.get("name") or "size" not in given:
            raise bad_request("The AttachmentItem needs a name and a size.", "BadRequest")
        size = int(given["size"])
        if size < SINGLE:
            raise GraphError(
                400,
                "ErrorAttachmentSizeShouldNotBeLessThanMinimumSize",
                "The attachment size should not be less than the minimum size of 3145728 bytes.",
            )
        if size > LARGEST:
            raise GraphError(
                400, "ErrorAttachmentSizeLimitExceeded", "The attachment exceeds the maximum size."
            )
        file = File(
            name=str(given["name"]),
            content_type=str(given.get("contentType") or "application/octet-stream"),
            content_id=str(given.get("contentId") or "").strip("<>"),
            is_inline=bool(given.get("isInline")),
        )
        session = _Session(
            ids.attachment_id(),
            secrets.token_urlsafe(64),
            call.mailbox,
            message.key,
            file,
            size,
            call.exchange.clock.now() + _SESSION_SECONDS,
        )
        self._sessions[session.key] = session
        host = f"{call.request.scheme}://{call.request.host}"
        owner = f"{call.mailbox.guid}@{self.simulator.directory.tenant_id}"
        content = {
            "@odata.context": f"{call.base}/$metadata#microsoft.graph.uploadSession",
            "uploadUrl": (
                f"{host}/api/v2.0/Users('{owner}')/Messages('{key}')"
                f"/AttachmentSessions('{session.key}')?authtoken={session.token}"
            ),
            "expirationDateTime": iso(session.until, 7),
            "nextExpectedRanges": ["0-"],
        }
        return call.answer(content, 201)

    def _session(self, request):
        if "Authorization" in request.headers:
            raise GraphError(
                401,
                "InvalidAuthenticationToken",
                "The upload URL is pre-authenticated: an Authorization header is not allowed.",
            )
        found = re.search(r"AttachmentSessions\('([^']+)'\)", request.match_info["path"])
        session = self._sessions.get(found.group(1)) if found else None
        if session is None or request.query.get("authtoken") != session.token:
            raise not_found()
        if session.until <= self.simulator.clock.now():
            del self._sessions[session.key]
            raise not_found()
        return session

    async def put(self, request):
        """A piece, in order; the last one makes the attachment."""
        session = self._session(request)
        content = await request.read()
        match = _RANGE.fullmatch(request.headers.get("Content-Range", ""))
        if not match:
            raise bad_request("Invalid Content-Range header.", "ErrorInvalidArgument")
        first, last, total = map(int, match.groups())
        if total != session.size or last - first + 1 != len(content):
            raise bad_request("The Content-Range does not fit.", "ErrorInvalidArgument")
        if len(content) > _CHUNK:
            raise GraphError(413, "ErrorRequestEntityTooLarge", "The piece is larger than 4 MB.")
        if first != len(session.content):
            raise GraphError(
                416,
                "InvalidRange",
                f"Expected the range that begins with {len(session.content)}.",
            )
        session.content += content
        if len(session.content) < session.size:
            return web.json_response(self._shown(session, request))
        message = session.mailbox.find(session.message)
        session.file.content = bytes(session.content)
        attachment = self._attach(message, session.file)
        del self._sessions[session.key]
        host = f"{request.scheme}://{request.host}"
        owner = f"{session.mailbox.guid}@{self.simulator.directory.tenant_id}"
        location = (
            f"{host}/api/v2.0/Users('{owner}')/Messages('{message.id}')/Attachments('{attachment}')"
        )
        return web.Response(status=201, headers={"Location": location})

    async def status(self, request):
        return web.json_response(self._shown(self._session(request), request))

    async def cancel(self, request):
        del self._sessions[self._session(request).key]
        return web.Response(status=204)

    def _shown(self, session, request):
        host = f"{request.scheme}://{request.host}"
        return {
            "@odata.context": f"{host}/api/v2.0/$metadata#AttachmentSessions/$entity",
            "ExpirationDateTime": iso(session.until, 7),
            "nextExpectedRanges": [str(len(session.content))],
        }


def _file(message, key):
    if key not in message.attachments:
        raise not_found()
    return message.attachments[key]
