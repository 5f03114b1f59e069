"""The pictures of the documentation: ``python -m scripts.pictures <address of Odoo> <folder>``.

`make screenshots` calls it, in the environment of the tests. What a picture shows is chosen by what
the record is (an order that is partly delivered, the customer with most orders), not by its number.
"""

import io
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image

from .console import Problem, say
from .devtools import Browser, Page

DESKTOP = (1400, 900)
PHONE = (390, 844)
#: One colour table per picture; screens have few colours, and the file becomes a third.
COLOURS = 256
#: Drop folder of the administrator's guide.
FOLDER = "/srv/silicon-master/exports"
TAB = ".o_notebook .nav-link[name={}]"


class Camera:
    """Odoo as one of the demo's users sees it; the password of each is his login."""

    def __init__(self, page: Page, odoo: str, folder: Path):
        self.page = page
        self._odoo = odoo
        self._folder = folder

    def log_in(self, login: str) -> None:
        self.page.open(f"{self._odoo}/web/login")
        self.page.wait("form.oe_login_form input[name=password]")
        self.page.run(
            f"(() => {{ const form = document.querySelector('form.oe_login_form');"
            f" form.elements.login.value = form.elements.password.value = {json.dumps(login)};"
            " form.submit(); })()"
        )
        self.page.wait(".o_web_client .o_main_navbar")

    def find(self, model: str, domain: list, order: str) -> int:
        """Number of the first record that fits."""
        found = self.ask(model, "search", domain, order=order, limit=1)
        if not found:
            raise Problem(
                f"choosing what to show of {model}",
                f"no record fits {domain}",
                "the demo of the pictures may be of another time: make clean, then once more",
            )
        return found[0]

    def ask(self, model: str, method: str, *args, **kwargs):
        """Call a method of a model with the rights of the user."""
        params = {"model": model, "method": method, "args": args, "kwargs": kwargs}
        body = json.dumps({"jsonrpc": "2.0", "method": "call", "params": params})
        answer = self.page.run(
            f"fetch('/web/dataset/call_kw', {{method: 'POST', body: {json.dumps(body)},"
            " headers: {'Content-Type': 'application/json'}}).then((answer) => answer.json())"
        )
        if "error" in answer:
            message = answer["error"]["data"]["message"]
            raise Problem(f"calling {model}.{method}", message, "see scripts/pictures.py")
        return answer["result"]

    def show(self, path: str, ready: str) -> None:
        """Open a path of the web client and wait for what makes it complete."""
        self.page.open(f"{self._odoo}/odoo/{path}")
        self.page.wait(ready)

    def take(self, name: str) -> None:
        """Write one picture; no message floats above, and OdooBot's greeting is not in the way."""
        self.page.run(
            "document.querySelectorAll('.o_notification_close').forEach((x) => x.click()),"
            "document.querySelectorAll('.o-mail-ChatHub').forEach((x) => { x.hidden = true }),"
            "document.activeElement?.blur()"
        )
        picture = Image.open(io.BytesIO(self.page.picture())).convert("RGB")
        small = picture.quantize(COLOURS, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
        path = self._folder / f"{name}.png"
        small.save(path, optimize=True)
        say(f"   {path.name} ({path.stat().st_size / 1000:.0f} kB)")


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
    # as a thumb would: the tabs right below the bars that stay
    camera.page.run(
        "(() => { const tabs = document.querySelector('.o_notebook_headers');"
        " tabs.style.scrollMarginTop = '120px'; tabs.scrollIntoView({block: 'start'}); })()"
    )
    camera.take("phone-contact")


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
    camera.page.run(
        f"document.querySelector('.o_field_widget[name=drop_folder] input').value = {FOLDER!r}"
    )
    camera.take("files")
    camera.page.click(".o_field_widget[name=feed_ids] .o_data_row td[name=pattern]")
    camera.page.wait(".modal .o_field_widget[name=mapping_ids] .o_data_row")
    camera.take("feed")


Shot = Callable[[Camera], None]
SHOTS: tuple[tuple[str, tuple[int, int], tuple[Shot, ...]], ...] = (
    ("vendeur", DESKTOP, (contact, order, article)),
    ("manager", DESKTOP, (overview, runs, quarantine)),
    ("admin", DESKTOP, (codes, feed)),
    ("vendeur", PHONE, (phone_contact,)),
    ("manager", PHONE, (phone_overview,)),
)


@contextmanager
def _cameras(odoo: str, folder: Path) -> Iterator[Callable[[str, tuple[int, int]], Camera]]:
    with Browser() as browser:

        def camera(login: str, size: tuple[int, int]) -> Camera:
            made = Camera(browser.page(*size, phone=size == PHONE), odoo, folder)
            made.log_in(login)
            return made

        yield camera


def main(odoo: str, folder: Path) -> None:
    """Take all pictures."""
    folder.mkdir(parents=True, exist_ok=True)
    with _cameras(odoo, folder) as camera_of:
        for login, size, shots in SHOTS:
            camera = camera_of(login, size)
            for shot in shots:
                shot(camera)


if __name__ == "__main__":
    try:
        main(sys.argv[1], Path(sys.argv[2]))
    except Problem as problem:
        sys.exit(problem.report())
