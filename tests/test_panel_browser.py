"""The panel in the desk of iAdvize, in a real browser: framed by the simulated desk, it shows who
writes, lets an agent say who it is, and takes texts and cards over; framed by others it shows
nothing."""

import json
import os
import time
import urllib.request
from contextlib import ExitStack

import pytest

from scripts.devtools import Browser
from scripts.test_suite import free_port
from simulators.iadvize.server import Simulator, running
from tests.kit.database import copied
from tests.kit.web import web_server

SECRET = "the secret of the connector"
AGENT = "sophie@meubles-demo.example"
LIBRARY = "/conversation-panel-app-lib/2.9.0/idzcpa.umd.production.min.js"
#: What would show that something ran that came from outside.
TRAP = '<img src=x onerror=\'top.postMessage("xss","*")\'>'
#: Windows' numbers of keys, by which Chromium knows what they do.
KEYS = {"Enter": 13, "Escape": 27, "ArrowDown": 40, "/": 191}
SETUP = f"""
import os
house, desk = os.environ["HOUSE"], os.environ["DESK"]
env["ir.config_parameter"].set_param("web.base.url", house)
env["ir.config_parameter"].set_param("web.base.url.freeze", "True")
team = env["crm.team"].create({{"name": "Service", "use_tickets": True}})
sophie = env["res.users"].create({{
    "name": "Sophie Lambert", "login": {AGENT!r}, "email": {AGENT!r}, "lang": "fr_BE",
    "tz": "Europe/Brussels",
    "group_ids": [(4, env.ref("crm_ticket.group_ticket_user").id)],
}})
env["crm.team.member"].create({{"crm_team_id": team.id, "user_id": sophie.id}})
channel = env["omni.channel"].create({{
    "name": "Chat", "provider": "iadvize", "team_id": team.id, "is_enabled": True,
    "start_date": "2020-01-01", "iadvize_user": "api@meubles-demo.example",
    "iadvize_password": "iadvize-demo-password", "iadvize_url": desk,
    "panel_secret": {SECRET!r}, "panel_origins": desk, "panel_library_url": desk + {LIBRARY!r},
    "panel_article_url": "https://shop.example/search?q={{reference}}",
}})
claire = env["res.partner"].create({{
    "name": "Claire Petit-Vandenbroucke de la Fontaine " + {TRAP!r},
    "email": "claire@example.com", "phone": "0475 12 34 56", "zip": "4000", "city": "Liège",
    "country_id": env.ref("base.be").id, "lang": "fr_BE",
}})
sofa = env["product.product"].create({{
    "name": "Canapé d'angle Oslo, revêtement velours côtelé vert sauge, méridienne à droite",
    "default_code": "OSLO-VS",
}})
for number, expected in (("CMD-7001", "2099-05-12"), ("CMD-7002", "2020-03-02"),
                         ("CMD-7003", False), ("CMD-7004", "2099-08-20")):
    order = env["sale.order"].create({{
        "name": number, "partner_id": claire.id, "commitment_date": expected,
        "order_line": [(0, 0, {{"product_id": sofa.id, "name": {TRAP!r}}})],
    }})
    order.state = "sale"
env["crm.ticket"].create({{
    "name": "Facture du salon " + {TRAP!r}, "partner_id": claire.id, "team_id": team.id,
}})
group = env.ref("crm_ticket.group_ticket_user")
for source, text in (
    ("Bonjour", "Bonjour {{customer}}, je regarde tout de suite."),
    ("Date de livraison", "Votre commande {{order}} arrive le {{expected_date}}. " + {TRAP!r}),
):
    env["mail.canned.response"].create({{
        "source": source, "substitution": text, "group_ids": [(4, group.id)],
    }})
env.cr.commit()
print("PANEL", channel.panel_url)
"""
#: A colleague says elsewhere who it is.
CONFIRM = """
import os
chat = env["omni.conversation"].search([("external_id", "=", os.environ["CHAT"])])
claire = env["res.partner"].search([("email", "=", "claire@example.com")], limit=1)
chat.identity_id.action_confirm(claire.id)
env.cr.commit()
"""


