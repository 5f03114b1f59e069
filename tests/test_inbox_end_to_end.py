"""A morning before the inbox: a real Odoo with its scheduled actions, a simulated Microsoft 365,
customers who write there, reps in a browser. What has left is what the simulator's ledger says."""

import base64
import hashlib
import os
import random
from contextlib import ExitStack

import pytest

from scripts.devtools import Browser
from scripts.test_suite import free_port
from simulators.graph.directory import DOMAIN
from simulators.graph.server import running
from tests.kit.database import copied
from tests.kit.mailbox import BOX, CUSTOMER, Mailbox, connect, run_cron, until
from tests.kit.rep import Rep
from tests.kit.web import web_server

OTHER_BOX = f"sav@{DOMAIN}"
SIZE = 5_000_000
PASSWORD = "a morning"
NIGHT = "Livraison de mon canapé"
#: Two reps, a second mailbox, and a customer with an order.
SETUP = f"""
users = env["res.users"].with_context(no_reset_password=True)
for login, name in (("rita", "Rita Réponse"), ("bert", "Bert Bureau")):
    users.create({{
        "name": name, "login": login, "password": {PASSWORD!r}, "email": login + "@{DOMAIN}",
        "group_ids": [(4, env.ref("crm_ticket.group_ticket_user").id)],
    }})
info = env["omni.channel"].search([])
info.signature = "<p>Meubles Démo, service clients</p>"
sav = info.copy({{"name": "SAV", "outlook_mailbox": {OTHER_BOX!r}}})
sav.action_enable()
claire = env["res.partner"].create({{"name": "Claire Petit", "email": {CUSTOMER!r}}})
product = env["product.product"].create({{"name": "Canapé Oslo"}})
order = env["sale.order"].create({{
    "partner_id": claire.id, "order_line": [(0, 0, {{"product_id": product.id}})],
}})
order.action_confirm()
order.sm_backend_id = env["sm.backend"].create({{"name": "Silicon Master"}})
env.cr.commit()
print("ORDER", order.name)
"""
TICKETS = "SELECT count(*) FROM crm_ticket WHERE name = %s"
STATE = "SELECT state FROM crm_ticket WHERE name = %s"
MAILED = """
    SELECT count(*) FROM mail_mail_res_partner_rel JOIN res_partner p ON p.id = res_partner_id
     WHERE p.email NOT LIKE %s
"""
IDLE = """
    SELECT count(*) FROM omni_folder WHERE is_active AND is_dirty
     UNION ALL SELECT count(*) FROM omni_event WHERE state IN ('new', 'retry')
"""


class Morning:
    """The shop: its Odoo, its mailboxes, its reps."""

    def __init__(self, database, simulator, order):
        self.database = database
        self.mailbox = Mailbox(simulator.url)
        self.order = order

    def until(self, what, seconds=60):
        return until(what, seconds, self.database)

    def one(self, sql, *parameters):
        """Return the first value of the first row."""
        rows = self.database.query(sql, parameters)
        return rows[0][0] if rows else None

    def sent(self, to):
        """What has left to somebody, by the ledger."""
        rows = self.mailbox.ask("GET", "/sim/ledger")["outgoing"]
        return [row for row in rows if row["to"] == [to]]

    def reply(self, author, text, **letter):
        """A customer answers the newest of what came to him."""
        post = self.until(lambda: self.mailbox.received(author))[-1]
        path = f"/sim/customers/{author}/{post['key']}/reply"
        return self.mailbox.ask("POST", path, {"text": text, **letter})

    def settled(self):
        """Wait until all that was told is worked off."""
        self.mailbox.ask("POST", "/sim/settle", {})
        self.until(lambda: not any(count for (count,) in self.database.query(IDLE)))

    def arrived(self, subject):
        """Wait for the ticket of a mail."""
        self.until(lambda: self.one(TICKETS, subject))


def a_file(name, seed):
    """A file of 5 MB, as the simulator takes it, and its digest."""
    content = random.Random(seed).randbytes(SIZE)
    file = {
        "name": name,
        "content_type": "application/pdf",
        "base64": base64.b64encode(content).decode(),
    }
    return file, hashlib.sha256(content).hexdigest()


