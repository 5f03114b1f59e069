"""The pictures of the documentation of the telephone.

Calls ring at the simulated 3CX and come into Odoo by the listener, as in real life. What happened
earlier this week is told as a PBX tells it at the end of a call, by its template.
"""

import json
import time
import urllib.request
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone

from .camera import DESKTOP, PHONE, TAB, Camera, Sitting
from .console import Problem

#: Extension of the sales rep, as the simulator knows it, and the queue of the shop.
REP, QUEUE = "101", "800"
USER_GROUP = ("threecx_bridge", "group_threecx_user")
CARD = ".o_threecx_popup .o_threecx_call_open"
RINGING = f"{CARD}[data-state=ringing]"
UNKNOWN = "+32476987654"
#: A landline of which nobody knows who of the family is calling.
FAMILY = "085 21 33 44"
FAMILY_CALLS = "+3285213344"
FAMILY_MEMBERS = (
    {"name": "Isabelle Thonet", "city": "Huy", "zip": "4500"},
    {"name": "Marc Thonet", "city": "Huy", "zip": "4500"},
)
LEAD = "Cuisine avec îlot, rue Neuve"
#: Colleagues beside the rep and his manager; the last one has no extension.
COLLEAGUES = (
    ("Julie Lambert", "julie.lambert@demo.example"),
    ("Karim Benali", "karim.benali@demo.example"),
    ("Sophie Dubois", "sophie.dubois@demo.example"),
    ("Amélie Renard", "amelie.renard@demo.example"),
    ("Bruno Lefèvre", "bruno@atelier.example"),
)
#: Hours ago, kind, extension, number (none: a customer's), seconds.
EARLIER = (
    (0.6, "Inbound", "102", "", 195),
    (0.8, "Outbound", "101", "", 84),
    (1.1, "Inbound", "101", "", 312),
    (1.3, "Missed", "", "+32470112233", 0),
    (1.6, "Inbound", "103", "+32496554433", 143),
    (1.9, "Notanswered", "101", "", 0),
    (2.2, "Inbound", "104", "", 267),
    (2.6, "Outbound", "105", "", 58),
    (3.1, "Missed", "", "+32470112233", 0),
    (26, "Inbound", "101", "", 421),
    (27, "Outbound", "109", "+33612345678", 75),
    (29, "Inbound", "102", "", 166),
    (50, "Inbound", "101", "+31612345678", 203),
)


# === what has to happen first === #


def house(camera: Camera) -> None:
    """The colleagues of the shop, and no calls of an earlier time."""
    _forget_calls(camera)
    group = camera.ask("ir.model.data", "check_object_reference", *USER_GROUP)[1]
    for name, email in COLLEAGUES:
        if not camera.ask("res.users", "search_count", [("login", "=", email)]):
            values = {"name": name, "login": email, "email": email, "group_ids": [(4, group)]}
            camera.ask("res.users", "create", [values])
    camera.ask("threecx.pbx", "action_map_extensions", [_pbx(camera)])
    if not camera.ask("res.partner", "search_count", [("phone", "=", FAMILY)]):
        camera.ask("res.partner", "create", [one | {"phone": FAMILY} for one in FAMILY_MEMBERS])
        camera.ask("crm.lead", "create", [{"name": LEAD, "phone": FAMILY, "city": "Huy"}])


def _forget_calls(camera: Camera) -> None:
    calls = camera.ask("threecx.call", "search_read", [], ["activity_id", "log_message_ids"])
    activities = [call["activity_id"][0] for call in calls if call["activity_id"]]
    camera.ask("mail.activity", "unlink", activities)
    camera.ask("mail.message", "unlink", [m for call in calls for m in call["log_message_ids"]])
    camera.ask("threecx.call", "unlink", [call["id"] for call in calls])


def _pbx(camera: Camera) -> int:
    return camera.find("threecx.pbx", [], "id")


