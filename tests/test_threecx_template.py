"""The CRM template as a PBX runs it: the file is downloaded from a real Odoo, accepted by the
template engine of the simulator, and executed by it against that Odoo over HTTP."""

import http.cookiejar
import json
import urllib.request
from collections import namedtuple
from datetime import datetime, timedelta, timezone

import pytest

from scripts.test_suite import free_port
from simulators.threecx.template_engine import Behaviour, EndedCall, EndedChat, Engine, Template
from tests.kit.web import web_server

ANNE, LAMBERT, MULLER, LEAD = "+32475123456", "+3225551212", "+4930901820", "+32488001122"
STRANGER = "+33142681234"
#: A PBX, two colleagues with an extension, customers, a lead; whose ids come back as JSON.
SETUP = """
import json
env["ir.config_parameter"].sudo().set_param("web.base.url", {url!r})
env["ir.cron"].search([]).active = False
belgium, germany = env.ref("base.be"), env.ref("base.de")
pbx = env["threecx.pbx"].create(
    {{"name": "Shop", "country_id": belgium.id, "keep_recordings": True}})
users = {{}}
for extension, login in (("101", "vera"), ("102", "wim")):
    users[login] = env["res.users"].with_context(no_reset_password=True).create({{
        "name": login.title(), "login": login, "email": login + "@shop.example",
        "group_ids": [(4, env.ref("threecx_bridge.group_threecx_user").id)]}})
    env["threecx.extension"].create(
        {{"pbx_id": pbx.id, "number": extension, "user_id": users[login].id}})
partners = {{}}
for name, country, phone in (
    ("Anne Dubois", belgium, "0475 12 34 56"),
    ("Bob Lambert", belgium, "02/555.12.12"),
    ("Carla Lambert", belgium, "+32 2 555 12 12"),
    ("Max Müller", germany, "030 901820"),
    ("<b>Anvers</b> & fils", belgium, False),
):
    partners[name] = env["res.partner"].create({{
        "name": name, "phone": phone, "country_id": country.id,
        "user_id": users["vera"].id, "email": name.split()[0].lower() + "@mail.example"}})
lead = env["crm.lead"].create(
    {{"name": "Kitchen", "contact_name": "Lea Lead", "phone": "0488 00 11 22"}})
key = pbx.action_generate_key()["context"]["default_key"]
env.cr.commit()
print("HOUSE", json.dumps({{
    "pbx": pbx.id, "key": key, "lead": lead.id,
    "users": {{name: [user.id, user.partner_id.id] for name, user in users.items()}},
    "partners": {{name: partner.id for name, partner in partners.items()}}}}))
"""
REVOKE = """
env["threecx.pbx"].search([]).action_revoke_keys()
env.cr.commit()
"""
LINES = """
    SELECT author_id, body FROM mail_message
     WHERE model = 'res.partner' AND res_id = %s AND id > %s
       AND body LIKE '%%data-oe-model="threecx.call"%%'
     ORDER BY id
"""
ACTIVITIES = """
    SELECT user_id FROM mail_activity
     WHERE res_model = 'res.partner' AND res_id = %s AND active
"""
CALL_FIELDS = (
    "direction", "outcome", "state", "number_key", "is_withheld", "partner_id", "user_id",
    "talk_seconds", "queue", "kind",
)  # fmt: skip
Call = namedtuple("Call", CALL_FIELDS)


class House:
    """Odoo, what is in it, and the PBX that has its template."""

    def __init__(self, database, url):
        self.database = database
        self.url = url
        output = database.shell(SETUP.format(url=url))
        line = next(line for line in output.splitlines() if line.startswith("HOUSE "))
        facts = json.loads(line.partition(" ")[2])
        self.partners, self.users = facts["partners"], facts["users"]
        self.lead, self.key = facts["lead"], facts["key"]
        self.template_url = f"{url}/threecx/template/{facts['pbx']}"
        self.first_message = database.query("SELECT max(id) FROM mail_message")[0][0]

    def download(self):
        """The template, as an administrator gets it by his browser."""
        browser = urllib.request.build_opener(
            urllib.request.ProxyHandler({}),
            urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()),
        )
        login = {"db": self.database.name, "login": "admin", "password": "admin"}
        browser.open(
            urllib.request.Request(
                f"{self.url}/web/session/authenticate",
                data=json.dumps({"jsonrpc": "2.0", "params": login}).encode(),
                headers={"Content-Type": "application/json"},
            )
        )
        with browser.open(self.template_url) as response:
            return response.read()

    def pbx(self, **settings):
        """A PBX with the template and its key."""
        parameters = {"ApiKey": self.key, **settings.pop("parameters", {})}
        return Engine(Template.parse(self.download()), parameters, **settings)

    def contact_url(self, name):
        return f"{self.url}/odoo/res.partner/{self.partners[name]}"

    def calls(self, kind="call"):
        rows = self.database.query(
            f"SELECT {', '.join(CALL_FIELDS)} FROM threecx_call WHERE kind = %s"
            " ORDER BY started, id",
            (kind,),
        )
        return [Call(*row) for row in rows]

    def lines(self, name):
        """Authors and texts of the lines on calls and chats in the chatter of a contact."""
        return self.database.query(LINES, (self.partners[name], self.first_message))

    def activities(self, name):
        """Who has to do something about a contact."""
        rows = self.database.query(ACTIVITIES, (self.partners[name],))
        return [user for (user,) in rows]


