"""Customers who write over three channels at once, and what the simulators know of it."""

import http.client
import json
import random
import threading
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone

from simulators.own_api import ask

from .chaos import patiently

MAIL, CHAT, MESSENGER = "outlook", "iadvize", "messenger"
CHANNELS = (MAIL, CHAT, MESSENGER)
#: Messages of one customer on one channel.
PER_THREAD = 8


@dataclass
class Writer:
    """One customer on one channel.

    :ivar customer: number of him: the same on all channels on which we know him
    :ivar words: unmistakable, one per message, in the order written
    """

    channel: str
    customer: int
    is_known: bool
    words: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        return f"Client {self.customer}"

    @property
    def email(self) -> str:
        return f"client{self.customer}@example.org"

    @property
    def ref(self) -> str:
        return f"K{self.customer:06d}"


def plan(messages: int, seed: int = 1) -> list[Writer]:
    """Who writes: every third customer by mail and chat as one we know, the others on one channel.

    :param messages: number of them over all channels
    """
    dice = random.Random(seed)
    writers = []
    customer = count = 0
    while count < messages:
        customer += 1
        is_known = customer % 3 == 0
        channels = (MAIL, CHAT) if is_known else (dice.choice(CHANNELS),)
        for channel in channels:
            size = min(dice.randint(1, 2 * PER_THREAD - 1), messages - count)
            words = [f"w{channel[0]}{customer}x{number}q" for number in range(size)]
            if words:
                writers.append(Writer(channel, customer, is_known, words))
            count += size
    return writers


class Mail:
    """Letters to a simulated mailbox."""

    code = MAIL

    def __init__(self, url: str, mailbox: str):
        self.url, self.mailbox = url, mailbox
        self.last: dict[int, str] = {}
        self.dates: dict[int, datetime] = {}

    def write(self, writer: Writer, number: int) -> None:
        before = self.last.get(writer.customer)
        # Graph's times are whole seconds: within one of them mails have no order
        received = datetime.now(timezone.utc)
        if previous := self.dates.get(writer.customer):
            received = max(received, previous + timedelta(seconds=1))
        self.dates[writer.customer] = received
        letter = {
            "mailbox": self.mailbox,
            "from": writer.email,
            "from_name": writer.name,
            "subject": f"Affaire {writer.customer}",
            "html": f"<p>{writer.words[number]}</p>",
            "received": received.strftime("%Y-%m-%dT%H:%M:%SZ"),
            **({"in_reply_to": before, "references": [before]} if before else {}),
        }
        answer = ask(self.url, "POST", "/sim/mail", letter)
        self.last[writer.customer] = answer["internet_message_id"]

    def trouble(self, share: float) -> None:
        ask(
            self.url,
            "POST",
            "/sim/faults",
            {"duplicate": share, "lose": share, "repeat": share, "seed": 1},
        )

    def kill_token(self) -> None:
        ask(self.url, "POST", "/sim/directory", {"revoke": "access"})

    def stumble(self) -> None:
        """Some requests fail, are slow, or get no answer although they were carried out."""
        rules = [
            {"action": "status", "status": 503, "retry_after": 1, "times": 2},
            {"action": "cut_after", "method": "POST", "times": 1, "skip": 3},
            {"action": "delay", "seconds": 2, "times": 2},
        ]
        ask(self.url, "POST", "/sim/faults", {"rules": rules})

    def calm(self) -> None:
        ask(self.url, "POST", "/sim/reset", {})

    def seen(self) -> list[str]:
        """What customers have got from us, each as often as they got it."""
        ask(self.url, "POST", "/sim/settle", {})
        texts = []
        for customer in ask(self.url, "GET", "/sim/customers"):
            posts = ask(self.url, "GET", f"/sim/customers/{customer['address']}")
            texts += [post["html"] for post in posts if post["direction"] == "in"]
        return texts


class Chat:
    """Visitors who chat with the agents of a simulated iAdvize.

    :param late: seconds by which iAdvize is late with what others overtake
    """

    code = CHAT

    def __init__(self, url: str, late: float):
        self.url, self.late = url, late
        self.chats: dict[int, str] = {}

    def write(self, writer: Writer, number: int) -> None:
        chat = self.chats.get(writer.customer)
        if chat:
            message = {"author": "visitor", "text": writer.words[number]}
            ask(self.url, "POST", f"/sim/chats/{chat}/messages", message)
            return
        visitor = {"first_name": "Client", "last_name": str(writer.customer)}
        if writer.is_known:
            visitor["external_user_id"] = writer.ref
        chat = {"visitor": visitor, "channel": "CHAT", "text": writer.words[number]}
        self.chats[writer.customer] = ask(self.url, "POST", "/sim/chats", chat)["id"]

    def trouble(self, share: float) -> None:
        order = {"duplicate": share, "reorder": share, "lose": share, "reorder_seconds": self.late}
        ask(self.url, "POST", "/sim/faults", {**order, "seed": 1})

    def kill_token(self) -> None:
        ask(self.url, "POST", "/sim/faults", {"expire_tokens": True})

    def stumble(self) -> None:
        rules = [
            {"action": "status", "status": 502, "path": "graphql", "times": 2},
            {"action": "cut_after", "path": "graphql", "times": 1},
            {"action": "delay", "seconds": 2, "times": 2},
        ]
        ask(self.url, "POST", "/sim/faults", {"rules": rules})

    def calm(self) -> None:
        ask(self.url, "POST", "/sim/faults", {"reset": True})

    def close(self) -> None:
        """The agents are done."""
        for chat in self.chats.values():
            ask(self.url, "POST", f"/sim/chats/{chat}/close", {})

    def seen(self) -> list[str]:
        return []


