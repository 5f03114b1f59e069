"""The pages for people, in a browser: the shop's chat, the desk, and an app in its panel."""

import pytest
import requests

from scripts.devtools import Browser
from simulators.iadvize import published
from simulators.iadvize.tests.client import KARIM, signed_in
from simulators.iadvize.tests.listener import listening

PHONE = (390, 780)
APP = """<!doctype html><meta charset="utf-8"><p id="state"></p>
<script src="%s/static/idzcpa.js"></script><script>
const show = (text) => { document.getElementById("state").textContent += text; };
window.parent.postMessage({idzcpa: "request", id: "stray", command: "constructor"}, "*");
idzCpa.init().then(async (client) => {
    const jwt = await client.getJWT();
    client.insertTextInComposeBox(JSON.stringify({...client.context, jwt: jwt.split(".").length,
        commands: Object.keys(client), url: location.search.slice(0, 5)}));
    client.pushCardInConversationThread({title: "Commande", actions: []});
    client.pushCardInConversationThread({title: "Commande",
        actions: [{type: "LINK", title: "Voir", url: "https://shop.example/42"}]});
    client.pushCardBundleInConversationThread({cards: [
        {title: "Table", actions: [{type: "LINK", title: "Voir", url: "https://shop.example/1"}]}]});
    client.pushApplePayPaymentRequestInConversationThread({}).catch((error) => {
        client.insertTextInComposeBox(" " + error.message); });
});
</script>"""
CARD_TITLE = "document.querySelector('#thread .card strong').textContent"


@pytest.fixture(scope="module")
def browser():
    with Browser() as browser:
        yield browser


@pytest.fixture
def client():
    with signed_in() as client:
        yield client


def write(page, field, text):
    page.run(f"document.querySelector({field!r}).value = {text!r}")


def send(page, form):
    page.run(f"document.querySelector({form!r}).requestSubmit()")


def test_a_visitor_and_an_agent(client, browser):
    client.sim("presets", {"presets": [{
        "label": "Anne", "first_name": "Anne", "external_user_id": "C-1",
        "custom_data": {"segment": "vip"},
    }]}, "PUT")  # fmt: skip
    with browser.page(1280, 800) as shop, browser.page(1280, 800) as desk:
        shop.open(f"{client.url}/visitor?preset=Anne&text=Bonjour%20!")
        shop.wait("#presets_label")
        write(shop, "#order_number", "FR-2026-0042")
        send(shop, "#begin")
        shop.wait("#thread .mine")
        chat = client.see("chats")[0]
        assert chat["custom_data"] == {"segment": "vip", "order_number": "FR-2026-0042"}
        assert chat["visitor"]["external_user_id"] == "C-1"
        assert chat["messages"][0]["text"] == "Bonjour !"

        desk.open(f"{client.url}/desk?operator={chat['operator']['email']}")
        desk.click("#open button.unread")
        desk.wait("#answer")
        assert "FR-2026-0042" in desk.run("document.getElementById('facts').textContent")
        write(desk, "#text", "<b>Bonjour</b> Anne")
        send(desk, "#answer")
        shop.wait("#thread .theirs")
        assert "<b>Bonjour</b> Anne" in shop.run("document.getElementById('thread').textContent")
        write(shop, "#text", "Où est-elle ?")
        send(shop, "#answer")
        desk.wait("#thread .theirs:nth-child(4)")

        desk.click("#close")
        shop.click("#stars button:nth-child(4)")
        shop.wait("#stars button:nth-child(4)[aria-pressed='true']")
        write(shop, "#comment", "Merci")
        send(shop, "#survey")
        desk.wait("#closed button")
        shop.run("new Promise((done) => setTimeout(done, 200))")
        assert client.see(f"chats/{chat['id']}")["satisfaction"] == {
            "customerSatisfaction": 4, "satisfactionComment": "Merci",
        }  # fmt: skip
        shop.click("#again")
        shop.wait("#begin")


def test_an_app_in_the_panel(client, browser):
    with listening() as app, browser.page(1280, 800) as desk:
        app.page = (APP % client.url).encode()
        client.sim("app", {"panel_url": f"{app.url}/panel", "panel_secret": "k"})
        chat = client.chat(operator=KARIM, language="fr")
        desk.open(f"{client.url}/desk?operator={KARIM}&conversation={chat}")
        desk.wait("#thread .bundle .card")
        desk.wait("#refused:not(:empty)")
        said = client.see(f"chats/{chat}")["messages"]
        assert [one["kind"] for one in said if one["author"] == "operator"] == ["card", "bundle"]
        assert said[-1]["operator"]["id"] == KARIM
        desk.run("new Promise((done) => setTimeout(done, 300))")
        text = desk.run("document.getElementById('text').value")
        seen, _brace, refusal = text.partition("}")
        assert '"commands":["context"' in seen
        for name in (*published.COMMANDS, *published.CONTEXT):
            assert f'"{name}"' in seen
        assert f'"conversationId":"{chat}"' in seen and '"projectId":"1549"' in seen
        assert '"jwt":3' in seen and '"url":"?jwt="' in seen
        assert "does not know" in refusal
        assert desk.run(CARD_TITLE) == "Commande"


def test_on_a_telephone(client, browser):
    chat = client.chat("Bonjour", operator=KARIM)
    with browser.page(*PHONE, phone=True) as page:
        for path, selector in (("visitor", "#begin"), (f"desk?operator={KARIM}", "#open button")):
            page.open(f"{client.url}/{path}")
            page.wait(selector)
            width = page.run("document.documentElement.scrollWidth")
            assert width <= PHONE[0]
        page.click("#open button")
        page.wait("#thread .theirs")
        page.click("[data-go=panel]")
        page.wait("#no_panel")
        page.click("[data-go=talk]")
        write(page, "#text", "Bonjour")
        send(page, "#answer")
        page.wait("#thread .mine")
    assert client.see(f"chats/{chat}")["messages"][-1]["author"] == "operator"


@pytest.mark.parametrize(
    "path",
    ["", "visitor", "desk", "static/idzcpa.js", "static/style.css",
     "conversation-panel-app-lib/2.9.0/idzcpa.umd.production.min.js"],
)  # fmt: skip
def test_pages_are_served(client, path):
    answer = requests.get(f"{client.url}/{path}", timeout=5)
    assert answer.status_code == 200 and answer.text
