import json

from odoo import fields
from odoo.tests import tagged

from ..controllers import iadvize_panel
from ..models.omni_channel_panel import LIBRARY_URL
from ..providers.base import Event
from .common_messenger import MessengerHttpCase
from .common_panel import sign

SECRET = "the secret of the connector"
CONVERSATION = "4c8c7408-6d1c-4b2b-9d9e-0d8e6c1a0002"
#: How somebody tries to have a script run, or something asked for elsewhere, wherever a text of his
#: is shown: as HTML, in an attribute, in a script, in a template, in a link.
TRAP = (
    "%(name)s <img src=https://elsewhere.example/trapped onerror=\"trapped('%(name)s')\">"
    "<svg/onload=trapped('%(name)s')>"
    "<script>trapped('%(name)s')</script></script></title></textarea>\"'><b data-trap=%(name)s>"
    "{{trapped('%(name)s')}}<a href=javascript:trapped('%(name)s')>"
)
#: What the desk of iAdvize gives its panels, as far as it is needed to see who writes.
LIBRARY = """
const client = {
    context: { conversationId: "4c8c7408-6d1c-4b2b-9d9e-0d8e6c1a0002", language: "fr" },
    getJWT: async () => %s,
    insertTextInComposeBox: async () => {},
};
window.idzCpa = { init: async () => client };
// the panel sends no cookies, and Odoo knows by one that it is being tested
const send = window.fetch;
window.fetch = (url, options) => send(url, { ...options, credentials: "same-origin" });
"""
#: Runs on every page once it is there: nothing of what was set has become anything but text.
LOOK = """
const names = %s;
const limit = Date.now() + 20000;
const all = (selector, one = document) => [...one.querySelectorAll(selector)];
const frames = () => all("iframe").map((frame) => frame.contentDocument).filter(Boolean);
const texts = () => [
    ...[document, ...frames()].map((one) => one.body?.innerText),
    ...all("input,textarea").map((one) => one.value),
].join(" ");
const SCREENS = ".o_form_renderer,.o_list_renderer,.o_kanban_renderer,.o_omni_inbox,.o_omni_proof";
const isThere = () => !location.pathname.startsWith("/odoo") || document.querySelector(SCREENS);
const missing = () => [
    ...(isThere() ? [] : ["the screen"]),
    ...names.filter((name) => !texts().includes(name)),
];
const BAD = "[data-trap],[onerror*=trapped],[onload*=trapped],[src*=trapped],[href^='javascript:']";
const look = async () => {
    while (missing().length && Date.now() < limit) {
        await new Promise((done) => setTimeout(done, 100));
    }
    for (const element of all("[title],[placeholder],[href]")) {
        element.dispatchEvent(new MouseEvent("mouseover", { bubbles: true }));
    }
    document.querySelector(".o_omni_watch")?.click();
    await new Promise((done) => setTimeout(done, 400));
    const asked = performance.getEntriesByType("resource").map((one) => one.name);
    const found = [
        ...missing().map((name) => `not shown: ${name}`),
        ...[document, ...frames()].flatMap((one) => all(BAD, one)).map((one) => one.outerHTML),
        ...(window.caught || []).map((name) => `ran: ${name}`),
        ...asked.filter((url) => url.includes("trapped")).map((url) => `asked for: ${url}`),
    ];
    for (const problem of found) {
        console.error(problem.slice(0, 300));
    }
    console.log("test successful");
};
look();
"""


def trap(name):
    return TRAP % {"name": name}


