"""The pictures of the documentation of the chat, of Messenger, and of one customer on several
channels; and of the proof, for which all of them have to be there.

Customers write in the simulators, and what they write comes into Odoo by webhooks, as in real life.
"""

import json
import re
import time

from .camera import DESKTOP, Camera, Sitting
from .console import Problem
from .demo_chats import OPERATORS
from .demo_mails import INFO
from .pictures_inbox import (
    EDITOR,
    READY,
    _discard,
    _inbox,
    _open,
    _settle,
    _ticket,
    _type,
    forget,
)

AGENT = next(iter(OPERATORS))
#: What one customer writes, on the chat, on Messenger and by mail.
CHAT = "Bonjour, savez-vous quand ma commande sera livrée ?"
PAGE = "Je vous écris aussi ici : ma commande {order}, et mon adresse : {email}"
LETTER = {
    "mailbox": INFO,
    "subject": "Ma livraison",
    "text": "Bonjour,\n\nJe vous ai aussi écrit par le chat et par Messenger. "
    "Pouvez-vous me donner la date ?\n\n{name}",
}
#: Somebody of whom only the number of an order is known.
MAYBE = "Bonjour, des nouvelles de ma commande {order} ?"
#: Another one, to whom another application answers at the moment.
ELSEWHERE = "Bonjour, ma commande {order} est-elle arrivée ?"
ADDRESS = "Mon adresse : {email}"
ANSWER = "Bonjour, votre commande arrive la semaine prochaine. Nous vous appelons la veille."
TOMORROW = "Bonjour, l'entrepôt me confirme la date demain matin : je vous l'écris aussitôt."
JOINED = ".o_omni_strip.o_omni_joined"
SUGGESTED = ".o_omni_strip.o_omni_suggested"
#: The page inside of the frame of the panel.
PANEL = "/omni/panel/"


# === what has to happen first === #


def afternoon(camera: Camera) -> None:
    """One customer on three channels, and two who are less easy; nothing of an earlier time."""
    _chats_end(camera)
    forget(camera)
    camera.mailboxes.ask("POST", "/sim/faults", {"reset": True})
    first, second, third = customers(camera)
    camera.chats.ask(
        "POST", "/sim/chats", {"visitor": _visitor(first), "text": CHAT, "operator": AGENT}
    )
    ticket = _ticket(camera, CHAT)
    _writes(camera, first, PAGE)
    letter = {**LETTER, "text": LETTER["text"].format(**first)}
    sender = {"from": first["email"], "from_name": first["name"]}
    camera.mailboxes.ask("POST", "/sim/mail", {**letter, **sender})
    _has(camera, ticket, 3)
    camera.chats.ask(
        "POST",
        "/sim/chats",
        {"visitor": {}, "text": MAYBE.format(**third), "operator": AGENT},
    )
    _ticket(camera, MAYBE.format(**third))
    _writes(camera, second, ELSEWHERE)
    _ticket(camera, ELSEWHERE.format(**second))
    _writes(camera, second, ADDRESS)


def customers(camera: Camera) -> list[dict[str, str]]:
    """Who writes: two who have logged in on the web site (``name``, ``email``, ``order``, ``ref``),
    and one who names an order (``order``)."""
    visitors = camera.chats.ask("GET", "/sim/state")["presets"]
    phrases = camera.pages.ask("GET", "/sim/presets")
    known = [one for one in visitors if one.get("external_user_id")]
    found = []
    for visitor, phrase in zip(known, phrases, strict=False):
        ref = visitor["external_user_id"]
        partner = camera.find("res.partner", [("ref", "=", ref)], "id")
        contact = camera.ask("res.partner", "read", [partner], ["name", "email"])[0]
        found.append({**contact, "ref": ref, "order": _order(phrase["text"])})
    unknown = (_order(one["text"]) for one in visitors if one not in known)
    return [*found[:2], {"order": next(filter(None, unknown))}]


def _order(text: str) -> str:
    """The number of an order in a text; empty: there is none."""
    found = re.search(r"commande (\S*\d+)", text)
    return found[1] if found else ""


def _visitor(customer: dict[str, str]) -> dict[str, str]:
    """Somebody who has logged in on the web site."""
    first, _space, last = customer["name"].rpartition(" ")
    return {"first_name": first, "last_name": last, "external_user_id": customer["ref"]}


