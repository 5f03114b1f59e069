"""A rep's first ten minutes: one customer writes on the chat of the web site, on Messenger and by
mail within two minutes. The chat is answered at the desk of iAdvize, beside which our panel stands,
the rest in the inbox. What has arrived at the customer is what the simulators' ledgers say."""

import os
import time

import pytest

from tests.kit.database import copied
from tests.kit.mailbox import CUSTOMER
from tests.kit.shop import CHAT, KARIM, MAIL, PAGE, SOPHIE, Shop

REF = "C1001"
QUESTION = "Bonjour, savez-vous quand mon canapé sera livré ?"
SUBJECT = "Mon canapé Oslo"
LETTER = "Je vous ai aussi écrit par Messenger."
#: The date of the order, as it is stored and as it is read.
EXPECTED, READ = "2099-05-12", "12/05/2099"
#: A customer with an order under way.
CUSTOMERS = f"""
claire = env["res.partner"].create({{
    "name": "Claire Petit", "ref": {REF!r}, "email": {CUSTOMER!r}, "lang": "fr_BE",
    "street": "Rue de la Station 3", "zip": "4000", "city": "Liège",
}})
sofa = env["product.product"].create({{"name": "Canapé Oslo", "list_price": 1290}})
order = env["sale.order"].create({{
    "partner_id": claire.id, "commitment_date": "{EXPECTED} 10:00:00",
    "order_line": [(0, 0, {{"product_id": sofa.id}})],
}})
order.action_confirm()
order.sm_backend_id = env["sm.backend"].create({{"name": "Silicon Master"}})
env["mail.canned.response"].create({{
    "source": "Date de livraison",
    "substitution": "Votre commande {{order}} est attendue pour le {{expected_date}}.",
    "group_ids": [(4, env.ref("crm_ticket.group_ticket_user").id)],
}})
env.cr.commit()
print("ORDER", order.name)
"""
OPEN = "SELECT count(*) FROM crm_ticket WHERE active AND merged_into_id IS NULL"
#: Tickets with conversations, and conversations.
SPREAD = "SELECT count(DISTINCT case_id), count(*) FROM omni_conversation"
STATES = "SELECT string_agg(state, ' ') FROM crm_ticket WHERE active"
WAITS = "SELECT count(*) FROM crm_ticket WHERE active AND waiting_since IS NOT NULL"
GOES_ON = """
    SELECT c.is_open_there FROM omni_conversation c JOIN omni_channel h ON h.id = c.channel_id
     WHERE h.provider = 'iadvize'
"""


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    folder = tmp_path_factory.mktemp("minutes")
    template, prefix = os.environ["SUITE_TEMPLATE_INSTALLED"], os.environ["SUITE_DB_PREFIX"]
    with copied(template, prefix, folder) as database:
        said = database.shell(CUSTOMERS)
        [line] = [line for line in said.splitlines() if line.startswith("ORDER")]
        with Shop(database) as shop:
            shop.order = line.split()[1]
            shop.sophie = shop.rep(SOPHIE)
            shop.desk = shop.desk_of(SOPHIE)
            shop.visitor = shop.visitor_called(
                first_name="Claire", last_name="Petit", external_user_id=REF
            )
            # not under her full name
            shop.telephone = shop.telephone_of("Claire P.")
            yield shop