class Messenger:
    """People who write to a simulated page."""

    code = MESSENGER

    def __init__(self, url: str):
        self.url = url
        self.people: dict[int, str] = {}

    def write(self, writer: Writer, number: int) -> None:
        if writer.customer not in self.people:
            person = ask(self.url, "POST", "/sim/people", {"name": writer.name})
            self.people[writer.customer] = person["psid"]
        path = f"/sim/people/{self.people[writer.customer]}/messages"
        ask(self.url, "POST", path, {"text": writer.words[number]})

    def trouble(self, share: float) -> None:
        order = {"duplicates": share, "reorder": share, "echo_before_answer": 0.5, "batch": 4}
        ask(self.url, "POST", "/sim/faults", {**order, "seed": 1})

    def kill_token(self) -> None:
        """A page's token dies for good: somebody has to renew it. Only its use is refused once."""
        rule = {"action": "error", "code": 190, "subcode": 463, "path": "messages", "times": 1}
        ask(self.url, "POST", "/sim/faults", {"rules": [rule]})

    def stumble(self) -> None:
        rules = [
            {"action": "error", "code": 613, "path": "messages", "times": 2},
            {"action": "cut_after", "method": "POST", "path": "messages", "times": 1, "skip": 2},
            {"action": "delay", "seconds": 2, "times": 2},
        ]
        ask(self.url, "POST", "/sim/faults", {"rules": rules})

    def calm(self) -> None:
        ask(self.url, "POST", "/sim/faults", {"reset": True})

    def seen(self) -> list[str]:
        people = ask(self.url, "GET", "/sim/ledger")["people"]
        return [
            message.get("text") or ""
            for person in people
            for message in person["thread"]
            if message["from"] == "page"
        ]


class Crowd(threading.Thread):
    """Some of the customers, who write one after the other; each of them in his order.

    :param channels: by code
    """

    def __init__(self, channels: dict, writers: list[Writer], seed: int):
        super().__init__(daemon=True)
        self.channels, self.writers = channels, writers
        self.dice = random.Random(seed)
        self.written = 0
        self.error: BaseException | None = None

    def run(self) -> None:
        try:
            pending = [[writer, 0] for writer in self.writers]
            while pending:
                entry = self.dice.choice(pending)
                writer, number = entry
                self.channels[writer.channel].write(writer, number)
                self.written += 1
                entry[1] += 1
                if entry[1] == len(writer.words):
                    pending.remove(entry)
        except BaseException as error:
            self.error = error


class Rep(threading.Thread):
    """Answers whatever has come in, each conversation once, over RPC as the web client does.

    :param url: of Odoo
    """

    def __init__(self, url: str, database: str, login: str, password: str):
        super().__init__(daemon=True)
        self.url = url
        self.login = {"db": database, "login": login, "password": password}
        self.cookie = ""
        self.answers: dict[int, str] = {}
        self.refused: dict[int, str] = {}
        self.over = threading.Event()
        self.error: BaseException | None = None

    def run(self) -> None:
        try:
            while not self.over.wait(0.5):
                self.round()
        except BaseException as error:
            self.error = error

    def round(self) -> None:
        """Answer what is not answered yet."""
        shown = patiently(lambda: self.call("get_inbox", "all", order="oldest", limit=80))
        for item in shown["items"]:
            thread = patiently(lambda: self.call("get_thread", item["id"]))  # noqa: B023
            for conversation in thread["conversations"]:
                if conversation["id"] in self.answers or conversation["id"] in self.refused:
                    continue
                if not conversation["capabilities"]["can_send"]:
                    continue
                self._answer(item["id"], conversation["id"], thread["basis"])

    def _answer(self, case: int, conversation: int, basis: str) -> None:
        word = f"r{conversation}q"
        values = {"html": f"<p>{word}</p>"}
        arguments = (case, conversation, values, basis)
        # asked for again when the server was killed meanwhile: it is the same answer
        answer = patiently(lambda: self.call("send", *arguments, force=True, then="open"))
        if answer["state"] == "queued":
            self.answers[conversation] = word
        else:
            self.refused[conversation] = answer.get("message", answer["state"])

    def call(self, method: str, *arguments, **keywords):
        """:raises ConnectionError: Odoo is not there, or was killed while it worked"""
        if not self.cookie:
            self._sign_in()
        params = {"model": "omni.inbox", "method": method, "args": arguments, "kwargs": keywords}
        answer, _cookie = self._post("/web/dataset/call_kw", params)
        if "error" in answer:
            data = answer["error"]["data"]
            if data["name"].startswith(("psycopg2.", "odoo.exceptions.LockError")):
                raise ConnectionError(data["message"])
            if answer["error"]["code"] == 100:
                self.cookie = ""
                raise ConnectionError("signed out")
            raise AssertionError(data["debug"])
        return answer["result"]

    def _sign_in(self) -> None:
        _answer, cookie = self._post("/web/session/authenticate", self.login)
        self.cookie = cookie.partition(";")[0]

    def _post(self, path: str, params: dict):
        request = urllib.request.Request(
            self.url + path,
            data=json.dumps({"jsonrpc": "2.0", "method": "call", "params": params}).encode(),
            headers={"Content-Type": "application/json", "Cookie": self.cookie},
        )
        try:
            with urllib.request.urlopen(request, timeout=60) as response:
                return json.loads(response.read()), response.headers.get("Set-Cookie") or ""
        except (http.client.HTTPException, urllib.error.HTTPError) as error:
            raise ConnectionError(str(error)) from error