@pytest.fixture(scope="module")
def morning(tmp_path_factory):
    with ExitStack() as stack:
        folder = tmp_path_factory.mktemp("morning")
        template = os.environ["SUITE_TEMPLATE_INSTALLED"]
        database = stack.enter_context(copied(template, os.environ["SUITE_DB_PREFIX"], folder))
        simulator = stack.enter_context(running())
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        connect(database, simulator.url, url)
        [line] = [line for line in database.shell(SETUP).splitlines() if line.startswith("ORDER")]
        morning = Morning(database, simulator, line.split()[1])
        # it comes while nobody is there, not even Odoo
        file, morning.night_digest = a_file("photo.pdf", 1)
        morning.mailbox.write(NIGHT, html=f"<p>Où en est {morning.order} ?</p>", attachments=[file])
        stack.enter_context(web_server(database, port))
        run_cron(database, "ir_cron_outlook_watch")
        run_cron(database, "ir_cron_sync")
        morning.until(lambda: len(morning.mailbox.subscriptions()) == 4, 90)
        morning.settled()
        browser = stack.enter_context(Browser())
        morning.rita = Rep(browser, url, database.name, "rita", PASSWORD)
        morning.bert = Rep(browser, url, database.name, "bert", PASSWORD)
        yield morning


def test_answered_and_answered_again(morning):
    rita, mailbox = morning.rita, morning.mailbox
    item = rita.open(NIGHT, folder="unassigned")
    assert item["who"] == "Claire Petit" and morning.order in item["orders"]
    card = rita.card()
    assert "Claire Petit" in card and morning.order in card
    [question] = rita.messages()
    assert question["kind"] == "in" and morning.order in question["text"]
    [file] = question["files"]
    assert rita.digest(file) == morning.night_digest

    rita.write("Il part demain matin.")
    digest = rita.attach("bon de livraison.pdf", SIZE)
    rita.send()
    rita.message("Il part demain matin.", kind="out", state="sent")

    [post] = mailbox.received()
    [sent] = morning.sent(CUSTOMER)
    [asked] = [one for one in mailbox.ask("GET", "/sim/ledger")["incoming"]]
    assert sent["by"] == "app" and sent["delivered"] == [CUSTOMER]
    assert sent["in_reply_to"] == post["in_reply_to"] == asked["message_id"]
    assert sent["references"] == post["references"] == [asked["message_id"]]
    assert post["html"].count("Il part demain matin.") == 1
    assert post["html"].index("matin") < post["html"].index("Meubles Démo, service clients")
    assert [(one["name"], one["size"], one["sha256"]) for one in sent["attachments"]] == [
        ("bon de livraison.pdf", SIZE, digest)
    ]

    file, digest = a_file("plan.pdf", 2)
    morning.reply(CUSTOMER, "Merci, et la table ?", attachments=[file])
    answer = rita.message("Merci, et la table ?", kind="in")
    assert rita.digest(answer["files"][0]) == digest
    assert [one["kind"] for one in rita.messages()] == ["in", "out", "in"]
    assert rita.is_same_page()
    morning.settled()
    assert morning.one(TICKETS, NIGHT) == 1
    assert morning.one("SELECT count(*) FROM omni_conversation WHERE subject = %s", NIGHT) == 1
    assert len(mailbox.received()) == 1, "once, whatever came after"


def test_colleague_answers_in_outlook(morning):
    subject, author = "Depuis Outlook", "olivier@example.org"
    key = morning.mailbox.write(subject, author, html="<p>Il manque un pied.</p>")
    morning.arrived(subject)
    rita = morning.rita
    rita.open(subject)
    path = f"/sim/mailboxes/{BOX}/messages/{key}/reply"
    morning.mailbox.ask("POST", path, {"text": "Je vous l'envoie."})
    rita.message("Je vous l'envoie.", kind="out", state="sent")
    assert rita.is_same_page()
    morning.settled()
    assert morning.one(TICKETS, subject) == 1
    answered = "SELECT waiting_since IS NULL FROM crm_ticket WHERE name = %s"
    assert morning.one(answered, subject), "nobody waits for an answer any more"
    assert [row["by"] for row in morning.sent(author)] == ["outlook"], "and nobody sends it again"


