"""What really happened: pages, people, their threads, and what each of them sees. No network."""

import secrets
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timezone

from . import ids
from .files import File

PAGE_ID, PAGE_NAME = "104875412345678", "Meubles Démo"
APP_ID, APP_NAME = "731904562781234", "Odoo"
APP_SECRET, PAGE_TOKEN = "messenger-demo-secret", "EAAmessengerDemoPageToken"
#: The application that the inbox of a page is (Meta's documentation of the handover protocol).
INBOX_APP_ID = "263902037430900"
DAY = 24 * 3600
#: Seconds in which we may answer: normally, after an advertisement, as a person.
WINDOW, AD_WINDOW, HUMAN_WINDOW = DAY, 7 * DAY, 7 * DAY
#: Seconds for which an application has a thread, and at most.
CONTROL, LONGEST_CONTROL = DAY, 7 * DAY
#: How often somebody may edit a message, and what he may react by.
MOST_EDITS = 5
EMOJI = {
    "smile": "😆", "angry": "😠", "sad": "😢", "wow": "😮", "love": "❤", "like": "👍",
    "dislike": "👎",
}  # fmt: skip


@dataclass(eq=False)
class Page:
    """A page of ours. ``dead`` says why its token does not work any more."""

    id: str = PAGE_ID
    name: str = PAGE_NAME
    token: str = PAGE_TOKEN
    dead: str = ""
    #: Meta forbids it to write ("block").
    is_restricted: bool = False
    #: Fields of which its subscribed application is told; ``None``: not subscribed.
    fields: tuple | None = None


@dataclass(eq=False)
class Message:
    """What was said, by the ``customer``, an ``app`` (ours), the ``inbox`` or an ``other``."""

    person: "Person"
    by: str
    at: int  # milliseconds since 1970
    text: str = ""
    files: list = field(default_factory=list)
    mid: str = field(default_factory=ids.message_id)
    app_id: str = ""
    metadata: str = ""
    quick_reply: str = ""
    quick_replies: list = field(default_factory=list)
    buttons: list = field(default_factory=list)
    reply_to: "Message | None" = None
    referral: dict | None = None
    tag: str = ""
    #: What it said before, oldest first.
    edits: list = field(default_factory=list)
    #: By who reacted (``customer`` or ``page``): the word for it, and the emoji.
    reactions: dict = field(default_factory=dict)
    #: Whether the application learnt that it was taken; ``None``: of what it did not send.
    answered: bool | None = None

    @property
    def is_ours(self):
        """:return bool: the page said it"""
        return self.by != "customer"


@dataclass(eq=False)
class Person:
    """Somebody who writes to a page; he has another id at each."""

    page: Page
    name: str
    psid: str = field(default_factory=ids.person_id)
    thread_id: str = field(default_factory=ids.conversation_id)
    #: ``allowed``, ``refused`` (the application may not see it) or ``none``.
    profile: str = "allowed"
    picture: File | None = None
    is_blocked: bool = False
    delivers: bool = True
    thread: list = field(default_factory=list)
    #: Seconds since 1970: until when we may answer, and as a person.
    window_until: float = 0.0
    human_until: float = 0.0
    #: Milliseconds: up to when he got, and read, what we wrote.
    delivered: int = 0
    read: int = 0
    #: Application that has the thread, empty: none (idle); and until when.
    owner: str = ""
    owner_until: float = 0.0
    is_typed_to: bool = False
    is_gone: bool = False

    @property
    def first_name(self):
        return self.name.partition(" ")[0]

    @property
    def last_name(self):
        return self.name.partition(" ")[2]

    def message(self, mid):
        """:return Message:; :raises KeyError: there is none"""
        for message in reversed(self.thread):
            if message.mid == mid:
                return message
        raise KeyError(f"no message {mid}")