def _chats_end(camera: Camera) -> None:
    """No chat of an earlier time is open."""
    chats = camera.chats.ask("GET", "/sim/ledger")["conversations"]
    chats = [chat for chat in chats if not chat["closed_at"]]
    for chat in chats:
        camera.chats.ask("POST", f"/sim/chats/{chat['id']}/close", {})
    if chats:
        camera.chats.ask("POST", "/sim/settle", {})
        time.sleep(5)


def _person(camera: Camera, name: str) -> str:
    """Id of somebody on the page, who is there once."""
    people = camera.pages.ask("GET", "/sim/people")
    known = [one["psid"] for one in people if one["name"] == name]
    return known[0] if known else camera.pages.ask("POST", "/sim/people", {"name": name})["psid"]


def _writes(camera: Camera, customer: dict[str, str], text: str) -> None:
    psid = _person(camera, customer["name"])
    camera.pages.ask("POST", f"/sim/people/{psid}/control", {"action": "release"})
    camera.pages.ask("POST", f"/sim/people/{psid}/messages", {"text": text.format(**customer)})


def _has(camera: Camera, ticket: int, count: int, seconds: float = 90) -> None:
    """Wait until a ticket has so many conversations."""
    deadline = time.monotonic() + seconds
    domain = [("ticket_id", "=", ticket)]
    while camera.ask("omni.conversation", "search_count", domain) < count:
        if time.monotonic() > deadline:
            raise Problem(
                "waiting for one customer on several channels",
                f"ticket {ticket} has not {count} conversations after {seconds:.0f} s",
                "see Inbox / Configuration / Incoming Events of the demo of the pictures",
            )
        time.sleep(1)


# === hands === #


def _desk(camera: Camera, text: str) -> None:
    """The desk of iAdvize with a chat, and our panel beside it."""
    chats = camera.chats.ask("GET", "/sim/ledger")["conversations"]
    chat = next(one["id"] for one in chats[::-1] if one["messages"][0]["text"] == text)
    camera.page.open(f"{camera.chats.url}/desk?operator={AGENT}&conversation={chat}")
    camera.page.wait("iframe[title=Application]:not([hidden])")
    camera.page.wait_within(PANEL, "#panel:not([aria-busy]) #who")
    camera.page.wait_within(PANEL, "#answers .p-answer")
    time.sleep(1)


def _look_at(camera: Camera, subject: str) -> None:
    """Show a ticket among the others."""
    ticket = _ticket(camera, subject)
    _inbox(camera, "team")
    camera.page.click(f".o_omni_item[data-id='{ticket}']")
    camera.page.wait(f"{READY} .o_omni_message")
    _settle(camera)


def _channel(camera: Camera, provider: str) -> str:
    """Name of the first channel of a provider."""
    channel = camera.find("omni.channel", [("provider", "=", provider)], "id")
    return camera.ask("omni.channel", "read", [channel], ["name"])[0]["name"]


def _answer_on(camera: Camera, provider: str) -> None:
    """Choose the channel on which the answer leaves."""
    name = _channel(camera, provider)
    if camera.page.run("document.querySelector('.o_omni_via').innerText.trim()") == name:
        return
    camera.page.click("button.o_omni_via")
    camera.page.wait(".o-dropdown--menu .o-dropdown-item")
    camera.page.run(
        "[...document.querySelectorAll('.o-dropdown--menu .o-dropdown-item')]"
        f".find((one) => one.innerText.includes({json.dumps(name)})).click()"
    )
    time.sleep(1)


# === what an agent and a rep see === #


def desk(camera: Camera) -> None:
    """A customer who is known; and one of whom only an order is."""
    third = customers(camera)[2]
    _desk(camera, CHAT)
    camera.take("chats-desk")
    _desk(camera, MAYBE.format(**third))
    camera.take("chats-desk-maybe")
    camera.show("inbox", ".o_omni_inbox")


def joined(camera: Camera) -> None:
    _look_at(camera, CHAT)
    camera.page.wait(JOINED)
    camera.take("chats-joined")


def english(camera: Camera) -> None:
    """The same in English."""
    me = camera.find("res.users", [("login", "=", "vendeur")], "id")
    camera.ask("res.users", "write", [me], {"lang": "en_US"})
    try:
        _look_at(camera, CHAT)
        camera.page.wait(JOINED)
        camera.take("chats-joined-en")
        _compose(camera)
        camera.take("chats-composer-en")
        _discard(camera)
    finally:
        camera.ask("res.users", "write", [me], {"lang": "fr_BE"})


