"""Pictures and other files: kept here, seen by a link that needs no token and ends some day."""

import base64
import mimetypes
from dataclasses import dataclass

from aiohttp import web

from . import ids

#: Seconds of the platform. Meta says that links end, not when: †.
LINK_SECONDS = 24 * 3600
#: Bytes of the largest file that the Send API takes.
MOST = 25 * 1024 * 1024
KINDS = ("image", "audio", "video", "file")


def kind_of(content_type):
    """:return str: what Meta calls files of a MIME type"""
    kind = content_type.partition("/")[0]
    return kind if kind in KINDS else "file"


@dataclass(eq=False)
class File:
    """A file of a message. ``link`` is set of those that lie elsewhere, or nowhere."""

    kind: str
    name: str = ""
    content_type: str = "application/octet-stream"
    content: bytes = b""
    link: str = ""
    sticker_id: int = 0
    title: str = ""
    id: str = ""
    #: In its newest link.
    key: str = ""

    @classmethod
    def read(cls, values):
        """:param dict values: ``type``, ``name``, ``content_type``, and ``base64``, ``text`` or
            ``url``; ``sticker_id``; ``title``
        :return File:; :raises ValueError: base64 that is none"""
        name = str(values.get("name") or "")
        content_type = values.get("content_type") or mimetypes.guess_type(name)[0]
        content_type = content_type or "application/octet-stream"
        content = base64.b64decode(values.get("base64") or "", validate=True)
        return cls(
            kind=values.get("type") or kind_of(content_type),
            name=name,
            content_type=content_type,
            content=content or str(values.get("text") or "").encode(),
            link=str(values.get("url") or ""),
            sticker_id=int(values.get("sticker_id") or 0),
            title=str(values.get("title") or ""),
        )


class Files:
    """:param Simulator simulator: whose files these are"""

    def __init__(self, simulator):
        self.simulator = simulator
        self.link_seconds = LINK_SECONDS
        self.uploaded = {}
        self._links = {}

    def add_routes(self, router):
        router.add_get("/files/{key}/{name}", self.get)

    def keep(self, file):
        """:return str: id by which an uploaded file may be sent"""
        file.id = file.id or ids.attachment_id()
        self.uploaded[file.id] = file
        return file.id

    def link(self, file):
        """:return str: address at which it may be seen for a time; another one when that is half
        over"""
        if file.link:
            return file.link
        now = self.simulator.clock.now()
        _file, until = self._links.get(file.key, (None, 0))
        if until < now + self.link_seconds / 2:
            file.key, until = ids.file_key(), now + self.link_seconds
            self._links[file.key] = (file, until)
        name = (file.name or f"{file.kind}.bin").replace("/", "_")
        return f"{self.simulator.url}/files/{file.key}/{name}?oe={int(until):X}"

    def end_links(self):
        """All links given so far end now."""
        now = self.simulator.clock.now()
        self._links = {key: (file, min(until, now)) for key, (file, until) in self._links.items()}

    async def get(self, request):
        file, until = self._links.get(request.match_info["key"], (None, 0))
        if file is None:
            return web.Response(status=404, text="Not found")
        if self.simulator.clock.now() >= until:
            return web.Response(status=403, text="URL signature expired")
        headers = {
            "Content-Type": file.content_type,
            "Cache-Control": "max-age=1209600, no-transform",
            "X-Content-Type-Options": "nosniff",
        }
        return web.Response(body=file.content, headers=headers)
