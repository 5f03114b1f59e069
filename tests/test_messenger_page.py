"""The Messenger of a customer, in a real browser and as a telephone shows it."""

import time

import pytest

from scripts.devtools import Browser
from simulators.messenger.tests.client import connected


@pytest.fixture
def client():
    with connected() as client:
        yield client


class Phone:
    """Somebody's telephone."""

    def __init__(self, page):
        self.page = page

    def click(self, selector):
        self.page.wait(selector, 10)
        self.page.run(f"document.querySelector({selector!r}).click()")

    def text(self, selector):
        return self.page.run(f"document.querySelector({selector!r}).textContent")

    def say(self, text):
        self.page.run(f"document.querySelector('#text').value = {text!r}")
        self.click(".send")


def until(what, seconds=8):
    """Waits until something holds. :return: its value"""
    deadline = time.monotonic() + seconds
    while not (value := what()):
        assert time.monotonic() < deadline, "it does not come true"
        time.sleep(0.05)
    return value


def test_a_customer_writes_and_reads(client):
    client.sim(
        "presets", {"presets": [{"label": "Pied cassé", "text": "Un pied est cassé"}]}, "PUT"
    )
    with Browser() as browser, browser.page(390, 780, phone=True) as page:
        phone = Phone(page)
        page.open(f"{client.url}/")
        page.wait("#add", 10)
        page.run("document.querySelector('#name').value = 'Émile Roux'")
        phone.click("#add button")
        page.wait("#compose", 10)
        psid = page.run("new URLSearchParams(location.search).get('person')")
        phone.say("<img src=x onerror=document.title=1>Bonjour")
        page.wait("li.mine", 10)
        assert page.run("document.querySelectorAll('#messages img').length") == 0
        phone.click("li.mine [title=Modifier]")
        phone.say("Bonsoir")
        (first,) = until(lambda: [one for one in client.thread(psid) if one["edits"]])
        assert first["text"] == "Bonsoir"
        replies = [{"content_type": "text", "title": "Oui", "payload": "YES"}]
        assert client.send(psid, message={"text": "Demain ?", "quick_replies": replies}).ok
        page.wait("li.theirs", 10)
        until(lambda: client.thread(psid)[-1]["read"])
        phone.click("li.theirs [title='Réagir par ❤']")
        until(lambda: client.thread(psid)[-1]["reactions"] == {"customer": "❤"})
        phone.click("#chips button")
        last = until(lambda: len(client.thread(psid)) == 3 and client.thread(psid)[-1])
        assert (last["text"], last["quick_reply"]) == ("Oui", "YES")
        until(lambda: phone.text("#chips") == "Pied cassé")
        phone.click("li.theirs [title^=Répondre]")
        phone.click("#chips button")
        phone.click(".send")
        answer = until(lambda: len(client.thread(psid)) == 4 and client.thread(psid)[-1])
        assert answer["text"] == "Un pied est cassé"
        assert answer["reply_to"] == client.thread(psid)[1]["mid"]
        phone.click("#like")
        sticker = until(lambda: len(client.thread(psid)) == 5 and client.thread(psid)[-1])
        assert sticker["attachments"][0]["type"] == "sticker"
        phone.click("#menu_button")
        page.run("document.querySelector('#ref').value = 'S00042'")
        phone.click("#menu .bar button")
        assert client.endpoint.wait(1, "referral")[0]["referral"]["ref"] == "S00042"
        page.open(f"{client.url}/")
        page.wait("#rows a", 10)
        assert "Émile Roux" in phone.text("#rows")