def test_three_channels_one_ticket(shop):
    """She has logged in on the web site, and says her order and her address on Messenger."""
    shop.visitor.begin(QUESTION)
    shop.until(lambda: shop.one(OPEN) == 1)
    shop.telephone.writes(f"Et ma commande {shop.order} ? Mon adresse : {CUSTOMER}")
    shop.mailbox.write(SUBJECT, html=f"<p>{LETTER}</p>")
    shop.until(lambda: shop.database.query(SPREAD) == [(1, 3)])
    shop.settled()
    assert shop.one(OPEN) == 1

    sophie = shop.sophie
    item = sophie.open(QUESTION, folder="unassigned")
    assert item["who"] == "Claire Petit" and shop.order in item["orders"]
    assert item["channels"] == 3
    # known by name, on each channel by what speaks for it
    levels = {one["channel"]: one["level"] for one in sophie.identities()}
    assert levels == {CHAT: "proved", PAGE: "strong", MAIL: "strong"}
    card = sophie.card()
    assert "Claire Petit" in card and shop.order in card and READ in card
    said = {one["channel"]: one["text"] for one in sophie.messages()}
    assert QUESTION in said[CHAT] and CUSTOMER in said[PAGE] and LETTER in said[MAIL]
    # what was joined says why
    joined = sophie.strips("joined")
    assert len(joined) == 2 and all("Claire Petit" in one["text"] for one in joined)
    [page] = [one for one in joined if PAGE in one["text"]]
    assert shop.order in page["text"]
    # nobody reads numbers of accounts
    assert shop.telephone.psid not in sophie.page.run("document.body.innerText")


def test_chat_answered_at_the_desk(shop):
    """With the panel's help: who it is, a prepared answer, the order as a card."""
    desk, visitor = shop.desk, shop.visitor
    desk.open(visitor.chat)
    desk.is_level("proved")
    desk.shows("Claire Petit", "#who h1")
    desk.shows(shop.order, "#orders")
    desk.shows(READ, "#orders .p-expected")
    desk.shows(QUESTION, "#ticket")

    desk.answer("Date de livraison", f"Votre commande {shop.order} est attendue")
    assert READ in desk.compose_box()
    assert not visitor.got(), "nothing leaves before she sends it"
    desk.send()
    visitor.sees(READ, "#thread")

    desk.push_order(shop.order)
    visitor.sees(shop.order, "#thread .card")
    text, card = visitor.got()
    assert READ in text["text"]
    [action] = card["content"]["actions"]
    assert action["url"].startswith(f"{shop.url}/my/orders/")

    # it is in the inbox as well, sent by nobody again; Messenger and the mail still wait
    shop.read_chats()
    shop.sophie.message("est attendue", kind="out", channel=CHAT, who="Sophie Lambert")
    shop.settled()
    assert len(visitor.got()) == 2
    assert shop.one(WAITS) == 1


def test_one_answer_for_two(shop):
    """Answered on Messenger, and with that by mail as well: a note says so."""
    sophie = shop.sophie
    sophie.begin()
    sophie.answer_on(PAGE)
    assert sophie.also() == [{"channel": MAIL, "isAnswered": False}]
    sophie.type("Votre canapé arrive le 12 mai.")
    sophie.answers_too(MAIL)
    sophie.send()
    shop.telephone.sees("arrive le 12 mai", "#messages")
    sophie.message("arrive le 12 mai", kind="out", channel=PAGE)
    note = sophie.event("arrive le 12 mai")
    assert "AM" not in note and "PM" not in note, "a job has noted it, in her language"
    shop.settled()
    assert [one["text"] for one in shop.telephone.got()] == ["Votre canapé arrive le 12 mai."]
    assert not shop.mailed(CUSTOMER)
    assert shop.one(WAITS) == 0


def test_parted_and_joined_again(shop):
    sophie = shop.sophie
    sophie.show("all")
    sophie.undo_join(PAGE)
    sophie.until(lambda: sorted(one["channels"] for one in sophie.items()) == [1, 2])
    assert shop.database.query(SPREAD) == [(2, 3)]
    assert PAGE not in {one["channel"] for one in sophie.messages()}
    # it is offered, not done by itself
    shop.telephone.writes("Merci !")
    shop.settled()
    assert shop.database.query(SPREAD) == [(2, 3)]

    sophie.join(PAGE)
    sophie.until(lambda: [one["channels"] for one in sophie.items()] == [3])
    assert shop.database.query(SPREAD) == [(1, 3)]
    sophie.message("Merci !", kind="in", channel=PAGE)
    assert sophie.is_same_page()