class World:
    """:param Clock clock: of the platform"""

    def __init__(self, clock):
        self.clock = clock
        self.page = Page()
        self.pages = {self.page.id: self.page}
        self.people = {}
        self.app_id, self.app_name, self.app_secret = APP_ID, APP_NAME, APP_SECRET
        self.user_token = ids.token()
        self._last = 0

    # -- time ----------------------------------------------------------------------------------
    def moment(self):
        """:return int: milliseconds since 1970, another one each time"""
        self._last = max(int(self.clock.now() * 1000), self._last + 1)
        return self._last

    # -- pages and people ----------------------------------------------------------------------
    def add_page(self, key, name, token):
        """:return Page: the new one"""
        page = Page(key, name, token or ids.token())
        self.pages[key] = page
        return page

    def add_person(self, name, page=None, **values):
        """:return Person: the new one"""
        person = Person(page or self.page, name, **values)
        self.people[person.psid] = person
        return person

    def person(self, psid):
        """:return Person:; :raises KeyError: there is none"""
        try:
            return self.people[psid]
        except KeyError:
            raise KeyError(f"nobody is called {psid}") from None

    def of_thread(self, key):
        """:return Person: whose thread, or of whose thread a message has this id; None: nobody's"""
        for person in self.people.values():
            if person.thread_id == key or any(one.mid == key for one in person.thread):
                return person
        return None

    # -- what is said --------------------------------------------------------------------------
    def add(self, person, by, **values):
        """:return Message: the newest of the thread"""
        message = Message(person, by, self.moment(), **values)
        person.thread.append(message)
        return message

    def opens(self, person, is_ad=False):
        """The customer did something that allows us to answer for a time."""
        now = self.clock.now()
        window = AD_WINDOW if is_ad else WINDOW
        person.window_until = max(person.window_until, now + window)
        person.human_until = max(person.human_until, now + HUMAN_WINDOW)

    def owner(self, person):
        """:return str: application that has a thread now; empty: none"""
        if person.owner and self.clock.now() >= person.owner_until:
            person.owner = ""
        return person.owner

    def give(self, person, app_id, seconds=CONTROL):
        """An application, or none, has a thread from now on. :return str: the one before"""
        before = self.owner(person)
        person.owner = app_id
        person.owner_until = self.clock.now() + min(seconds, LONGEST_CONTROL)
        return before

    def is_controlled_by_another(self, person):
        """:return bool: we hear of the thread in standby only"""
        return self.owner(person) not in ("", self.app_id)

    # -- the truth -----------------------------------------------------------------------------
    def ledger(self):
        """:return dict: what was said, by whom, what every person sees, and what he sees twice"""
        people = [self.thread_to_json(person) for person in self.people.values()]
        said = [one for person in self.people.values() for one in person.thread]
        return {
            "people": people,
            "incoming": [message_to_json(one) for one in said if not one.is_ours],
            "outgoing": [message_to_json(one) for one in said if one.is_ours],
            "twice": sorted({key for person in people for key in person["twice"]}),
        }

    def thread_to_json(self, person):
        """:return dict: what a person sees, oldest first"""
        metadata = Counter(one.metadata for one in person.thread if one.metadata)
        return {
            "psid": person.psid,
            "name": person.name,
            "page": person.page.id,
            "thread_id": person.thread_id,
            "profile": person.profile,
            "window_until": person.window_until,
            "human_until": person.human_until,
            "owner": self.owner(person),
            "delivered": person.delivered,
            "read": person.read,
            "thread": [message_to_json(one) for one in person.thread],
            "twice": sorted(key for key, count in metadata.items() if count > 1),
        }


def message_to_json(message):
    """:return dict: a message as the ledger has it"""
    person = message.person
    return {
        "mid": message.mid,
        "psid": person.psid,
        "from": "page" if message.is_ours else "person",
        "by": message.by,
        "app_id": message.app_id,
        "at": message.at,
        "text": message.text,
        "attachments": [
            {"type": one.kind, "name": one.name, "content_type": one.content_type,
             "size": len(one.content)}
            for one in message.files
        ],
        "metadata": message.metadata,
        "quick_reply": message.quick_reply,
        "reply_to": message.reply_to.mid if message.reply_to else "",
        "tag": message.tag,
        "edits": list(message.edits),
        "reactions": {who: emoji for who, (_word, emoji) in message.reactions.items()},
        "delivered": not message.is_ours or message.at <= person.delivered,
        "read": not message.is_ours or message.at <= person.read,
        "answered": message.answered,
    }  # fmt: skip


def graph_moment(milliseconds):
    """:return str: as the Graph API writes moments"""
    moment = datetime.fromtimestamp(milliseconds / 1000, timezone.utc)
    return moment.strftime("%Y-%m-%dT%H:%M:%S+0000")


def challenge():
    """:return str: what an address has to repeat, to be told anything"""
    return str(secrets.randbelow(9 * 10**9) + 10**9)