class Desk:
    """Sophie's desk, and the frame of the panel in it."""

    def __init__(self, house, page):
        self.house, self.page = house, page
        self.frame = None

    def begin(self, text, **visitor):
        """A visitor writes, and Sophie opens his conversation."""
        body = {"visitor": visitor, "text": text, "operator": AGENT, "language": "fr"}
        self.chat = self.house.ask("POST", "/sim/chats", body)["id"]
        desk = f"{self.house.simulator.url}/desk?operator={AGENT}&conversation={self.chat}"
        self.page.open(desk)
        self.page.wait("iframe[title=Application]")

    def look_into(self, seconds=20):
        """Find the frame of the panel; its scripts are read and run in a world of their own, which
        shares its document."""
        deadline = time.monotonic() + seconds
        while True:
            frames = self.page._call("Page.getFrameTree")["frameTree"].get("childFrames", [])
            [url] = [one["frame"]["url"] for one in frames] or [""]
            if "/omni/panel/" in url or "chrome-error" in url:
                break
            assert time.monotonic() < deadline, frames
            time.sleep(0.1)
        frame = frames[0]["frame"]["id"]
        world = self.page._call("Page.createIsolatedWorld", frameId=frame)
        self.frame = world["executionContextId"]
        return url

    def run(self, script):
        """Value of a JavaScript expression in the panel."""
        result = self.page._call(
            "Runtime.evaluate",
            expression=script,
            contextId=self.frame,
            awaitPromise=True,
            returnByValue=True,
        )
        assert "exceptionDetails" not in result, (script, result)
        return result["result"].get("value")

    def until(self, script, seconds=20):
        """Wait until an expression is true in the panel."""
        deadline = time.monotonic() + seconds
        while not self.run(f"Boolean({script})"):
            assert time.monotonic() < deadline, f"{script}\n{self.text()}"
            time.sleep(0.1)

    def text(self, selector="body"):
        """What is to be read in the panel."""
        return self.run(f"document.querySelector({json.dumps(selector)})?.innerText || ''")

    def shows(self, text, selector="body", seconds=20):
        element = f"document.querySelector({json.dumps(selector)})?.innerText || ''"
        self.until(f"({element}).includes({json.dumps(text)})", seconds)

    def is_level(self, level, seconds=20):
        """Wait until it is shown how sure it is who writes."""
        self.until(f"document.querySelector('#who h1 + .p-level-{level}')", seconds)

    def click(self, selector):
        found = f"document.querySelector({json.dumps(selector)})"
        self.until(f"{found}?.checkVisibility()")
        self.run(f"{found}.focus(), {found}.click()")

    def key(self, key):
        """A key, as it is pressed; it goes to whatever has the focus."""
        pressed = {"key": key, "code": key, "windowsVirtualKeyCode": KEYS[key]}
        text = {"Enter": "\r", "/": "/"}.get(key, "")
        down = {"type": "keyDown", "text": text} if text else {"type": "rawKeyDown"}
        self.page._call("Input.dispatchKeyEvent", **down, **pressed)
        self.page._call("Input.dispatchKeyEvent", type="keyUp", **pressed)

    def type(self, text):
        self.page._call("Input.insertText", text=text)

    def compose_box(self):
        return self.page.run("document.querySelector('#text').value")

    def wait_in_box(self, text):
        deadline = time.monotonic() + 15
        while text not in self.compose_box():
            assert time.monotonic() < deadline, (text, self.compose_box(), self.text())
            time.sleep(0.1)

    def cards(self):
        """What the visitor was sent, beyond texts."""
        [chat] = [
            one
            for one in self.house.ask("GET", "/sim/ledger")["conversations"]
            if one["id"] == self.chat
        ]
        return [m["content"] for m in chat["messages"] if m["kind"] == "card"]