def parted(camera: Camera) -> None:
    """A join is undone, offered, and done again."""
    ticket = _ticket(camera, CHAT)
    _open(camera, ticket)
    camera.page.wait(JOINED)
    if camera.page.run("Boolean(document.querySelector('.o_omni_strips_more'))"):
        camera.page.click(".o_omni_strips_more")
    name = _channel(camera, "messenger")
    camera.page.run(
        f"[...document.querySelectorAll('{JOINED}')]"
        f".find((strip) => strip.innerText.includes({json.dumps(name)}))"
        ".querySelector('.o_omni_join_undo').click()"
    )
    camera.page.wait(f"{SUGGESTED} .o_omni_join:enabled")
    _settle(camera)
    camera.take("chats-suggested")
    camera.page.click(f"{SUGGESTED} .o_omni_join:enabled")
    camera.page.wait(f"body:not(:has({SUGGESTED}))")
    _has(camera, ticket, 3)


def composer(camera: Camera) -> None:
    _look_at(camera, CHAT)
    _compose(camera)
    camera.take("chats-composer")
    _discard(camera)


def _compose(camera: Camera) -> None:
    """Messenger: what is left of the time, and what else the answer answers."""
    camera.page.click(".o_omni_reply")
    camera.page.wait(EDITOR)
    _answer_on(camera, "messenger")
    _type(camera, ANSWER)
    camera.page.wait(".o_omni_window")
    camera.page.click(".o_omni_also label input")
    time.sleep(1)


def scheduled(camera: Camera) -> None:
    """An answer that leaves tomorrow; it is taken back again."""
    ticket = _ticket(camera, CHAT)
    _open(camera, ticket)
    camera.page.click(".o_omni_reply")
    camera.page.wait(EDITOR)
    _answer_on(camera, "outlook")
    _type(camera, TOMORROW)
    camera.page.click(".o_omni_later")
    camera.page.click(".o_omni_snooze_choice[data-key=tomorrow]")
    camera.page.wait(".o_omni_message_out[data-state=queued]")
    _settle(camera)
    camera.page.run("document.querySelector('.o_omni_message_out').scrollIntoView()")
    camera.take("chats-scheduled")
    camera.page.click(".o_omni_message_action[data-action=cancel]")
    camera.page.wait(".o_omni_composer:not([data-mode=closed])")
    _discard(camera)


def elsewhere(camera: Camera) -> None:
    """Messenger cannot be answered at the moment: by mail instead."""
    second = customers(camera)[1]
    psid = _person(camera, second["name"])
    camera.pages.ask("POST", f"/sim/people/{psid}/control", {"action": "take"})
    _look_at(camera, ELSEWHERE.format(**second))
    camera.page.wait(".o_omni_closed")
    camera.page.click(".o_omni_reply")
    _type(camera, ANSWER)
    time.sleep(3)  # until it is saved
    camera.take("chats-elsewhere")
    _discard(camera)
    camera.pages.ask("POST", f"/sim/people/{psid}/control", {"action": "release"})


def messenger(camera: Camera) -> None:
    """What the customer sees of it."""
    first = customers(camera)[0]
    _open(camera, _ticket(camera, CHAT))
    camera.page.click(".o_omni_reply")
    camera.page.wait(EDITOR)
    _answer_on(camera, "messenger")
    _type(camera, ANSWER)
    camera.page.click(".o_omni_send")
    camera.page.wait(".o_omni_message_out[data-state=sent], [data-state=delivered]", 90)
    psid = _person(camera, first["name"])
    camera.page.open(f"{camera.pages.url}/messenger?person={psid}")
    camera.page.wait("#messages li ~ li")
    time.sleep(1)
    camera.take("chats-messenger")


# === what an administrator sees === #


def proof(camera: Camera) -> None:
    camera.show("inbox-proof", ".o_omni_proof_count")
    camera.page.click(".o_omni_proof_count")
    camera.page.wait(".o_omni_proof_count:not(:disabled)", 120)
    camera.page.wait(".o_omni_proof_cell[data-state]")
    time.sleep(1)
    camera.take("inbox-proof")


SITTINGS: tuple[Sitting, ...] = (
    ("admin", DESKTOP, (afternoon,)),
    (
        "vendeur",
        DESKTOP,
        (desk, joined, english, parted, composer, scheduled, elsewhere, messenger),
    ),
    ("admin", DESKTOP, (proof,)),
)
