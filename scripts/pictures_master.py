"""The pictures of the documentation of Silicon Master.

What a picture shows is chosen by what the record is (an order that is partly delivered, the
customer with most orders), not by its number. What a demo does not have by itself is made first: a
customer who could be two contacts, a plan, a file that stops.
"""

import json
from collections import Counter

from .camera import DESKTOP, PHONE, TAB, Camera, Sitting
from .console import Problem

#: Drop folder of the administrator's guide.
FOLDER = "/srv/silicon-master/exports"
#: How many nights Silicon Master may take until a customer comes who suits.
NIGHTS_TRIED = 6
EVENTS = "date_moved,ready,shipped,attempt_failed,restocked"
#: Address of the administrator's guide.
ADDRESS = "https://127.0.0.1/api/contacts"
#: Customers whom the shop met before Silicon Master did.
PROSPECTS = (
    {
        "name": "Ateliers Lambermont",
        "is_company": True,
        "street": "Quai de Rome 45",
        "zip": "4000",
        "city": "Liège",
        "phone": "04 222 33 44",
        "email": "info@lambermont.example",
        "lang": "fr_BE",
    },
    {"name": "Sophie Delvaux", "mobile": "0475 12 34 56", "city": "Huy", "lang": "fr_BE"},
)


# === what has to happen first === #


def questions(camera: Camera) -> None:
    """Let a night pass in which a new customer could be two contacts of Odoo, and somebody waits
    to be encoded."""
    if not camera.ask("res.partner", "search_count", [("sm_encode_state", "=", "to_encode")]):
        ids = camera.ask("res.partner", "create", list(PROSPECTS))
        camera.ask("res.partner", "action_sm_to_encode", ids)
    if camera.ask("sm.match", "search_count", [("state", "=", "open")]):
        return
    row = _new_customer(camera)
    name = " ".join(filter(None, (row["Nom"].strip(), row["Nom 2"].strip())))
    double = {"name": name, "email": row["E-mail"].strip(), "lang": "fr_BE"}
    address = {"street": row["Rue"].strip(), "zip": row["Code postal"].strip()}
    phone = row["GSM"].strip() or row["Téléphone"].strip()
    camera.ask(
        "res.partner",
        "create",
        [
            double | address | {"city": row["Localité"].strip()},
            double | {"phone": phone, "city": "Namur", "zip": "5000"},
        ],
    )
    camera.run()


def _new_customer(camera: Camera) -> dict:
    """A customer whom Silicon Master has just got, as it sends him; a night may bring none."""
    known = camera.ask("sm.link", "search_read", [("entity", "=", "contact")], ["external_id"])
    keys = {link["external_id"] for link in known}
    for _night in range(NIGHTS_TRIED):
        camera.master.ask("POST", f"/night?events={EVENTS}")
        sent = camera.master.ask("GET", "/api/contacts?format=json&names=fr")
        for row in _records(sent):
            if row["Code"].strip() not in keys and _is_clear(row):
                return row
    raise Problem("choosing a new customer", "none has an e-mail address", "once more")


def _records(answer) -> list[dict]:
    """The records of an answer, which may stand below a name."""
    return (
        answer
        if isinstance(answer, list)
        else next(value for value in answer.values() if isinstance(value, list))
    )


def _is_clear(row: dict) -> bool:
    """Whether a customer has an address by which he is matched."""
    email = row["E-mail"].strip()
    return row["Type"].strip() in ("P", "S") and email.count("@") == 1 and " " not in email


# === what a sales rep sees === #


def _customer(camera: Camera) -> int:
    """The customer with most orders on their way, among those with remarks and a VAT number."""
    domain = [
        ("sm_status", "in", ["preparing", "ready", "shipped", "partial"]),
        ("partner_id.sm_remarks", "!=", False),
        ("partner_id.sm_vat_status", "=", "valid"),
    ]
    camera.find("sale.order", domain, "id")  # says so when there is none
    groups = camera.ask("sale.order", "formatted_read_group", domain, ["partner_id"], ["__count"])
    best = max(groups, key=lambda group: (group["__count"], -group["partner_id"][0]))
    return best["partner_id"][0]


def contact(camera: Camera) -> None:
    camera.show(f"contacts/{_customer(camera)}", ".o_form_view .o_notebook")
    camera.page.click(TAB.format("customer_card"))
    camera.page.wait(".o_customer_card[data-status=ready] .o_customer_card_records")
    camera.take("contact")
    camera.page.click(TAB.format("silicon_master"))
    camera.page.wait(".o_field_widget[name=sm_remarks]")
    camera.take("contact-silicon-master")