class House:
    """Odoo with a panel, the simulator, a browser."""

    def __init__(self, database, simulator, panel_url, browser):
        self.database, self.simulator = database, simulator
        self.panel_url, self.browser = panel_url, browser

    def ask(self, method, path, body=None):
        """The simulator's own API."""
        request = urllib.request.Request(
            f"{self.simulator.url}{path}",
            None if body is None else json.dumps(body).encode(),
            {"Content-Type": "application/json"},
            method=method,
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.loads(answer.read())


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    with ExitStack() as stack:
        folder = tmp_path_factory.mktemp("panel")
        template = os.environ["SUITE_TEMPLATE_INSTALLED"]
        database = stack.enter_context(copied(template, os.environ["SUITE_DB_PREFIX"], folder))
        simulator = stack.enter_context(running(Simulator()))
        port = free_port()
        said = database.shell(SETUP, HOUSE=f"http://127.0.0.1:{port}", DESK=simulator.url)
        [panel_url] = [line[6:] for line in said.splitlines() if line.startswith("PANEL ")]
        stack.enter_context(web_server(database, port))
        house = House(database, simulator, panel_url, stack.enter_context(Browser()))
        app = {"panel_url": panel_url, "panel_secret": SECRET, "events": []}
        house.ask("POST", "/sim/app", app)
        yield house


@pytest.fixture
def desk(house):
    with house.browser.page(1280, 900) as page:
        # whatever runs that came from outside says so to the desk
        page._call(
            "Page.addScriptToEvaluateOnNewDocument",
            source="window.addEventListener('message',"
            " ({data}) => { if (data === 'xss') window.attacked = true; });",
        )
        yield Desk(house, page)


def test_from_who_is_it_to_the_answer(desk):
    """A visitor nobody knows: his order, that it is he, the date, a card, a note."""
    desk.begin("Bonjour, où est ma commande ?", first_name="Claire", email="claire@example.com")
    assert desk.look_into().startswith(desk.house.panel_url)
    assert desk.run("document.documentElement.lang") == "fr-BE"
    # who he says he is, and who he may be; nothing of his orders can be sent
    desk.is_level("weak")
    desk.shows("claire@example.com", "#who")
    desk.shows("CMD-7001", "#who")
    desk.until("document.querySelector('#who .p-uncertain').checkVisibility()")
    assert not desk.run("document.querySelector('#orders').checkVisibility()")
    # the token is not left in the address
    assert "jwt" not in desk.run("location.href")

    # by keyboard: look for the order and its postcode, and it is he
    desk.page.run("document.querySelector('iframe[title=Application]').focus()")
    desk.key("/")
    desk.until("document.activeElement.id === 'find-term'")
    desk.type("cmd-7001 4000")
    desk.key("Enter")
    desk.until("document.querySelector('#found .p-level-strong')")
    desk.until("document.activeElement.dataset.step !== undefined")
    desk.key("Enter")
    desk.is_level("proved")
    desk.shows("CMD-7001", "#orders")
    desk.shows("2099", "#orders .p-expected")
    desk.shows("0475 12 34 56", "#who .p-facts")
    assert desk.run("document.querySelector('#who h1').innerText").startswith("Claire Petit")

    # the date of the order, into the compose box
    desk.click("#orders [data-key^=tell]")
    desk.wait_in_box("CMD-7001")
    assert "2099" in desk.compose_box()

    # a canned answer, by keyboard
    desk.click("#answers-term")
    desk.type("bonj")
    desk.until("document.querySelectorAll('#answers .p-answer').length === 1")
    desk.key("ArrowDown")
    desk.until("document.activeElement.className === 'p-answer'")
    desk.key("Enter")
    desk.wait_in_box("je regarde tout de suite")

    # a card: shown first, then sent
    desk.click("#orders [data-key^=card]")
    desk.until("document.querySelector('dialog[open]')")
    assert desk.cards() == []
    desk.key("Escape")
    desk.until("!document.querySelector('dialog')")
    desk.click("#orders [data-key^=card]")
    desk.click("dialog .p-primary")
    deadline = time.monotonic() + 10
    while not desk.cards():
        assert time.monotonic() < deadline
        time.sleep(0.1)
    [card] = desk.cards()
    url = card["actions"][0]["url"]
    assert "/my/orders/" in url and "access_token=" in url
    with urllib.request.urlopen(url, timeout=60) as shown:
        assert "CMD-7001" in shown.read().decode()

    # an article
    desk.click("#articles summary")
    desk.run("document.querySelector('#articles-term').focus()")
    desk.type("oslo")
    desk.key("Enter")
    desk.click("#articles [data-step]")
    desk.click("dialog .p-primary")
    deadline = time.monotonic() + 10
    while len(desk.cards()) < 2:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert desk.cards()[1]["actions"][0]["url"] == "https://shop.example/search?q=OSLO-VS"

    # a note
    desk.click("#ticket [data-key=note]")
    desk.until("document.activeElement.id === 'note-text'")
    desk.type("Elle rappelle demain")
    desk.click("#note-save")
    desk.until("document.querySelector('#note').hidden")
    [(count,)] = desk.house.database.query(
        "SELECT COUNT(*) FROM mail_message WHERE body LIKE %s", ("%Elle rappelle demain%",)
    )
    assert count == 1

    # what came from outside is only ever read
    assert "onerror" in desk.text()
    assert not desk.run("document.querySelector('#panel img')")
    assert not desk.page.run("window.attacked === true")


def test_what_becomes_known_later_shows_by_itself(desk):
    desk.begin("Bonjour", first_name="Paul")
    desk.look_into()
    desk.is_level("none")
    # what is typed meanwhile stays
    desk.click("#find-term")
    desk.type("half a na")
    desk.house.database.shell(CONFIRM, CHAT=desk.chat)
    desk.is_level("proved", 40)
    desk.shows("CMD-7001", "#orders")


def test_without_a_connection(desk):
    """What is shown stays and says how old it is; then it goes on by itself."""
    desk.begin("Bonjour", first_name="Claire", email="claire@example.com")
    desk.look_into()
    desk.is_level("weak")
    network = {"latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
    desk.page._call("Network.enable")
    desk.page._call("Network.emulateNetworkConditions", offline=True, **network)
    desk.click("#who [data-step]")
    desk.click("dialog .p-primary")
    desk.until("document.querySelector('#message').className.includes('p-danger')", 30)
    desk.until("!document.querySelector('#stale').hidden", 40)
    desk.shows("claire@example.com", "#who")
    desk.page._call("Network.emulateNetworkConditions", offline=False, **network)
    # the very thing that failed
    desk.click("#message .p-link")
    desk.is_level("proved")
    desk.until("document.querySelector('#stale').hidden")


def test_narrow(desk):
    desk.begin("Bonjour", first_name="Claire", email="claire@example.com")
    desk.look_into()
    desk.click("#who [data-step]")
    desk.click("dialog .p-primary")
    desk.shows("CMD-7001", "#orders")
    desk.click("#orders [data-key=all-orders]")
    for width in (320, 360, 480):
        metrics = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": False}
        desk.page._call("Emulation.setDeviceMetricsOverride", **metrics)
        desk.page.click("[data-go=panel]")
        desk.until(f"innerWidth > {width} - 20 && innerWidth <= {width}")
        assert desk.run("document.documentElement.scrollWidth <= innerWidth")
        # everything that can be pressed has a name, and a size to be hit
        wrong = desk.run(
            "[...document.querySelectorAll('button, a, input')].filter((one) =>"
            " one.checkVisibility() && (!(one.ariaLabel || one.innerText || one.placeholder)"
            " || one.getBoundingClientRect().height < 16)).map((one) => one.outerHTML)"
        )
        assert wrong == []


def test_not_in_the_frame_of_somebody_else(desk):
    """Only the desk may frame it, even with a token that is good: not even Odoo itself."""
    url = desk.house.ask("GET", f"/sim/panel?operator={AGENT}")["url"]
    desk.page.open(desk.house.panel_url.replace("/omni/panel/", "/web/login?"))
    desk.page.wait("form")
    desk.page.run(
        "{ const frame = document.createElement('iframe');"
        f" frame.src = {json.dumps(url)}; document.body.append(frame); }}"
    )
    assert "chrome-error" in desk.look_into()
    assert not desk.run("Boolean(document.querySelector('#panel'))")


def test_refused_in_words(desk):
    """An agent whom nobody knows in Odoo reads what to do."""
    nobody = "nobody@meubles-demo.example"
    desk.house.ask("POST", "/sim/operators/15254", {"email": nobody})
    body = {"visitor": {"first_name": "Paul"}, "text": "Bonjour", "operator": nobody}
    chat = desk.house.ask("POST", "/sim/chats", body)["id"]
    desk.page.open(f"{desk.house.simulator.url}/desk?operator={nobody}&conversation={chat}")
    desk.page.wait("iframe[title=Application]")
    desk.look_into()
    desk.shows(nobody)
    assert desk.run("document.scripts.length") == 0