@tagged("post_install", "-at_install")
class TestHostileTexts(MessengerHttpCase):
    """What strangers write is text, on every screen, whatever it looks like."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.user_leader.email = "leader@shop.example"
        cls.desk = cls._new_channel(
            "iadvize",
            name="Desk",
            iadvize_user="api@shop.example",
            iadvize_order_keys="orderNumber",
            panel_secret=SECRET,
        )

    def setUp(self):
        super().setUp()
        self._write_on_messenger()
        self._write_on_the_desk()
        self._deliver(
            trap("mailtext"),
            author="eve@example.com",
            name=trap("mailname"),
            subject=trap("mailsubject"),
            attachments=[
                {
                    "name": trap("mailfile"),
                    "content_type": trap("mailtype"),
                    "content": "PHNjcmlwdD4=",
                }
            ],
        )
        for message in self.env["omni.message"].search([("direction", "=", "in")]):
            self.assertTrue(message.conversation_id.ticket_id)
        self.elsewhere = []
        self.env.flush_all()

    def _write_on_messenger(self):
        link = {"title": trap("linktitle"), "url": "javascript:trapped('link')"}
        rows = (
            self.said(
                trap("chattext"),
                attachments=[
                    {"type": "fallback", "payload": link},
                    {"type": "fallback", "payload": {**link, "url": "https://a.be/'\"><script>"}},
                    {"type": "template", "payload": {"text": trap("template")}},
                    {"type": trap("filekind"), "payload": {"url": "https://x.be/" + trap("f")}},
                    {"type": "image", "payload": {"url": "https://x.be/" + trap("filename")}},
                ],
                referral={
                    "ref": trap("reference"),
                    "source": "ADS",
                    "ads_context_data": {"ad_title": trap("advert")},
                },
            ),
            self.row(2, reaction={"mid": "m_1", "action": "react", "emoji": trap("emoji")}),
            self.said(trap("earlier"), mid="m_2", at=3),
            self.row(
                4, message_edit={"mid": "m_2", "text": trap("edited"), "num_edit": 1}
            ),
            self.row(
                5, postback={"mid": "p_1", "title": trap("button"), "payload": "get_started"}
            ),
            self.row(
                6,
                pass_thread_control={
                    "new_owner_app_id": trap("application"), "previous_owner_app_id": "1"
                },
            ),
        )  # fmt: skip
        self.hear(*rows)
        self.talk = self.messages()[:1].conversation_id
        self.talk.identity_id.name = trap("personname")

    def _write_on_the_desk(self):
        now = f"{fields.Datetime.now().isoformat()}Z"
        card = {"title": trap("cardtitle"), "url": "javascript:trapped('card')"}
        file = {
            "fileName": trap("deskfile"), "mimeType": trap("mime") + "/x",
            "url": "https://evil.example/a",
        }  # fmt: skip
        conversation = {
            "id": CONVERSATION,
            "channel": "CHAT",
            "createdAt": now,
            "language": trap("language"),
            "visitor": {
                "visitorId": "v1",
                "firstName": trap("visitorname"),
                "email": "visitor@example.org",
                "phoneNumber": trap("phone"),
                "zipCode": trap("postcode"),
                "externalUserId": trap("externaluser"),
            },
            "users": [{"id": 7, "displayName": trap("operatorname")}],
            "tags": [{"name": trap("desktag")}],
            "satisfactionSurvey": {"customerSatisfaction": 4, "comment": trap("comment")},
            "conversions": [{"externalId": trap("order"), "amount": 12.5}],
            "messages": [
                {
                    "id": "m1",
                    "createdAt": now,
                    "author": {"__typename": "Visitor"},
                    "text": trap("desktext"),
                },
                {
                    "id": "m2",
                    "createdAt": now,
                    "author": {"__typename": "Operator", "id": 7},
                    "attachments": [card, file],
                },
            ],
        }
        custom = {"customData": [{"key": "orderNumber", "stringValue": trap("customorder")}]}
        payload = {"conversation": conversation, "custom": custom}
        event = Event("message", "transcript:1", payload, conversation=CONVERSATION)
        self._store(event, channel=self.desk)._process()
        domain = [("external_id", "=", CONVERSATION)]
        self.chat = self.env["omni.conversation"].search(domain)
        self.assertTrue(self.chat)

    def fetch_proxy(self, url):
        """Override: what is asked of other machines; one of them is the desk's."""
        if url.startswith(LIBRARY_URL):
            return self.make_fetch_proxy_response(LIBRARY % json.dumps(self.jwt))
        self.elsewhere.append(url)
        return super().fetch_proxy(url)

    def _look(self, path, *names, login="omni_leader"):
        """Open a page on which texts of these names are shown."""
        setup = "window.trapped = (name) => (window.caught ||= []).push(name);"
        self.browser_js(
            path,
            setup + LOOK % json.dumps(names),
            ready="document.readyState === 'complete'",
            login=login,
            timeout=90,
            error_checker=lambda message: not message.startswith("Failed to load resource"),
        )
        self.assertFalse([url for url in self.elsewhere if "elsewhere" in url])

    def test_the_trap_works(self):
        """Where nothing guards, it catches."""
        code = f"""
            window.trapped = () => setTimeout(() => console.log("test successful"), 500);
            document.body.insertAdjacentHTML("beforeend", {json.dumps(trap("x"))});
        """
        ready = "document.readyState === 'complete'"
        self.browser_js("/web/login", code, ready, error_checker=lambda message: False)
        self.assertTrue(any("elsewhere" in url for url in self.elsewhere))

    def test_inbox_messenger(self):
        self._look(
            f"/odoo/inbox/{self.talk.ticket_id.id}",
            "chattext", "template", "edited", "advert", "personname", "emoji", "application",
        )  # fmt: skip

    def test_inbox_desk(self):
        self._look(f"/odoo/inbox/{self.chat.ticket_id.id}", "desktext", "cardtitle", "visitorname")

    def test_inbox_mail(self):
        message = self.env["omni.message"].search([("channel_id", "=", self.channel.id)])
        self._look(f"/odoo/inbox/{message.conversation_id.ticket_id.id}", "mailtext", "mailname")

    def test_joined(self):
        """Two channels of one customer: why, in the texts of the other one."""
        self.env["omni.inbox"].with_user(self.user_leader).join(
            self.talk.ticket_id.id, self.chat.ticket_id.id
        )
        self.env.flush_all()
        self._look(f"/odoo/inbox/{self.talk.ticket_id.id}", "chattext", "desktext")

    def test_forms(self):
        """The plain screens of Odoo, and what is noted in a ticket."""
        events = self.env["omni.event"].search([], order="id")
        events[0].write({"state": "dead", "cause": trap("cause"), "failure_reason": trap("reason")})
        self.env.flush_all()
        for path, names, login in (
            (f"/odoo/crm.ticket/{self.talk.ticket_id.id}", (), "omni_leader"),
            (f"/odoo/omni.identity/{self.chat.identity_id.id}", ("visitorname",), "omni_leader"),
            (f"/odoo/omni.conversation/{self.chat.id}", (), "omni_leader"),
            (f"/odoo/omni.event/{events[0].id}", ("reason",), "omni_admin"),
        ):
            with self.subTest(path):
                self._look(path, *names, login=login)

    def test_lists(self):
        """The list of the inbox and its folders, the screen of the proof, its gaps, what was
        joined, what came in; and the corner of the screen, with its troubles."""
        self.env["omni.event"].search([], order="id")[:1].write(
            {"state": "dead", "cause": trap("cause"), "failure_reason": trap("reason")}
        )
        self.page.write({"health": "error", "health_message": trap("health")})
        self.page.last_error = trap("lasterror")
        proof = self.env["omni.proof"].create(
            {"channel_id": self.page.id, "day": fields.Date.today()}
        )
        self.env["omni.proof.gap"].create(
            {
                "proof_id": proof.id,
                "channel_id": self.page.id,
                "key": trap("gap"),
                "moment": fields.Datetime.now(),
                "fate": "missing",
            }
        )
        self.env.flush_all()
        for path, login in (
            ("/odoo/inbox", "omni_leader"),
            ("/odoo/inbox-proof", "omni_admin"),
            ("/odoo/inbox-proof-days", "omni_admin"),
            ("/odoo/joined-channels", "omni_leader"),
            ("/odoo/inbox-events", "omni_admin"),
            ("/odoo/inbox-channels", "omni_admin"),
            ("/odoo/identities", "omni_leader"),
            ("/odoo/conversations", "omni_leader"),
        ):
            with self.subTest(path):
                self._look(path, login=login)

    def test_panel(self):
        """In the desk, as the colleague sees it who chats."""
        iadvize_panel.guard.reset()
        now = int(fields.Datetime.now().timestamp())
        jwt = sign(
            {
                "iss": "iadvize", "sub": "ha-77", "aud": self.desk.panel_url, "iat": now - 60,
                "exp": now + 3600, "email": "leader@shop.example",
            }
        )  # fmt: skip
        self.jwt = jwt
        path = f"/omni/panel/{self.desk.panel_token}?jwt={jwt}"
        self._look(path, "visitorname", login=None)

    def test_portal(self):
        """The customer's own page, should he be somebody else."""
        portal = self._new_user("omni_portal", "base.group_portal")
        self.talk.ticket_id.partner_id = portal.partner_id
        self.env.flush_all()
        self._look(f"/my/requests/{self.talk.ticket_id.id}", login="omni_portal")