@pytest.fixture
def house(odoo_database):
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    house = House(odoo_database, url)
    with web_server(odoo_database, port):
        yield house


def names(contacts):
    return [contact.name for contact in contacts]


def call(call_type, number=ANNE, agent="101", minutes=30, **values):
    """A call of so many minutes ago: 7 seconds of ringing, 83 of talk."""
    started = datetime.now(timezone.utc) - timedelta(minutes=minutes)
    answered = started + timedelta(seconds=7)
    is_answered = call_type in ("Inbound", "Outbound")
    return EndedCall(
        call_type,
        number,
        agent,
        started,
        answered + timedelta(seconds=83 if is_answered else 0),
        established=answered if is_answered else None,
        **values,
    )


def report(pbx, ended_call):
    (exchange,) = pbx.report_call(ended_call)
    assert exchange.succeeded, (exchange.error, exchange.answer and exchange.answer.body)


def test_who_is_calling(house):
    pbx = house.pbx()
    assert pbx.template.warnings == []
    for written in (ANNE, "0032475123456", "0475123456"):
        (anne,) = pbx.lookup(written)
        assert anne.name == "Anne Dubois"
        assert anne.url == house.contact_url("Anne Dubois")
        assert (anne.entity_type, anne.email) == ("Person", "anne@mail.example")
    assert sorted(names(pbx.lookup(LAMBERT))) == ["Bob Lambert", "Carla Lambert"]
    assert names(pbx.lookup(MULLER)) == ["Max Müller"]
    (lead,) = pbx.lookup(LEAD, "Outbound")
    assert (lead.name, lead.entity_id) == ("Lea Lead", f"crm.lead,{house.lead}")
    assert pbx.lookup(STRANGER) == []
    assert all(exchange.succeeded for exchange in pbx.exchanges)
    assert max(exchange.seconds for exchange in list(pbx.exchanges)[1:]) < 1
    asked = len(pbx.exchanges)
    assert pbx.lookup("anonymous") == []
    assert len(pbx.exchanges) == asked
    # the other ways to look for somebody
    assert names(pbx.lookup_email("Anne@mail.example")) == ["Anne Dubois"]
    assert pbx.lookup_email("nobody@mail.example") == []
    assert sorted(names(pbx.search("Lambert"))) == ["Bob Lambert", "Carla Lambert"]
    assert names(pbx.search("</b> & f")) == ["<b>Anvers</b> & fils"]
    assert pbx.search("[Number]") == []


def test_contact_made_in_the_client(house):
    pbx = house.pbx()
    made = pbx.create("Émile", 'O"Neil', "emile@mail.example", "+32496112233")
    assert made.name == 'Émile O"Neil'
    partner = int(made.entity_id.partition(",")[2])
    assert house.database.query(
        "SELECT name, email, phone_sanitized FROM res_partner WHERE id = %s", (partner,)
    ) == [('Émile O"Neil', "emile@mail.example", "+32496112233")]
    assert [found.entity_id for found in pbx.lookup("+32496112233")] == [made.entity_id]
    # twice, and for somebody who is there
    assert pbx.create("Émile", "O'Neil", "", "+32496112233").entity_id == made.entity_id
    anne = pbx.create("A.", "Dubois", "", ANNE)
    assert anne.entity_id == f"res.partner,{house.partners['Anne Dubois']}"
    assert house.database.query("SELECT count(*) FROM res_partner WHERE name ~ 'Émile'") == [(1,)]
    assert house.pbx(parameters={"CreateContactEnabled": "False"}).create("X", "Y", "", "") is None