def contact_locked(camera: Camera) -> None:
    camera.show(f"contacts/{_customer(camera)}", ".o_form_view .o_sm_owned_mark")
    camera.take("contact-locked")


def to_encode(camera: Camera) -> None:
    camera.show("silicon-master-to-encode", ".o_list_view .o_data_row")
    camera.take("to-encode")
    waiting = [("sm_encode_state", "=", "to_encode"), ("is_company", "=", True)]
    number = camera.find("res.partner", waiting, "id")
    camera.show(f"contacts/{number}", ".o_form_view .o_notebook")
    camera.page.click(TAB.format("sm_encode"))
    camera.page.wait(".o_sm_encode_value")
    camera.take("encode-sheet")


def _eventful_order(camera: Camera) -> int:
    """The order to which most kinds of things have happened."""
    groups = camera.ask(
        "sm.order.event",
        "formatted_read_group",
        [("order_id.active", "=", True)],
        ["order_id", "kind"],
        ["__count"],
    )
    kinds = Counter(group["order_id"][0] for group in groups)
    return max(kinds, key=lambda number: (kinds[number], -number))


def timeline(camera: Camera) -> None:
    _show_timeline(camera)
    camera.take("order-events")


def _show_timeline(camera: Camera) -> None:
    camera.show(f"orders/{_eventful_order(camera)}", ".o_form_view .o_notebook")
    camera.page.click(TAB.format("sm_events"))
    camera.page.wait(".o_sm_timeline[data-status=ready] li")


def dossiers(camera: Camera) -> None:
    camera.show("dossiers", ".o_list_view .o_data_row")
    camera.take("dossiers")
    about = [("state", "=", "planned"), ("order_id", "!=", False)]
    camera.show(f"dossiers/{camera.find('sm.dossier', about, 'name')}", ".o_form_view")
    camera.take("dossier")


def order(camera: Camera) -> None:
    partial = [("sm_status", "=", "partial"), ("sm_has_difference", "=", False)]
    number = camera.find("sale.order", partial, "name desc")
    camera.show(f"orders/{number}", ".o_form_view .o_data_row")
    camera.take("order")
    camera.page.click(TAB.format("silicon_master"))
    camera.page.wait(".o_field_widget[name=sm_amount_total]")
    camera.take("order-silicon-master")


def article(camera: Camera) -> None:
    expected = [("sm_stock_total", ">", 3), ("sm_incoming_ids", "!=", False)]
    variant = camera.find("product.product", expected, "default_code")
    product = camera.ask("product.product", "read", [variant], ["product_tmpl_id"])[0]
    camera.show(f"products/{product['product_tmpl_id'][0]}", ".o_form_view .o_notebook")
    camera.page.click(TAB.format("silicon_master"))
    camera.page.wait(".o_field_widget[name=sm_stock_ids] .o_data_row")
    camera.take("article")


def phone_contact(camera: Camera) -> None:
    camera.show(f"contacts/{_customer(camera)}", ".o_form_view .o_notebook")
    camera.page.click(TAB.format("customer_card"))
    camera.page.wait(".o_customer_card[data-status=ready] .o_customer_card_records")
    _scroll_to_tabs(camera)
    camera.take("phone-contact")


def phone_timeline(camera: Camera) -> None:
    _show_timeline(camera)
    _scroll_to_tabs(camera)
    camera.take("phone-order-events")


def _scroll_to_tabs(camera: Camera) -> None:
    """As a thumb would: the tabs right below the bars that stay."""
    camera.page.run(
        "(() => { const tabs = document.querySelector('.o_notebook_headers');"
        " tabs.style.scrollMarginTop = '120px'; tabs.scrollIntoView({block: 'start'}); })()"
    )


# === what an operator sees === #


def overview(camera: Camera) -> None:
    camera.show("silicon-master", ".o_sm_backend_status[data-level]")
    camera.page.wait(".o_field_widget[name=last_line_ids] .o_data_row")
    camera.take("overview")


def runs(camera: Camera) -> None:
    camera.show("silicon-master-runs", ".o_list_view .o_data_row")
    camera.take("runs")
    number = camera.find("sm.run", [], "id desc")
    camera.show(f"silicon-master-runs/{number}", ".o_form_view .o_data_row")
    camera.take("run")


def quarantine(camera: Camera) -> None:
    camera.show("silicon-master-attention", ".o_list_view .o_group_header")
    camera.take("quarantine")
    row = camera.find("sm.quarantine", [("state", "=", "open"), ("cause", "=", "bad_number")], "id")
    camera.show(f"silicon-master-attention/{row}", ".o_field_widget[name=raw_table] .table-danger")
    camera.take("quarantine-row")