def history(camera: Camera) -> None:
    """The calls of this week, told with a new key, which the simulator gets with its template."""
    pbx = _pbx(camera)
    key = camera.ask("threecx.pbx", "action_generate_key", [pbx])["context"]["default_key"]
    xml = camera.page.run(f"fetch('/threecx/template/{pbx}').then((answer) => answer.text())")
    camera.telephones.ask("PUT", "/sim/template", {"xml": xml, "parameters": {"ApiKey": key}})
    camera.ask("threecx.pbx", "action_revoke_old_keys", [pbx])
    customers = _customers(camera)
    opening = datetime.now(timezone.utc)
    for place, (hours, kind, extension, number, seconds) in enumerate(EARLIER):
        started = opening - timedelta(hours=hours)
        _report(
            camera.odoo,
            key,
            {
                "CallType": kind,
                "Number": number or customers[place % len(customers)][1],
                "Agent": extension,
                "QueueExtension": QUEUE if kind != "Outbound" else "",
                "Duration": str(timedelta(seconds=seconds)),
                "CallStartTimeUTCMillis": str(int(started.timestamp() * 1000)),
                "CallEstablishedTimeUTCMillis": str(int((started.timestamp() + 9) * 1000)),
                "CallEndTimeUTCMillis": str(int((started.timestamp() + 9 + seconds) * 1000)),
            },
        )


def _report(odoo: str, key: str, values: dict[str, str]) -> None:
    """Tell Odoo of a call that ended, as the template does."""
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    request = urllib.request.Request(
        f"{odoo}/threecx/journal", json.dumps(values).encode(), headers, method="POST"
    )
    urllib.request.urlopen(request, timeout=30).close()


def _customers(camera: Camera) -> list[tuple[int, str]]:
    """Customers with orders whose mobile number is nobody else's: contact and number."""
    orders = camera.ask(
        "sale.order",
        "formatted_read_group",
        [("partner_id.mobile", "!=", False), ("partner_id.is_company", "=", False)],
        ["partner_id"],
        ["__count"],
    )
    orders.sort(key=lambda group: (-group["__count"], group["partner_id"][0]))
    found = []
    for group in orders[:40]:
        partner = group["partner_id"][0]
        number = camera.ask("res.partner", "read", [partner], ["mobile_key"])[0]["mobile_key"]
        told = number and camera.ask("threecx.call", "pop_data", number)
        if told and told["partner"] and told["partner"]["id"] == partner:
            found.append((partner, number))
    if not found:
        raise Problem("choosing who calls", "no customer has a number of his own", "make clean")
    return found


@contextmanager
def _ringing(camera: Camera, number: str, to: str = REP, **more):
    """Somebody calls; in the end nobody is on the telephone any more.

    :return: number of the call at the simulator
    """
    call = camera.telephones.ask("POST", "/sim/calls", {"from": number, "to": to, **more})["callid"]
    try:
        yield call
    finally:
        camera.telephones.ask("POST", "/sim/reset")
        time.sleep(1)


# === what a sales rep sees === #


def _work(camera: Camera) -> None:
    """What the rep does when the telephone rings."""
    camera.show("orders", ".o_list_view .o_data_row, .o_kanban_record")
    _quieten(camera)


def _quieten(camera: Camera) -> None:
    """Wait until earlier calls, which a new browser is told of again, have gone from the screen."""
    time.sleep(3)
    camera.page.wait("body:not(:has(.o_threecx_popup))")


def calling(camera: Camera) -> None:
    camera.show("contacts?view_type=list", ".o_list_view .o_data_row a[href^='tel:']")
    _quieten(camera)
    camera.take("telephone-list")
    partner, _number = _customers(camera)[0]
    camera.show(f"contacts/{partner}", ".o_form_view a[href^='tel:']")
    camera.page.click(".o_form_view .o_field_widget[name=mobile] a[href^='tel:']")
    camera.page.wait(f"{CARD} .o_threecx_drop")
    camera.take("telephone-calling")
    camera.telephones.ask("POST", "/sim/reset")
    camera.page.click(f"{CARD} .o_threecx_results [data-result=no_answer]")


def known(camera: Camera) -> None:
    _partner, number = _customers(camera)[0]
    _work(camera)
    with _ringing(camera, number) as call:
        camera.page.wait(f"{RINGING} .o_customer_card[data-status=ready]")
        camera.take("telephone-known")
        camera.telephones.ask("POST", f"/sim/calls/{call}/answer", {"extension": REP})
        camera.page.wait(f"{CARD}[data-state=ongoing]")
        time.sleep(6)
    camera.page.wait(f"{CARD} .o_threecx_wrap_up")
    camera.take("telephone-wrap-up")
    camera.page.click(f"{CARD} .o_threecx_results [data-result=reached]")


@contextmanager
def _at_work(camera: Camera, number: str, shown: str):
    """Somebody calls the rep at work, for as long as the block lasts; the card shows an element."""
    _work(camera)
    with _ringing(camera, number):
        camera.page.wait(f"{RINGING} {shown}")
        yield


