"""The pictures of the documentation of the inbox.

Customers write at the simulated Microsoft Graph, and their mails come into Odoo by its
notifications, as in real life. What came in at an earlier time is forgotten first.
"""

import json
import time
from datetime import datetime, timedelta, timezone
from urllib.parse import quote

from .camera import DESKTOP, PHONE, Camera, Sitting
from .console import Problem
from .demo_mails import INFO, letters

EVERY = ("active", "in", [True, False])
#: Minutes ago at which each letter of the demo was written; the last ones are left out.
WRITTEN = (95, 62, 190, 340, 28, 12, 205, 47, 75, 81, 66)
#: How far back the mailboxes are read.
DAYS = 3
#: Subjects of the demo, by what they are good for.
ORDER, TABLE, STRANGER = (
    "Où en est ma commande ?",
    "Pied de table cassé à la livraison",
    "Horaires d'ouverture à Liège",
)
#: A couple with one address: nobody knows which of them is writing.
SHARED = "famille.collard@courrier.example"
COUPLE = (
    {"name": "Bernard Collard", "email": SHARED, "city": "Namur", "zip": "5000"},
    {"name": "Cécile Collard", "email": SHARED, "city": "Namur", "zip": "5000"},
)
COUPLE_LETTER = {
    "mailbox": INFO,
    "from": SHARED,
    "from_name": "Famille Collard",
    "subject": "Notre rendez-vous de samedi",
    "text": "Bonjour,\n\nPouvons-nous passer samedi à 14 h plutôt qu'à 10 h ?\n\nM. Collard",
}
#: Somebody whose mailbox does not exist any more when he is answered.
LOST = "paul.servais@ancien-fournisseur.example"
LOST_LETTER = {
    "mailbox": INFO,
    "from": LOST,
    "from_name": "Paul Servais",
    "subject": "Tissu pour un canapé",
    "text": "Bonjour,\n\nVendez-vous encore le tissu Ardenne au mètre ?\n\nPaul Servais",
}
SECOND_SUBJECT = "Adresse de livraison"
SECOND = "Bonjour,\n\nPouvez-vous livrer à mon adresse de travail ? Merci.\n\n{name}"
ANSWER = (
    "<p>Bonjour,</p><p>Merci pour votre message. Votre commande est attendue la semaine prochaine, "
    "nous vous appelons dès qu'elle est là.</p>"
)
NOTE = "<p>L'entrepôt confirme : sur le camion de mardi.</p>"
THANKS = "Parfait, merci beaucoup ! Est-ce qu'une livraison le samedi serait possible ?"
HURRY = "J'oubliais : sonnez deux fois, l'interphone est en panne."
PORTAL = "client.demo@courrier.example"

LIST = ".o_omni_inbox .o_omni_item"
READY = ".o_omni_thread[data-status=ready]"
EDITOR = ".o_omni_write [contenteditable=true], .o_omni_write textarea"


# === what has to happen first === #


