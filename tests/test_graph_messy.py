"""Two hundred messy mails come to a mailbox at Microsoft 365, and by it into Odoo: each one becomes
one message that can be read, with every byte of its files, however often the mailbox tells it."""

import hashlib
import json
import os
import urllib.request
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass

import pytest
from lxml import html as lxml_html

from odoo.addons.omnichannel_inbox.tests_pure.messy import build
from odoo.addons.omnichannel_inbox.tests_pure.messy.corpus import Mail as Messy

from simulators.graph.letter import Letter
from simulators.graph.server import running
from tests.kit.database import copied
from tests.kit.mailbox import BOX, Mailbox, connect, look, until
from tests.kit.servers import server

#: What a rep is shown of each message, and which files he finds beside it. Beyond the messages: how
#: many events are not done.
SHOWN = """
import hashlib, json
user = env.ref("base.user_admin")
user.group_ids += env.ref("crm_ticket.group_ticket_admin")
inbox = env["omni.inbox"].with_user(user)
rows = []
for message in env["omni.message"].search([]):
    shown = inbox.get_message_html(message.id)
    rows.append({
        "key": message.external_id, "message": message.id, "direction": message.direction,
        "html": shown["html"] + shown["quote"], "text": message.text_body or "",
        "files": [[hashlib.sha256(file.raw or b"").hexdigest(), len(file.raw or b"")]
                  for file in message.mail_message_id.attachment_ids],
    })
env.cr.rollback()
print("SHOWN", json.dumps(rows))
"""
UNDONE = """
    SELECT state, failure_type, error FROM omni_event WHERE state NOT IN ('done', 'ignored')
"""
BUSY = """
    SELECT 1 FROM omni_event WHERE state IN ('new', 'retry')
     UNION SELECT 1 FROM omni_folder WHERE is_dirty
"""
#: What the rules that are shipped leave alone: it is kept as it came, and shown to nobody.
NEWSLETTER = "automatic-3"


@dataclass
class Case:
    """A mail, as it was built and as it lies in the mailbox."""

    mail: Messy
    letter: Letter

    @property
    def given(self) -> str:
        """What Graph gives of it, without any tags."""
        return words(self.letter.html)

    @property
    def is_packed(self) -> bool:
        """Whether Graph hands out a file that holds text and files."""
        return self.mail.kind == "tnef"


def words(html: str) -> str:
    """What a reader has of HTML."""
    return " ".join(lxml_html.document_fromstring(f"<body>{html}").text_content().split())


class House:
    """A mailbox with all the mails, and what Odoo has of it."""

    def __init__(self, database, simulator):
        self.database = database
        self.mailbox = Mailbox(simulator.url)
        self.cases: dict[str, Case] = {}
        for mail in build():
            key = self.post(mail.raw)
            letter = simulator.exchange.mailbox(BOX).find(key).letter
            self.cases[key] = Case(mail, letter)

    def post(self, raw: bytes) -> str:
        """The mail arrives, byte by byte as it is; return its id."""
        request = urllib.request.Request(
            f"{self.mailbox.url}/sim/mail?mailbox={BOX}", raw, {"Content-Type": "message/rfc822"}
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            [message] = json.loads(answer.read())["messages"]
        return message["id"]

    def read(self):
        """Have all read that waits in the mailbox."""
        look(self.database)
        until(lambda: not self.database.query(BUSY), 240, self.database)

    def shown(self):
        """Rows of `SHOWN`."""
        lines = self.database.shell(SHOWN).splitlines()
        [line] = [line for line in lines if line.startswith("SHOWN")]
        return json.loads(line.removeprefix("SHOWN"))


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    with ExitStack() as stack:
        folder = tmp_path_factory.mktemp("messy")
        template = os.environ["SUITE_TEMPLATE_INSTALLED"]
        database = stack.enter_context(copied(template, os.environ["SUITE_DB_PREFIX"], folder))
        simulator = stack.enter_context(running())
        connect(database, simulator.url)
        stack.enter_context(server(database))
        house = House(database, simulator)
        house.read()
        yield house


@pytest.fixture(scope="module")
def shown(house):
    return house.shown()


def test_each_is_one_message(house, shown):
    assert len(house.cases) == 200
    here = Counter(row["key"] for row in shown)
    odd = [case.mail.name for key, case in house.cases.items() if here[key] != 1]
    assert odd == [NEWSLETTER] and max(here.values()) == 1
    assert not here.keys() - house.cases.keys()
    assert {row["direction"] for row in shown} == {"in"}
    assert house.database.query(UNDONE) == []


def test_each_can_be_read(house, shown):
    missing, unread, promised = [], [], 0
    for row in shown:
        case = house.cases[row["key"]]
        seen = words(row["html"])
        # what the mailbox could not read is not ours to find, but for what it hands out whole
        expected = [text for text in case.mail.reads if case.is_packed or text in case.given]
        promised += len(expected)
        unread += [case.mail.name] * (expected != list(case.mail.reads))
        missing += [(case.mail.name, text) for text in expected if text not in seen]
        if bool(case.given) != bool(seen) and not case.is_packed:
            missing.append((case.mail.name, case.given[:80]))
    assert missing == []
    assert promised > 150
    assert len(unread) <= 36, "wrong charsets and the like: so the mailbox gives them"


def test_every_byte_of_their_files_is_there(house, shown):
    wrong = []
    for row in shown:
        case = house.cases[row["key"]]
        there = Counter(
            (hashlib.sha256(file.content).hexdigest(), file.size) for file in case.letter.files
        )
        here = Counter((digest, size) for digest, size in row["files"])
        if case.is_packed:
            packed = (content for _name, content in case.mail.files)
            there = Counter((hashlib.sha256(data).hexdigest(), len(data)) for data in packed)
            here &= there
        if here != there:
            wrong.append((case.mail.name, sorted(there - here), sorted(here - there)))
    assert wrong == []
    assert sum(len(row["files"]) for row in shown) > 50


@pytest.mark.parametrize("how", ["gone", "sync_state"])
def test_a_resync_brings_nothing_twice(house, shown, how):
    house.mailbox.fault(reset_delta=how)
    house.mailbox.ask("DELETE", "/sim/requests")
    house.read()
    asked = house.mailbox.ask("GET", "/sim/requests")
    assert {row["status"] for row in asked if row["path"].endswith("/delta")} > {200}
    before = {(row["key"], row["message"], len(row["files"])) for row in shown}
    assert {(row["key"], row["message"], len(row["files"])) for row in house.shown()} == before
    assert house.database.query(UNDONE) == []