def test_mail_answered_from_the_inbox(shop):
    """What was answered elsewhere can be answered by mail all the same; she answers that."""
    sophie = shop.sophie
    sophie.begin()
    sophie.answer_on(MAIL)
    sophie.type("Voici donc la date par écrit : le 12 mai.")
    sophie.answers_too(PAGE)
    sophie.send()
    sophie.message("par écrit", kind="out", channel=MAIL, state="sent")
    [sent] = shop.mailed(CUSTOMER)
    assert sent["delivered"] == [CUSTOMER] and "par écrit" in sent["text"]
    [post] = shop.mailbox.received()
    time.sleep(1.1)  # Graph's times are whole seconds: nobody answers within the same one
    path = f"/sim/customers/{CUSTOMER}/{post['key']}/reply"
    shop.mailbox.ask("POST", path, {"text": "Plutôt le matin ?"})
    sophie.message("Plutôt le matin ?", kind="in", channel=MAIL)
    assert shop.one(OPEN) == 1 and shop.one(WAITS) == 1


def test_colleague_answers_on_another_channel(shop):
    """She answers by mail what he has just answered on Messenger: it stops, and shows that."""
    sophie, karim = shop.sophie, shop.rep(KARIM)
    sophie.begin()
    sophie.answer_on(MAIL)
    sophie.type("Non, l'après-midi.")
    karim.open(QUESTION)
    karim.begin()
    karim.answer_on(PAGE)
    karim.type("Oui, avant dix heures.")
    karim.send()
    shop.telephone.sees("avant dix heures", "#messages")
    assert shop.one(STATES) == "open", "she waits for an answer to her mail"

    sophie.send()
    [change] = sophie.changes()
    assert change["who"] == "Karim Haddad" and change["channel"] == PAGE
    assert "avant dix heures" in change["text"]
    shop.settled()
    assert len(shop.mailed(CUSTOMER)) == 1, "hers has not left"
    sophie.read_first()
    sophie.message("avant dix heures", kind="out", channel=PAGE)
    sophie.send()  # she has read it, and means it
    sophie.message("l'après-midi", kind="out", channel=MAIL, state="sent")
    assert len(shop.mailed(CUSTOMER)) == 2


def test_closed(shop):
    """The chat ends at the desk, the ticket in the inbox; everything has arrived, once."""
    desk, sophie = shop.desk, shop.sophie
    desk.close()
    shop.until(lambda: not shop.one(GOES_ON))
    sophie.close()
    shop.settled()
    assert shop.one("SELECT count(*) FROM crm_ticket WHERE active AND state != 'done'") == 0
    assert shop.one(WAITS) == 0
    assert len(shop.visitor.got()) == 2
    assert [one["text"] for one in shop.telephone.got()] == [
        "Votre canapé arrive le 12 mai.",
        "Oui, avant dix heures.",
    ]
    assert not shop.page.ask("GET", "ledger")["twice"]
    assert not shop.one("SELECT count(*) FROM omni_event WHERE state = 'dead'")
    assert not shop.one("SELECT count(*) FROM omni_draft")
    assert sophie.is_same_page(), "it was never loaded anew"


def test_known_by_a_signed_link(shop):
    """Somebody comes to Messenger by a link that we have sent him: there is nothing to ask."""
    script = (
        "channel = env['omni.channel'].search([('provider', '=', 'messenger')])\n"
        f"print('REF', channel._signed_ref('customer', {REF!r}))"
    )
    said = shop.database.shell(script)
    [ref] = [line.split()[1] for line in said.splitlines() if line.startswith("REF")]
    telephone = shop.telephone_of("Une amie de Claire")
    telephone.follows(ref)
    telephone.writes("Je voudrais aussi une table.")
    sophie = shop.sophie
    item = sophie.open("Je voudrais aussi une table.", folder="all")
    assert item["who"] == "Claire Petit"
    assert [one["level"] for one in sophie.identities()] == ["proved"]