def test_second_rep_is_faster(morning):
    subject, author = "Deux à la fois", "denis@example.org"
    morning.mailbox.write(subject, author)
    morning.arrived(subject)
    rita, bert = morning.rita, morning.bert
    rita.open(subject)
    rita.write("Jeudi, dit Rita.")
    bert.open(subject)
    bert.write("Vendredi, dit Bert.")
    bert.send()
    bert.message("Vendredi, dit Bert.", kind="out", state="sent")

    rita.send()
    rita.page.wait(".o_omni_changes")
    told = rita.page.run("document.querySelector('.o_omni_changes').innerText")
    assert "Bert Bureau" in told and "Vendredi, dit Bert." in told
    morning.settled()
    assert ["Vendredi" in row["text"] for row in morning.sent(author)] == [True]
    rita.page.click(".o_omni_read_first")
    rita.message("Vendredi, dit Bert.", kind="out")

    rita.send()  # she has read it, and means it
    rita.message("Jeudi, dit Rita.", kind="out", state="sent")
    assert len(morning.sent(author)) == 2


def test_one_mail_to_both_mailboxes(morning):
    subject = "À vous deux"
    letter = {"from": "lea@example.org", "subject": subject, "text": "Bonjour"}
    found = morning.mailbox.ask("POST", "/sim/mail", {"mailbox": [BOX, OTHER_BOX], **letter})
    for message in found["messages"]:
        key = f"message:{message['id']}"
        morning.until(
            lambda: morning.one("SELECT 1 FROM omni_event WHERE dedupe_key = %s", key)  # noqa: B023
        )
    morning.settled()
    assert morning.one(TICKETS, subject) == 1
    morning.rita.open(subject)
    assert [one["kind"] for one in morning.rita.messages()] == ["in"]
    assert [one["subject"] for one in morning.rita.items()].count(subject) == 1


def test_absence_reopens_nothing(morning):
    subject, author = "Je pars en vacances", "ines@example.org"
    morning.mailbox.write(subject, author)
    morning.arrived(subject)
    rita = morning.rita
    rita.open(subject)
    rita.write("Bonnes vacances.")
    rita.send()
    rita.message("Bonnes vacances.", kind="out", state="sent")
    rita.page.click(".o_omni_close")
    rita.page.wait(".o_omni_reopen")
    headers = {"Auto-Submitted": "auto-replied", "X-Auto-Response-Suppress": "All"}
    morning.reply(author, "De retour lundi.", subject=f"Absence : {subject}", headers=headers)
    note = rita.message("De retour lundi.", kind="in")
    assert note["isAutomatic"]
    morning.settled()
    assert morning.one(TICKETS, subject) == 1
    assert morning.one(STATE, subject) == "done"
    assert len(morning.sent(author)) == 1, "no machine answers a machine"

    morning.reply(author, "Me revoilà.")
    rita.message("Me revoilà.", kind="in")
    assert morning.one(STATE, subject) == "open", "what he writes himself does"


def test_bounce(morning):
    subject, author = "Boîte pleine", "plein@example.org"
    morning.mailbox.write(subject, author)
    morning.arrived(subject)
    morning.mailbox.fault(undeliverable=[author])
    rita = morning.rita
    rita.open(subject)
    rita.write("Vous ne lirez jamais ceci.")
    rita.send()
    rita.message("Vous ne lirez jamais ceci.", kind="out", state="failed")
    assert rita.is_same_page()
    morning.mailbox.fault(reset=True)
    morning.settled()
    assert morning.one(TICKETS, subject) == 1
    [sent] = morning.sent(author)
    assert sent["refused"] == [author]


def test_nothing_is_left_over(morning):
    """Whatever lies in the mailboxes is here, once; nothing was given up."""
    morning.settled()
    for box in (BOX, OTHER_BOX):
        rows = morning.mailbox.ask("GET", f"/sim/mailboxes/{box}")
        assert not [row for row in rows if row["is_draft"] and row["folder"] == "drafts"]
    assert not morning.one("SELECT count(*) FROM omni_event WHERE state = 'dead'")
    assert not morning.one("SELECT count(*) FROM omni_draft")
    assert not morning.one("SELECT count(*) FROM mail_mail WHERE email_to IS NOT NULL")
    assert not morning.one(MAILED, f"%@{DOMAIN}"), "Odoo's own mail goes to colleagues only"