def test_journal(house):
    pbx = house.pbx()
    anne = house.partners["Anne Dubois"]
    vera, veras_partner = house.users["vera"]
    (contact,) = pbx.lookup(ANNE)
    # she calls twice, nobody answers; the first report is repeated
    first = call("Missed", minutes=50, contact=contact)
    report(pbx, first)
    report(pbx, first)
    report(pbx, call("Missed", minutes=45, contact=contact))
    missed, again = house.calls()
    assert missed[:6] == ("inbound", "missed", "ended", ANNE, False, anne)
    assert again.outcome == "missed"
    assert house.activities("Anne Dubois") == [vera]
    # she is called back
    report(pbx, call("Outbound", minutes=30, contact=contact, recording_url="https://pbx/1.wav"))
    *_missed, back = house.calls()
    assert back[:8] == ("outbound", "answered", "ended", ANNE, False, anne, vera, 83)
    assert house.activities("Anne Dubois") == []
    recordings = "SELECT recording_url FROM threecx_call WHERE direction = 'outbound'"
    assert house.database.query(recordings) == [("https://pbx/1.wav",)]
    lines = house.lines("Anne Dubois")
    assert len(lines) == len(house.calls()) == 3
    assert lines[-1][0] == veras_partner


def test_journal_of_others(house):
    pbx = house.pbx()
    wim, wims_partner = house.users["wim"]
    report(pbx, call("Inbound", MULLER, "102", 40, queue="800", agent_email="wim@shop.example"))
    report(pbx, call("Inbound", LAMBERT, minutes=35))
    report(pbx, call("Inbound", STRANGER, minutes=30, name="[Name] <b>&"))
    report(pbx, call("Inbound", "anonymous", minutes=25))
    report(pbx, call("Notanswered", LEAD, minutes=20))
    assert pbx.report_call(call("Inbound", "102", minutes=15, is_external=False)) == []
    muller, lambert, stranger, withheld, lead = house.calls()
    assert (muller.partner_id, muller.user_id) == (house.partners["Max Müller"], wim)
    assert (muller.queue, muller.talk_seconds) == ("800", 83)
    assert [author for author, _body in house.lines("Max Müller")] == [wims_partner]
    # two have the number: neither is written to
    assert (lambert.partner_id, lambert.number_key) == (None, LAMBERT)
    assert house.lines("Bob Lambert") == house.lines("Carla Lambert") == []
    assert (stranger.partner_id, stranger.number_key) == (None, STRANGER)
    assert (withheld.is_withheld, withheld.number_key, withheld.partner_id) == (True, None, None)
    assert (lead.direction, lead.outcome) == ("outbound", "no_answer")
    # what an older PBX does not know of is no transcript
    old = house.pbx(version="18.0.9.20")
    report(old, call("Inbound", STRANGER, minutes=10))
    texts = house.database.query("SELECT transcript, summary, recording_url FROM threecx_call")
    assert {text for row in texts for text in row} <= {None, ""}
    # where a PBX may behave in another way than is believed
    other = house.pbx(behaviour=Behaviour(bare_number_in_posts=False, never_is_year_one=True))
    report(other, call("Missed", MULLER, minutes=5))
    assert house.calls()[-1][:6] == (
        "inbound", "missed", "ended", MULLER, False, house.partners["Max Müller"]
    )  # fmt: skip
    quiet = house.pbx(parameters={"ReportCallEnabled": "False"})
    assert quiet.report_call(call("Inbound")) == []


def test_chat(house):
    pbx = house.pbx()
    ended = datetime.now(timezone.utc)
    chat = EndedChat(
        "Visitor: is it in stock? \N{GRINNING FACE}\nVera: <b>[Number]</b>",
        "101",
        ended - timedelta(minutes=4),
        ended,
        email="anne@mail.example",
        name="Anne",
        contact=pbx.lookup_email("anne@mail.example")[0],
    )
    for _repetition in range(2):
        (exchange,) = pbx.report_chat(chat)
        assert exchange.succeeded, (exchange.error, exchange.answer)
    (kept,) = house.calls("chat")
    assert (kept.partner_id, kept.user_id) == (
        house.partners["Anne Dubois"],
        house.users["vera"][0],
    )
    ((_author, body),) = house.lines("Anne Dubois")
    assert "Anne" in body
    texts = house.database.query("SELECT transcript FROM threecx_call WHERE kind = 'chat'")
    assert texts == [(chat.messages,)]


def test_key(house):
    assert house.key.encode() not in house.download()
    pbx, stranger = house.pbx(), house.pbx(parameters={"ApiKey": "0" * 40})
    assert names(pbx.lookup(ANNE)) == ["Anne Dubois"]
    assert stranger.lookup(ANNE) == []
    assert stranger.exchanges[-1].answer.status == 401
    house.database.shell(REVOKE)
    assert pbx.lookup(ANNE) == []
    assert pbx.exchanges[-1].answer.status == 401
    (exchange,) = pbx.report_call(call("Inbound"))
    assert not exchange.succeeded
    assert house.calls() == []
