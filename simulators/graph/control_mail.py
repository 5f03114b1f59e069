"""The simulator's own API for mail: writing as a customer, reading as one, and Outlook's keys."""

import base64
from urllib.parse import quote

from aiohttp import web

from simulators.control import read_json

from . import mime
from .clock import iso, moment
from .exchange import OUTLOOK
from .letter import File, Letter, Person, prefixed
from .messages import remove

_AUTHENTICATIONS = ("pass", "fail", "none")


class MailControl:
    """:param Simulator simulator: whose mail this is"""

    def __init__(self, simulator):
        self.simulator = simulator

    @property
    def exchange(self):
        return self.simulator.exchange

    def add_routes(self, router):
        router.add_get("/sim/state", self.state)
        router.add_post("/sim/mail", self.write)
        router.add_get("/sim/mailboxes", self.mailboxes)
        router.add_post("/sim/mailboxes", self.add_mailbox)
        router.add_get("/sim/mailboxes/{address}", self.mailbox)
        router.add_post("/sim/mailboxes/{address}/folders", self.add_folder)
        router.add_post("/sim/mailboxes/{address}/send", self.send)
        router.add_post("/sim/mailboxes/{address}/messages/{id}/{verb}", self.act)
        router.add_get("/sim/customers", self.customers)
        router.add_get("/sim/customers/{address}", self.customer)
        router.add_get("/sim/customers/{address}/{key}/files/{number}", self.file)
        router.add_post("/sim/customers/{address}/{key}/reply", self.reply)

    async def state(self, _request):
        """What the page needs at first."""
        content = {
            "mailboxes": self._mailboxes(),
            "customers": self._customers(),
            "presets": self.simulator.presets,
        }
        return web.json_response(content)

    # -- as a customer -------------------------------------------------------------------------
    async def write(self, request):
        """A letter to our mailboxes: JSON, or MIME with its goal in the query."""
        now = self.simulator.clock.now()
        if request.content_type == "message/rfc822":
            options = dict(request.query)
            letter = mime.read(await request.read())
            boxes = list(filter(None, options.get("mailbox", "").split(",")))
        else:
            options = await read_json(request)
            boxes = options.get("mailbox") or []
            boxes = [boxes] if isinstance(boxes, str) else boxes
            letter = Letter.read(options, now)
            if not letter.to:
                letter.to = [Person.read(address) for address in boxes]
        received = options.get("received")
        if received:
            received = letter.date = moment(str(received))
        authentication = str(options.get("authenticated") or "pass")
        if authentication not in _AUTHENTICATIONS:
            raise ValueError(f"authenticated: one of {', '.join(_AUTHENTICATIONS)}")
        for address in boxes:
            self._mailbox(address)
        found = self.exchange.write(
            letter,
            boxes,
            str(options.get("folder") or "inbox"),
            received or None,
            authentication,
        )
        if not found and not boxes:
            raise ValueError("none of the recipients is one of our mailboxes")
        self.simulator.changed()
        return web.json_response(
            {
                "internet_message_id": letter.message_id,
                "messages": [
                    {"mailbox": message.mailbox.address, "id": message.key} for message in found
                ],
            }
        )

    def _customers(self):
        ours = self.exchange.mailboxes
        return [
            {"address": address, "count": len(posts)}
            for address, posts in self.exchange.customers.items()
            if address not in ours
        ]

    async def customers(self, _request):
        return web.json_response(self._customers())

    async def customer(self, request):
        address = request.match_info["address"].lower()
        posts = self.exchange.customers.get(address, [])
        return web.json_response([_shown(address, post) for post in posts])

    def _post(self, request):
        posts = self.exchange.customers.get(request.match_info["address"].lower(), [])
        key = request.match_info["key"]
        found = [post for post in posts if str(post.key) == key]
        if not found:
            raise web.HTTPNotFound
        return found[0]

    async def file(self, request):
        files = self._post(request).letter.files
        number = request.match_info["number"]
        if not number.isdigit() or int(number) >= len(files):
            raise web.HTTPNotFound
        file = files[int(number)]
        name = "".join(one for one in file.name if one.isprintable() and one not in '"\\/')
        return web.Response(
            body=file.content,
            headers={
                "Content-Type": "application/octet-stream",
                "X-Content-Type-Options": "nosniff",
                "Content-Disposition": f"attachment; filename*=UTF-8''{_quoted(name)}",
            },
        )

    async def reply(self, request):
        """``text`` or ``html``, ``attachments``, ``to_all``; other words as for ``/sim/mail``."""
        body = await read_json(request)
        original = self._post(request).letter
        me = Person(request.match_info["address"].lower(), str(body.get("from_name") or ""))
        letter = self.exchange.answer(
            original,
            me,
            str(body.get("html") or body.get("text") or ""),
            "html" if body.get("html") else "text",
            [File.read(one) for one in body.get("attachments") or []],
            bool(body.get("to_all")),
        )
        if original.sender.key == me.key:
            letter.to = list(original.to)
        letter.subject = str(body.get("subject") or prefixed("RE:", original.subject))
        letter.headers = [
            (str(name), str(value)) for name, value in (body.get("headers") or {}).items()
        ]
        found = self.exchange.write(letter, authentication=body.get("authenticated") or "pass")
        self.simulator.changed()
        return web.json_response(
            {
                "internet_message_id": letter.message_id,
                "messages": [
                    {"mailbox": message.mailbox.address, "id": message.key} for message in found
                ],
            }
        )

    # -- as a user of Outlook ------------------------------------------------------------------
    def _mailbox(self, address):
        found = self.exchange.mailbox(address)
        if found is None:
            raise ValueError(f"no such mailbox: {address}")
        return found

    def _mailboxes(self):
        return [
            {
                "address": mailbox.address,
                "name": mailbox.person.name,
                "id": mailbox.guid,
                "folders": {
                    folder.well_known or folder.name: len(folder.messages)
                    for folder in mailbox.folders.values()
                },
            }
            for mailbox in self.exchange.mailboxes.values()
        ]

    async def mailboxes(self, _request):
        return web.json_response(self._mailboxes())

    async def add_mailbox(self, request):
        """``address``, ``name``."""
        body = await read_json(request)
        self.exchange.add_mailbox(str(body.get("address") or ""), str(body.get("name") or ""))
        self.simulator.changed()
        return web.json_response(self._mailboxes())

    async def mailbox(self, request):
        mailbox = self._mailbox(request.match_info["address"])
        rows = [
            {
                "id": message.key,
                "default_id": message.id,
                "folder": message.folder.well_known or message.folder.name,
                "internet_message_id": message.letter.message_id,
                "conversation": message.conversation,
                "subject": message.letter.subject,
                "from": message.letter.sender.key,
                "received": iso(message.received),
                "is_read": message.is_read,
                "is_draft": message.is_draft,
            }
            for message in mailbox.messages.values()
            if not message.is_hidden
        ]
        return web.json_response(rows)

    async def add_folder(self, request):
        """``name``."""
        mailbox = self._mailbox(request.match_info["address"])
        folder = mailbox.add_folder(str((await read_json(request)).get("name") or ""))
        return web.json_response({"id": folder.id, "name": folder.name})

    async def send(self, request):
        """Somebody writes a new mail in Outlook: ``to``, ``subject``, ``text`` and so on."""
        mailbox = self._mailbox(request.match_info["address"])
        body = await read_json(request)
        letter = Letter.read({**body, "from": mailbox.address}, self.simulator.clock.now())
        letter.sender = mailbox.person
        return self._sent(self.exchange.draft(mailbox, letter))

    def _sent(self, message):
        self.exchange.send(message, by=OUTLOOK)
        self.simulator.changed()
        return web.json_response(
            {"id": message.key, "internet_message_id": message.letter.message_id}
        )

    async def act(self, request):
        """``read``, ``unread``, ``move`` (``folder``), ``delete``, ``purge``, ``reply``."""
        mailbox = self._mailbox(request.match_info["address"])
        key = request.match_info["id"]
        known = mailbox.with_message_id(key)
        message = known[-1] if known else mailbox.find(key)
        body = await read_json(request)
        verb = request.match_info["verb"]
        if verb in ("read", "unread"):
            message.is_read = verb == "read"
            mailbox.touch(message, "isRead")
        elif verb == "move":
            mailbox.move(message, self._folder(mailbox, str(body.get("folder") or "")))
        elif verb == "delete":
            remove(message)
        elif verb == "purge":
            mailbox.remove(message)
        elif verb == "reply":
            letter = self.exchange.answer(
                message.letter,
                mailbox.person,
                str(body.get("html") or body.get("text") or ""),
                "html" if body.get("html") else "text",
                [File.read(one) for one in body.get("attachments") or []],
                bool(body.get("to_all")),
            )
            return self._sent(self.exchange.draft(mailbox, letter, message))
        else:
            raise ValueError("read, unread, move, delete, purge or reply")
        return web.json_response({"id": message.key, "is_read": message.is_read})

    def _folder(self, mailbox, name):
        for folder in mailbox.folders.values():
            if folder.name == name:
                return folder
        return mailbox.folder(name)


def _quoted(name):
    return quote(name or "fichier", safe="")


def _shown(address, post):
    letter = post.letter
    pictures = {
        file.content_id: (
            f"data:{file.content_type};base64,{base64.b64encode(file.content).decode()}"
        )
        for file in letter.files
        if file.content_id and file.content_type.startswith("image/")
    }
    html = letter.html
    for content_id, url in pictures.items():
        html = html.replace(f"cid:{content_id}", url)
    return {
        "key": post.key,
        "direction": post.direction,
        "at": iso(post.at),
        "message_id": letter.message_id,
        "in_reply_to": letter.in_reply_to,
        "references": letter.references,
        "from": letter.sender.to_json(),
        "to": [person.to_json() for person in letter.to],
        "cc": [person.to_json() for person in letter.cc],
        "subject": letter.subject,
        "html": html,
        "text": letter.text,
        "headers": [{"name": name, "value": value} for name, value in letter.headers],
        "attachments": [
            {
                "name": file.name,
                "content_type": file.content_type,
                "size": file.size,
                "is_inline": file.is_inline,
                "content_id": file.content_id,
                "url": f"/sim/customers/{_quoted(address)}/{post.key}/files/{number}",
            }
            for number, file in enumerate(letter.files)
        ],
    }