def unknown(camera: Camera) -> None:
    with _at_work(camera, UNKNOWN, ".o_threecx_new"):
        camera.take("telephone-unknown")


def ambiguous(camera: Camera) -> None:
    with _at_work(camera, FAMILY_CALLS, ".o_threecx_candidate"):
        camera.take("telephone-ambiguous")


def withheld(camera: Camera) -> None:
    with _at_work(camera, "", ".o_threecx_existing"):
        camera.take("telephone-withheld")


def missed(camera: Camera) -> None:
    partner, number = _customers(camera)[1]
    me = camera.find("res.users", [("login", "=", "vendeur")], "id")
    camera.ask("res.partner", "write", [partner], {"user_id": me})
    with _ringing(camera, number, QUEUE, timeout=2):
        time.sleep(4)
    camera.show(f"contacts/{partner}", ".o-mail-Activity .o_threecx_activity_call")
    _quieten(camera)
    camera.take("telephone-missed")


def systray(camera: Camera) -> None:
    _work(camera)
    camera.page.click(".o_threecx_systray")
    camera.page.wait(".o_threecx_menu .o_threecx_devices")
    camera.take("telephone-menu")


def lists(camera: Camera) -> None:
    camera.show("unknown-callers", ".o_list_view .o_data_row")
    camera.take("telephone-unknown-callers")
    camera.show("action-threecx_bridge.threecx_call_action_mine", ".o_list_view .o_data_row")
    camera.take("telephone-my-calls")


def phone_known(camera: Camera) -> None:
    _partner, number = _customers(camera)[0]
    with _at_work(camera, number, ".o_customer_card[data-status=ready]"):
        camera.take("phone-telephone-known")


def phone_ambiguous(camera: Camera) -> None:
    with _at_work(camera, FAMILY_CALLS, ".o_threecx_candidate"):
        camera.take("phone-telephone-ambiguous")


# === what a manager sees === #


def team(camera: Camera) -> None:
    _partner, number = _customers(camera)[2]
    with _ringing(camera, number, "104") as call:
        camera.telephones.ask("POST", f"/sim/calls/{call}/answer", {"extension": "104"})
        with _ringing(camera, UNKNOWN, "103"):
            time.sleep(2)
            camera.show("phone-team", ".o_kanban_view .o_kanban_record:not(.o_kanban_ghost)")
            camera.take("telephone-team")


# === what an administrator sees === #


def system(camera: Camera) -> None:
    camera.show(f"telephone-systems/{_pbx(camera)}", ".o_form_view .o_field_widget[name=tier]")
    camera.page.click("button[name=action_test_connection]")
    camera.page.wait(".o_notification")
    camera.take("telephone-system")
    _show_page(camera, "dialling")
    camera.take("telephone-dialling")
    _show_page(camera, "template")
    camera.take("telephone-template")
    _show_page(camera, "live")
    camera.take("telephone-live")


def _show_page(camera: Camera, name: str) -> None:
    """One page of the notebook, as far up as it goes."""
    camera.page.click(TAB.format(name))
    camera.page.wait(f"{TAB.format(name)}.active")
    camera.page.run("document.querySelector('.o_notebook').scrollIntoView({block: 'start'})")


def mapping(camera: Camera) -> None:
    camera.show("telephone-extensions", ".o_field_widget[name=extension_ids] .o_data_row")
    camera.take("telephone-extensions")


def simulator(camera: Camera) -> None:
    """The telephones of the demo, with one that rings."""
    customers = _customers(camera)
    presets = [
        {"label": "Client connu", "number": customers[0][1]},
        {"label": "Plusieurs fiches", "number": FAMILY_CALLS},
    ]
    camera.telephones.ask("PUT", "/sim/presets", {"presets": presets})
    with _ringing(camera, customers[0][1]):
        camera.page.open(camera.telephones.url)
        camera.page.wait("#calls button")
        camera.take("telephone-simulator")


SITTINGS: tuple[Sitting, ...] = (
    ("admin", DESKTOP, (house, history)),
    ("vendeur", DESKTOP, (known, unknown, ambiguous, withheld, missed)),
    ("vendeur", DESKTOP, (calling, systray, lists)),
    ("vendeur", PHONE, (phone_known, phone_ambiguous)),
    ("manager", DESKTOP, (team,)),
    ("admin", DESKTOP, (system, mapping)),
    ("vendeur", DESKTOP, (simulator,)),
)
