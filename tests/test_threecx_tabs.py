"""Two tabs of one browser, and what the 3CX client opens when the telephone rings: a call is on the
screen once, wherever the user looks, and what is done with it in one tab is done in all."""

import json
import time

import pytest

from scripts.console import Problem
from scripts.devtools import Browser
from scripts.test_suite import free_port
from tests.kit.web import web_server

PASSWORD = "two-tabs"
SETUP = f"""
env["threecx.pbx"].search([]).action_archive()
env["threecx.pbx"].create({{"name": "Shop", "country_id": env.ref("base.be").id}})
user = env.ref("base.user_admin")
user.password = {PASSWORD!r}
user.group_ids += env.ref("threecx_bridge.group_threecx_user")
env["res.partner"].create({{"name": "Anne Deux-Onglets", "phone": "04 287 65 43"}})
env.cr.commit()
"""
NUMBER, STRANGER = "%2B3242876543", "%2B32475871122"
#: A tab in the background is drawn when it is looked at again: until then its state counts.
SHOWN = """
(() => {
    const { entries, isOwner } = odoo.__WOWL_DEBUG__.root.env.services.threecx_calls.state;
    const shown = isOwner ? entries.filter(({ isHidden }) => !isHidden) : [];
    return shown.map(({ data }) => data.partner ? data.partner.name : data.caller_name);
})()
"""


class Tabs:
    """Two tabs of the user, the second one in front."""

    def __init__(self, browser, url, database):
        self.url = url
        self.browser = browser
        self.context = browser.context()
        params = {"db": database, "login": "admin", "password": PASSWORD}
        with self.page() as page:
            page.open(f"{url}/web/login")
            page.wait("form.oe_login_form")
            page.run(
                "fetch('/web/session/authenticate', {method: 'POST', headers: {'Content-Type': "
                f"'application/json'}}, body: {json.dumps(json.dumps({'params': params}))}}})"
                ".then((answer) => answer.text())"
            )
        self.first, self.second = self.open(), self.open()
        self.look_at(self.second)

    def page(self):
        return self.browser.page(1280, 800, context=self.context)

    def open(self):
        page = self.page()
        page.open(f"{self.url}/odoo/action-contacts.action_contacts")
        page.wait(".o_threecx_systray", 120)
        return page

    def look_at(self, page):
        """What a user does by a click on the tab."""
        page.to_front()
        page.run("window.dispatchEvent(new Event('focus'))")

    def ring(self, number, name=""):
        """The page that the 3CX client opens; it stays behind the tabs."""
        page = self.browser.page(400, 300, context=self.context)
        page.open(f"{self.url}/threecx/pop?number={number}&name={name}")
        return page

    @staticmethod
    def is_content(helper):
        """Whether the page of the 3CX client has seen that a tab shows the call: it says so, and
        closes itself if the browser lets it."""
        try:
            return helper.run("document.querySelector('.shown')?.hidden === false")
        except Problem:
            return True

    def names(self):
        """Who is shown, in each tab."""
        return self.first.run(SHOWN), self.second.run(SHOWN)

    def until(self, expected, seconds=15):
        """Wait until the tabs show this, and see that it stays so."""
        deadline = time.monotonic() + seconds
        while self.names() != expected and time.monotonic() < deadline:
            time.sleep(0.1)
        time.sleep(1.2)  # longer than a tab waits before it shows what no other one shows
        assert self.names() == expected


@pytest.fixture
def tabs(odoo_database):
    odoo_database.shell(SETUP)
    with web_server(odoo_database, free_port()) as url, Browser() as browser:
        yield Tabs(browser, url, odoo_database.name)


def test_a_call_is_on_the_screen_once(tabs):
    anne, stranger = ["Anne Deux-Onglets"], ["Nouveau"]

    # in the tab the user looks at; the page of the 3CX client sees that it is not needed
    helper = tabs.ring(NUMBER)
    tabs.look_at(tabs.second)
    tabs.until(([], anne))
    assert tabs.is_content(helper)

    # it follows the user
    tabs.look_at(tabs.first)
    tabs.until((anne, []))
    tabs.first.wait(".o_threecx_call_name")

    # what is put away in one is put away in all
    tabs.first.click(".o_threecx_call_close")
    tabs.until(([], []))
    tabs.look_at(tabs.second)
    tabs.until(([], []))

    # what is done with a call in one is known in the other, once
    tabs.ring(STRANGER, "Nouveau")
    tabs.look_at(tabs.second)
    tabs.until(([], stranger))
    tabs.second.click(".o_threecx_new")
    tabs.second.click(".o_threecx_create:enabled")
    tabs.second.wait(".o_threecx_open_partner")
    tabs.look_at(tabs.first)
    tabs.until((stranger, []))
    tabs.first.wait(".o_threecx_open_partner")
    tabs.first.click(".o_threecx_call_close")
    tabs.until(([], []))
    tabs.look_at(tabs.second)
    tabs.until(([], []))

    # the tab the user looked at is gone: the other one shows the next call
    tabs.second.close()
    tabs.ring(NUMBER)
    tabs.first.to_front()
    tabs.first.wait(".o_threecx_call_name")