def match(camera: Camera) -> None:
    number = camera.find("sm.match", [("state", "=", "open"), ("entity", "=", "contact")], "id")
    camera.show(f"silicon-master-matches/{number}", ".o_sm_match_board .o_sm_match_candidate")
    camera.take("match")


def quality(camera: Camera) -> None:
    camera.show("silicon-master-data-quality", ".o_list_view .o_group_header")
    camera.page.click(".o_group_header:nth-of-type(2)")
    camera.page.wait(".o_list_view .o_data_row")
    camera.take("data-quality")


def plan(camera: Camera) -> None:
    """A night that Silicon Master has lived and Odoo has not."""
    camera.master.ask("POST", "/night")
    camera.run("action_look_before")
    number = camera.find("sm.run", [("state", "=", "planned")], "id desc")
    camera.show(f"silicon-master-runs/{number}", ".o_field_widget[name=plan_line_ids] .o_data_row")
    camera.take("plan")
    changed = [("run_id", "=", number), ("entity", "=", "order"), ("outcome", "=", "update")]
    row = camera.find("sm.plan.row", [*changed, ("diffs", "ilike", "commitment_date")], "id")
    camera.show(f"m-sm.plan.row/{row}", ".o_field_widget[name=diff_table] table")
    camera.take("plan-row")


def held(camera: Camera) -> None:
    """A list of prices times a hundred; a new export puts all right again."""
    camera.master.ask("POST", "/bad?kind=prices_times_100")
    camera.run()
    number = camera.find("sm.run", [("state", "=", "held")], "id desc")
    camera.show(f"silicon-master-runs/{number}", ".o_form_view button[name=action_accept]")
    camera.page.click("button[name=action_accept]")
    camera.page.wait(".modal .o_field_widget[name=finding_ids] .o_data_row")
    camera.take("held")
    camera.master.ask("POST", "/export")
    camera.run()


def phone_overview(camera: Camera) -> None:
    camera.show("silicon-master", ".o_sm_backend_status[data-level]")
    camera.page.wait(".o_field_widget[name=last_line_ids] .o_kanban_record:not(.o_kanban_ghost)")
    camera.take("phone-overview")


# === what an administrator sees === #


def codes(camera: Camera) -> None:
    camera.show("silicon-master-statuses", ".o_list_view .o_data_row")
    camera.take("codes")


def feed(camera: Camera) -> None:
    camera.show("silicon-master", ".o_sm_backend_status[data-level]")
    camera.page.click(TAB.format("files"))
    camera.page.wait(".o_field_widget[name=feed_ids] .o_data_row")
    # the folder of this machine is nobody's business; the picture shows the one of the guide
    _cover(camera, ".o_field_widget[name=drop_folder] input", FOLDER)
    camera.take("files")
    camera.page.click(".o_field_widget[name=feed_ids] .o_data_row td[name=pattern]")
    camera.page.wait(".modal .o_field_widget[name=mapping_ids] .o_data_row")
    camera.take("feed")
    camera.page.click(".modal .o_field_widget[name=transport] input[data-value=http]")
    camera.page.wait(".modal .o_field_widget[name=url] input")
    _cover(camera, ".modal .o_field_widget[name=url] input", ADDRESS)
    camera.take("feed-http")
    camera.page.click(".modal .o_form_button_cancel")


def _cover(camera: Camera, selector: str, text: str) -> None:
    """Show a text in the place of an input, which Odoo would save with the page."""
    camera.page.run(
        f"(() => {{ const input = document.querySelector({json.dumps(selector)});"
        f" const copy = input.cloneNode(); copy.value = {json.dumps(text)};"
        " input.after(copy); input.style.display = 'none'; })()"
    )


def mapping(camera: Camera) -> None:
    camera.show("silicon-master-mapping", ".o_sm_mapping_row .o_sm_sample")
    camera.take("mapping")


SITTINGS: tuple[Sitting, ...] = (
    ("manager", DESKTOP, (questions,)),
    ("vendeur", DESKTOP, (contact, contact_locked, order, timeline, article, dossiers, to_encode)),
    ("manager", DESKTOP, (overview, runs, quarantine, match, quality)),
    ("vendeur", PHONE, (phone_contact, phone_timeline)),
    ("manager", PHONE, (phone_overview,)),
    ("manager", DESKTOP, (plan,)),
    ("admin", DESKTOP, (codes, feed, mapping)),
    ("manager", DESKTOP, (held,)),
)