def morning(camera: Camera) -> None:
    """The mails of a morning, and nothing of an earlier time."""
    camera.mailboxes.ask("POST", "/sim/faults", {"reset": True})
    forget(camera)
    for contact in COUPLE:
        if not camera.ask("res.partner", "search_count", [("name", "=", contact["name"])]):
            camera.ask("res.partner", "create", [contact])
    now = datetime.now(timezone.utc)
    begin = (now - timedelta(days=DAYS)).strftime("%Y-%m-%d %H:%M:%S")
    channels = camera.ask("omni.channel", "search", [("provider", "=", "outlook")])
    camera.ask("omni.channel", "write", channels, {"start_date": begin})
    folders = camera.ask("omni.folder", "search", [("channel_id", "in", channels)])
    camera.ask("omni.folder", "write", folders, {"since": begin})
    known = [*letters(_customers(camera)), COUPLE_LETTER, LOST_LETTER]
    ages = [*WRITTEN[: len(known) - 2], 18, 55]
    for letter, minutes in zip(known, ages, strict=True):
        received = (now - timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%SZ")
        camera.mailboxes.ask("POST", "/sim/mail", {**letter, "received": received})
    camera.ask("omni.folder", "action_read_again", folders)
    for subject in (ORDER, TABLE, STRANGER, COUPLE_LETTER["subject"], LOST_LETTER["subject"]):
        _ticket(camera, subject)


def forget(camera: Camera) -> None:
    """Nobody has ever written."""
    for model in ("omni.conversation", "crm.ticket", "omni.identity"):
        domain = [EVERY] if model == "crm.ticket" else []
        camera.ask(model, "unlink", camera.ask(model, "search", domain))


def _customers(camera: Camera) -> list[dict[str, str]]:
    """Customers with an order under way and an address that is nobody else's."""
    fields = ["name", "partner_id"]
    orders = camera.ask(
        "sale.order",
        "search_read",
        [("state", "=", "sale"), ("partner_id.email", "!=", False)],
        fields,
        order="date_order desc, id desc",
        limit=60,
    )
    found, seen = [], set()
    for order in orders:
        partner = order["partner_id"][0]
        contact = camera.ask("res.partner", "read", [partner], ["name", "email", "is_company"])[0]
        shared = camera.ask("res.partner", "search_count", [("email", "=ilike", contact["email"])])
        if partner in seen or shared > 1 or contact["is_company"]:
            continue
        seen.add(partner)
        found.append({"name": contact["name"], "email": contact["email"], "order": order["name"]})
        if len(found) == 5:
            return found
    raise Problem("choosing who writes", "too few customers have an address", "make clean")


def _ticket(camera: Camera, subject: str, seconds: float = 90) -> int:
    """Number of the ticket of a mail, once it has come in."""
    deadline = time.monotonic() + seconds
    while True:
        found = camera.ask("crm.ticket", "search", [("name", "=", subject)], order="id desc")
        if found:
            return found[0]
        if time.monotonic() > deadline:
            raise Problem(
                f"waiting for the mail “{subject}”",
                f"it is not in Odoo after {seconds:.0f} s",
                "see Inbox / Configuration / Incoming Events of the demo of the pictures",
            )
        time.sleep(1)


def _address(camera: Camera, ticket: int) -> str:
    return camera.ask("crm.ticket", "read", [ticket], ["email_from"])[0]["email_from"]


def _received(camera: Camera, address: str) -> list[dict]:
    """What a customer got from us, the oldest first."""
    posts = camera.mailboxes.ask("GET", f"/sim/customers/{quote(address)}")
    return [post for post in posts if post["direction"] == "in"]


def _write_again(camera: Camera, address: str, text: str) -> None:
    """The customer answers our last mail."""
    last = _received(camera, address)[-1]
    path = f"/sim/customers/{quote(address)}/{last['key']}/reply"
    camera.mailboxes.ask("POST", path, {"text": text})


# === hands === #


def _inbox(camera: Camera, folder: str = "unassigned") -> None:
    camera.show("inbox", ".o_omni_inbox .o_omni_folder")
    camera.page.click(f".o_omni_folder[data-key={folder}]")
    camera.page.wait(f".o_omni_folder.active[data-key={folder}]")
    camera.page.wait(LIST)


def _open(camera: Camera, ticket: int) -> None:
    """Show a ticket, with its messages and its customer."""
    camera.show(f"inbox/{ticket}", READY)
    camera.page.wait(f"{READY} .o_omni_message")
    camera.page.wait(".o_omni_side")
    _settle(camera)
    if camera.page.run("document.querySelector('.o_omni_composer').dataset.mode") != "closed":
        _discard(camera)  # begun at an earlier time


def _settle(camera: Camera) -> None:
    """Wait for what is still being fetched: the customer card, and the mail in its frame."""
    camera.page.wait("body:not(:has(.o_customer_card:not([data-status=ready])))")
    camera.page.wait("body:not(:has(.placeholder-glow))")
    time.sleep(1)


def _point_at(camera: Camera, shortcut: str) -> str:
    """Lay the mouse on one of the canned answers that are offered, and return what it is then."""
    options = ".o_omni_suggestions .o_omni_option"
    camera.page.wait(options)
    camera.page.run(
        f"[...document.querySelectorAll({json.dumps(options)})].find((option) =>"
        f" option.textContent.trim() === {json.dumps(shortcut)})"
        ".dispatchEvent(new MouseEvent('mouseenter'))"
    )
    return f"{options}.active"


def _choose_canned(camera: Camera, shortcut: str) -> None:
    _point_at(camera, shortcut)
    time.sleep(0.5)
    camera.page.run(
        f"document.querySelector({json.dumps(EDITOR)}).dispatchEvent("
        "new KeyboardEvent('keydown', {key: 'Enter', bubbles: true, cancelable: true}))"
    )
    time.sleep(1)


def _type(camera: Camera, text: str) -> None:
    """Write into the editor what a person would write."""
    camera.page.wait(EDITOR)
    plain = text.replace("</p><p>", "\n").replace("<p>", "").replace("</p>", "")
    camera.page.run(
        f"(() => {{ const editor = document.querySelector({json.dumps(EDITOR)}); editor.focus();"
        " if (editor.isContentEditable) {"
        " const range = document.createRange(); range.selectNodeContents(editor);"
        " range.collapse(false); const selection = document.getSelection();"
        " selection.removeAllRanges(); selection.addRange(range); }"
        f" document.execCommand('insertText', false, {json.dumps(plain)}); }})()"
    )
    time.sleep(0.5)


def _discard(camera: Camera) -> None:
    camera.page.click(".o_omni_discard")
    camera.page.click(".modal .modal-footer .btn-primary")
    camera.page.wait(".o_omni_composer[data-mode=closed]")


def _send(camera: Camera) -> None:
    camera.page.click(".o_omni_send")
    camera.page.wait(".o_omni_message_out[data-state=queued]")


# === what a rep sees === #


def overview(camera: Camera) -> None:
    ticket = _ticket(camera, ORDER)
    _inbox(camera)
    camera.page.click(f".o_omni_item[data-id='{ticket}']")
    camera.page.wait(f"{READY} .o_omni_message")
    _settle(camera)
    camera.take("inbox-overview")


def answer(camera: Camera) -> None:
    _open(camera, _ticket(camera, ORDER))
    _claim(camera)
    camera.page.click(".o_omni_reply")
    camera.page.wait(EDITOR)
    camera.page.click(".o_omni_canned")
    _choose_canned(camera, "bonjour")
    camera.page.click(".o_omni_canned")
    camera.page.wait(_point_at(camera, "date"))
    camera.take("inbox-canned")
    _choose_canned(camera, "date")
    camera.take("inbox-answer")
    _send(camera)
    camera.take("inbox-sent")
    camera.page.wait(".o_omni_message_out[data-state=sent]", 90)


def _claim(camera: Camera) -> None:
    camera.page.click(".o_omni_claim")
    camera.page.wait(".o_omni_assigned")


def _answered(camera: Camera, ticket: int) -> str:
    """Answer a ticket, unless it was, and return the address of its customer."""
    address = _address(camera, ticket)
    if not _received(camera, address):
        _open(camera, ticket)
        camera.page.click(".o_omni_reply")
        _type(camera, ANSWER)
        _send(camera)
        camera.page.wait(".o_omni_message_out[data-state=sent]", 90)
    return address


def customer(camera: Camera) -> None:
    """The customer reads it, in the mailbox page of the demo, and writes back."""
    ticket = _ticket(camera, ORDER)
    address = _answered(camera, ticket)
    camera.page.open(f"{camera.mailboxes.url}/?customer={quote(address)}")
    camera.page.wait("#messages li")
    camera.page.click("#messages li button")
    time.sleep(1)
    camera.take("inbox-customer")
    _write_again(camera, address, THANKS)
    _open(camera, ticket)
    camera.page.wait(".o_omni_message_in ~ .o_omni_message_in", 90)
    _settle(camera)
    camera.take("inbox-thread")


def changed(camera: Camera) -> None:
    ticket = _ticket(camera, ORDER)
    address = _answered(camera, ticket)
    _open(camera, ticket)
    seen = camera.page.run("document.querySelectorAll('.o_omni_message_in').length")
    camera.page.click(".o_omni_reply")
    _type(camera, ANSWER)
    camera.page.wait(".o_omni_saved:not(:empty)")
    time.sleep(2)
    _write_again(camera, address, HURRY)
    more = ".o_omni_message_in" + " ~ .o_omni_message_in" * seen
    camera.page.wait(more, 90)
    camera.page.click(".o_omni_send")
    camera.page.wait(".o_omni_changes li")
    camera.take("inbox-changed")
    camera.page.click(".o_omni_read_first")
    camera.page.wait("body:not(:has(.modal))")
    _discard(camera)


def note(camera: Camera) -> None:
    _open(camera, _ticket(camera, TABLE))
    camera.page.click(".o_omni_note")
    _type(camera, NOTE)
    camera.take("inbox-note")
    camera.page.click(".o_omni_send")
    camera.page.wait(".o_omni_message_note")


def who(camera: Camera) -> None:
    _open(camera, _ticket(camera, COUPLE_LETTER["subject"]))
    camera.page.wait(".o_omni_candidate")
    camera.take("inbox-who")
    _open(camera, _ticket(camera, STRANGER))
    camera.page.wait(".o_omni_create_contact")
    camera.take("inbox-unknown")


def aside(camera: Camera) -> None:
    ticket = _ticket(camera, TABLE)
    _open(camera, ticket)
    camera.page.click(".o_omni_snooze")
    camera.page.wait(".o_omni_snooze_choice")
    camera.take("inbox-snooze")


def together(camera: Camera) -> None:
    """Two tickets of one customer."""
    ticket = _ticket(camera, ORDER)
    known = camera.ask("crm.ticket", "read", [ticket], ["partner_id", "email_from"])[0]
    partner, address = known["partner_id"][1], known["email_from"]
    if not camera.ask("crm.ticket", "search_count", [("name", "=", SECOND_SUBJECT)]):
        camera.mailboxes.ask(
            "POST",
            "/sim/mail",
            {
                "mailbox": INFO,
                "from": address,
                "from_name": partner,
                "subject": SECOND_SUBJECT,
                "text": SECOND.format(name=partner),
            },
        )
    _open(camera, _ticket(camera, SECOND_SUBJECT))
    camera.page.click(".o_omni_more_actions")
    camera.page.click(".o_omni_merge")
    camera.page.click(".o_omni_merge_choice input")
    camera.take("inbox-merge")
    camera.page.click(".modal .btn-close")


def failed(camera: Camera) -> None:
    """An answer that comes back: the address does not exist any more."""
    camera.mailboxes.ask("POST", "/sim/faults", {"undeliverable": [LOST]})
    _open(camera, _ticket(camera, LOST_LETTER["subject"]))
    camera.page.click(".o_omni_reply")
    _type(camera, ANSWER)
    _send(camera)
    camera.page.wait(".o_omni_message_trouble", 120)
    _settle(camera)
    camera.page.run("document.querySelector('.o_omni_message_trouble').scrollIntoView()")
    camera.take("inbox-failed")
    camera.mailboxes.ask("POST", "/sim/faults", {"undeliverable": []})


def keys(camera: Camera) -> None:
    _inbox(camera)
    camera.page.run("window.dispatchEvent(new KeyboardEvent('keydown', {key: '?', bubbles: true}))")
    camera.page.wait(".o_omni_keys")
    camera.take("inbox-keys")


def english(camera: Camera) -> None:
    """The same in English."""
    me = camera.find("res.users", [("login", "=", "vendeur")], "id")
    camera.ask("res.users", "write", [me], {"lang": "en_US"})
    try:
        _inbox(camera, "team")
        camera.page.click(f".o_omni_item[data-id='{_ticket(camera, TABLE)}']")
        camera.page.wait(f"{READY} .o_omni_message")
        _settle(camera)
        camera.take("inbox-overview-en")
        _open(camera, _ticket(camera, ORDER))
        camera.take("inbox-thread-en")
    finally:
        camera.ask("res.users", "write", [me], {"lang": "fr_BE"})


def phone(camera: Camera) -> None:
    _inbox_on_phone(camera)
    camera.take("inbox-phone-list")
    camera.page.click(f".o_omni_item[data-id='{_ticket(camera, TABLE)}']")
    camera.page.wait(f"{READY} .o_omni_message")
    _settle(camera)
    camera.take("inbox-phone-thread")


def _inbox_on_phone(camera: Camera) -> None:
    camera.show("inbox", ".o_omni_open_folders")
    camera.page.click(".o_omni_open_folders")
    camera.page.click(".o_omni_folder[data-key=team]")
    camera.page.wait(LIST)
    _settle(camera)


# === what an administrator sees === #


def channels(camera: Camera) -> None:
    camera.show("inbox-channels", ".o_list_view .o_data_row")
    camera.take("outlook-channels")
    channel = camera.find("omni.channel", [("outlook_mailbox", "=", INFO)], "id")
    camera.show(f"inbox-channels/{channel}", ".o_form_view .o_data_row")
    camera.take("outlook-channel")


def connect(camera: Camera) -> None:
    """The three steps of connecting a mailbox."""
    _do(camera, "omnichannel_inbox.omni_outlook_setup_action", {"default_account_id": False})
    camera.page.wait(".modal .o_field_widget[name=tenant]")
    camera.take("outlook-access")
    _do(camera, "omnichannel_inbox.omni_outlook_setup_action", {})
    camera.page.wait(".modal .o_field_widget[name=account_id]")
    camera.page.click(".modal button[name=action_next]")
    camera.page.wait(".modal .o_field_widget[name=mailbox] input")
    _fill(camera, ".modal .o_field_widget[name=mailbox] input", "commandes@maison-meubles.example")
    time.sleep(1)
    camera.take("outlook-mailbox")
    channel = camera.find("omni.channel", [("outlook_mailbox", "=", INFO)], "id")
    camera.show(f"inbox-channels/{channel}", ".o_form_view .o_data_row")
    camera.page.click("button[name=action_outlook_setup]")
    camera.page.click(".modal button[name=action_next]")
    camera.page.wait(".modal .o_field_widget[name=folder_ids] .o_data_row")
    camera.take("outlook-checks")


def _do(camera: Camera, action: str, context: dict) -> None:
    """Run an action from the list of channels."""
    camera.show("inbox-channels", ".o_list_view .o_data_row")
    camera.page.run(
        "odoo.__WOWL_DEBUG__.root.env.services.action.doAction("
        f"{json.dumps(action)}, {{additionalContext: {json.dumps(context)}}}).then(() => true)"
    )


def _fill(camera: Camera, selector: str, text: str) -> None:
    camera.page.run(
        f"(() => {{ const input = document.querySelector({json.dumps(selector)});"
        f" input.value = {json.dumps(text)};"
        " input.dispatchEvent(new Event('input', {bubbles: true}));"
        " input.dispatchEvent(new Event('change', {bubbles: true})); })()"
    )


def rules(camera: Camera) -> None:
    camera.show("inbox-rules", ".o_list_view .o_data_row")
    camera.take("outlook-rules")


def tickets(camera: Camera) -> None:
    camera.show("tickets?view_type=kanban", ".o_kanban_record:not(.o_kanban_ghost)")
    camera.take("inbox-tickets")
    camera.show(f"tickets/{_ticket(camera, ORDER)}", ".o_form_view")
    camera.take("inbox-ticket")
    team = camera.find("crm.team", [("use_tickets", "=", True)], "id")
    camera.show(f"crm.team/{team}", ".o_form_view .o_notebook")
    camera.page.click(".o_notebook .nav-link[name=tickets]")
    camera.page.wait(".o_field_widget[name=ticket_assignment]")
    camera.take("inbox-team")
    level = camera.find("crm.ticket.sla", [], "id")
    camera.show(f"crm.ticket.sla/{level}", ".o_form_view .o_field_widget[name=hours]")
    camera.take("inbox-service-level")


def portal(camera: Camera) -> None:
    """The page of a customer; whoever looks at it here logs in as one."""
    ticket = _ticket(camera, ORDER)
    partner = camera.ask("crm.ticket", "read", [ticket], ["partner_id"])[0]["partner_id"][0]
    group = camera.ask("ir.model.data", "check_object_reference", "base", "group_portal")[1]
    known = camera.ask("res.users", "search", [("login", "=", PORTAL)])
    values = {"partner_id": partner, "password": PORTAL}
    if known:
        camera.ask("res.users", "write", known, values)
    else:
        login = {"login": PORTAL, "group_ids": [(6, 0, [group])], "lang": "fr_BE"}
        camera.ask("res.users", "create", [values | login])
    camera.page.open(f"{camera.odoo}/web/session/logout")
    camera.page.open(f"{camera.odoo}/web/login")
    camera.page.wait("form.oe_login_form input[name=password]")
    camera.page.run(
        "(() => { const form = document.querySelector('form.oe_login_form');"
        f" form.elements.login.value = form.elements.password.value = {json.dumps(PORTAL)};"
        " form.submit(); })()"
    )
    camera.page.wait(".o_portal")
    camera.page.run("document.cookie = 'frontend_lang=fr_BE; path=/'")
    camera.page.open(f"{camera.odoo}/my/requests/{ticket}")
    camera.page.wait(".o_ticket_portal_messages")
    camera.take("inbox-portal")


SITTINGS: tuple[Sitting, ...] = (
    ("admin", DESKTOP, (morning,)),
    (
        "vendeur",
        DESKTOP,
        (overview, keys, answer, customer, changed, note, who, aside, together, failed, english),
    ),
    ("vendeur", PHONE, (phone,)),
    ("admin", DESKTOP, (channels, connect, rules, tickets, portal)),
)
