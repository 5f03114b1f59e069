"""What travels: a mail as its writer made it, whatever mailboxes it comes to."""

import base64
import re
import uuid
from dataclasses import dataclass, field
from email.utils import parseaddr
from html import escape, unescape
from html.parser import HTMLParser


@dataclass(frozen=True)
class Person:
    """Somebody with an address."""

    address: str
    name: str = ""

    @classmethod
    def read(cls, value):
        """:param value: ``Name <a@b.c>``, or an object with ``address`` and ``name``
        :raises ValueError:"""
        if isinstance(value, Person):
            return value
        if isinstance(value, dict):
            name, address = value.get("name") or "", value.get("address") or ""
        else:
            name, address = parseaddr(str(value))
        if "@" not in address:
            raise ValueError(f"no address: {value!r}")
        return cls(address.strip(), name.strip())

    @property
    def key(self):
        """:return str: the address, as mailboxes are looked up"""
        return self.address.lower()

    def __str__(self):
        if not self.name:
            return self.address
        is_plain = re.fullmatch(r"[\w .'-]+", self.name)
        name = self.name if is_plain else '"' + re.sub(r'(["\\])', r"\\\1", self.name) + '"'
        return f"{name} <{self.address}>"

    def to_graph(self):
        """:return dict: ``recipient`` of Graph; the name is the address where there is none"""
        return {"emailAddress": {"name": self.name or self.address, "address": self.address}}

    def to_json(self):
        return {"name": self.name, "address": self.address}


@dataclass(eq=False)
class File:
    """An attachment; ``letter`` of an ``item`` is the mail that was attached."""

    name: str
    content: bytes = field(default=b"", repr=False)
    content_type: str = "application/octet-stream"
    content_id: str = ""
    is_inline: bool = False
    kind: str = "file"  # file, item, reference
    url: str = ""
    letter: object = None

    @property
    def size(self):
        return len(self.content)

    @classmethod
    def read(cls, value):
        """:param dict value: ``name content_type base64|text is_inline content_id url``"""
        content = base64.b64decode(value.get("base64") or "", validate=True)
        if "text" in value:
            content = str(value["text"]).encode()
        url = str(value.get("url") or "")
        return cls(
            name=str(value.get("name") or "attachment"),
            content=content,
            content_type=str(value.get("content_type") or "application/octet-stream"),
            content_id=str(value.get("content_id") or "").strip("<>"),
            is_inline=bool(value.get("is_inline")),
            kind="reference" if url else "file",
            url=url,
        )


@dataclass(eq=False)
class Letter:
    """A mail; ``headers`` are those that its writer set beside the usual ones."""

    sender: Person
    subject: str = ""
    to: list = field(default_factory=list)
    cc: list = field(default_factory=list)
    bcc: list = field(default_factory=list)
    reply_to: list = field(default_factory=list)
    content: str = ""
    content_type: str = "text"  # text, html
    files: list = field(default_factory=list)
    message_id: str = ""
    in_reply_to: str = ""
    references: list = field(default_factory=list)
    headers: list = field(default_factory=list)
    date: float = 0.0
    raw: bytes = field(default=b"", repr=False)

    def __post_init__(self):
        if not self.message_id:
            self.message_id = new_message_id(self.sender.address)

    @property
    def recipients(self):
        """:return list: of Person, each address once"""
        found = {}
        for person in (*self.to, *self.cc, *self.bcc):
            found.setdefault(person.key, person)
        return list(found.values())

    @property
    def html(self):
        """:return str: as Graph gives the body when nobody asked for text"""
        return self.content if self.content_type == "html" else html_of(self.content)

    @property
    def text(self):
        return self.content if self.content_type == "text" else text_of(self.content)

    @property
    def size(self):
        """:return int: bytes, about as Exchange counts them: attachments travel in base64"""
        return len(self.content.encode()) + sum(file.size * 4 // 3 for file in self.files)

    @classmethod
    def read(cls, body, now):
        """:param dict body: of ``POST /sim/mail``; :param float now: when it is written"""
        is_html = bool(body.get("html"))
        references = body.get("references") or []
        if isinstance(references, str):
            references = message_ids(references)
        in_reply_to = str(body.get("in_reply_to") or "")
        return cls(
            sender=Person.read({"address": body.get("from"), "name": body.get("from_name")}),
            subject=str(body.get("subject") or ""),
            to=[Person.read(value) for value in _listed(body, "to")],
            cc=[Person.read(value) for value in _listed(body, "cc")],
            bcc=[Person.read(value) for value in _listed(body, "bcc")],
            reply_to=[Person.read(value) for value in _listed(body, "reply_to")],
            content=str(body.get("html") or body.get("text") or ""),
            content_type="html" if is_html else "text",
            files=[File.read(value) for value in body.get("attachments") or []],
            message_id=str(body.get("message_id") or ""),
            in_reply_to=in_reply_to,
            references=references or message_ids(in_reply_to),
            headers=[(str(name), str(value)) for name, value in _pairs(body.get("headers"))],
            date=now,
        )


def _listed(body, name):
    value = body.get(name) or []
    return [value] if isinstance(value, (str, dict)) else value


def _pairs(headers):
    return headers.items() if isinstance(headers, dict) else headers or []


def new_message_id(address):
    """:return str: Message-Id with its angle brackets, as the writer's server makes it"""
    return f"<{uuid.uuid4().hex}@{address.rpartition('@')[2] or 'localhost'}>"


def message_ids(text):
    """:param str text: of ``References``; :return list: of str, with their brackets"""
    return re.findall(r"<[^<>\s]+>", text or "")


def prefixed(prefix, subject):
    """:return str: the subject of an answer; ``RE:`` stands once"""
    return subject if subject.upper().startswith(prefix.upper()) else f"{prefix} {subject}".rstrip()


def html_of(text):
    """:return str: plain text as Exchange converts it"""
    lines = "<br>\r\n".join(escape(line, quote=False) for line in text.splitlines())
    return (
        '<html><head>\r\n<meta http-equiv="Content-Type" content="text/html; charset=utf-8">'
        f'</head><body><div class="PlainText">{lines}</div></body></html>'
    )


def harmless(html):
    """:return str: HTML as Graph returns it unless it is asked not to: nothing in it runs"""
    html = re.sub(r"(?is)<script\b.*?</script\s*>|<script\b[^>]*>", "", html)
    html = re.sub(r"""(?i)\son\w+\s*=\s*("[^"]*"|'[^']*'|[^\s>]+)""", "", html)
    return re.sub(r"(?i)javascript:", "", html)


class _Texts(HTMLParser):
    BREAKS = {"br", "p", "div", "tr", "li", "h1", "h2", "h3", "blockquote", "hr", "table"}
    SILENT = {"script", "style", "head", "title"}

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.parts = []
        self.silent = 0

    def handle_starttag(self, tag, attrs):
        self.silent += tag in self.SILENT
        if tag in self.BREAKS:
            self.parts.append("\n")

    def handle_endtag(self, tag):
        self.silent = max(0, self.silent - (tag in self.SILENT))

    def handle_data(self, data):
        if not self.silent:
            self.parts.append(re.sub(r"\s+", " ", data))


def text_of(html):
    """:return str: what can be read of HTML"""
    parser = _Texts()
    parser.feed(html)
    parser.close()
    lines = (line.strip() for line in unescape("".join(parser.parts)).split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\r\n".join(lines).replace("\r\n", "\n")).strip()
