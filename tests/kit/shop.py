"""A shop with three channels: a mailbox, the chat of its web site, and a page on Messenger."""

from contextlib import ExitStack

from scripts.devtools import Browser
from scripts.test_suite import free_port
from simulators.graph.directory import CLIENT_ID, SECRET, TENANT_ID
from simulators.graph.server import running as graph_running
from simulators.iadvize.server import Simulator as ChatSimulator
from simulators.iadvize.server import running as chat_running
from simulators.messenger.server import Simulator as PageSimulator
from simulators.messenger.server import running as page_running
from simulators.messenger.world import APP_ID, APP_SECRET, PAGE_ID, PAGE_TOKEN

from . import mailbox, page
from .customer import Telephone, Visitor
from .desk import Desk
from .mailbox import BOX, Mailbox, only_crons, run_cron, until
from .page import Page
from .rep import Rep
from .web import web_server

PASSWORD = "ten minutes"
#: As the desk knows them: by their addresses the panel knows who looks.
SOPHIE = "sophie@meubles-demo.example"
KARIM = "karim@meubles-demo.example"
LIBRARY = "/static/idzcpa.js"
#: Names of the channels.
CHAT, PAGE, MAIL = "Chat", "Page", "Info"
#: The chat, after the mailbox and the page, and who answers them.
SETUP = """
import os
desk = os.environ["DESK_URL"]
env["ir.config_parameter"].set_param("web.base.url.freeze", "True")
team = env["crm.team"].create({"name": "Service clients", "use_tickets": True})
group = env.ref("crm_ticket.group_ticket_user").id
users = env["res.users"].with_context(no_reset_password=True)
for login, name in (("SOPHIE", "Sophie Lambert"), ("KARIM", "Karim Haddad")):
    login = os.environ[login]
    user = users.create({
        "name": name, "login": login, "email": login, "password": os.environ["SHOP_PASSWORD"],
        "lang": os.environ["SHOP_LANG"], "tz": "Europe/Brussels", "group_ids": [(4, group)],
    })
    env["crm.team.member"].create({"crm_team_id": team.id, "user_id": user.id})
chat = env["omni.channel"].create({
    "name": "Chat", "provider": "iadvize", "secret": "chat-secret",
    "iadvize_user": "api@meubles-demo.example", "iadvize_password": "iadvize-demo-password",
    "iadvize_url": desk, "panel_secret": "panel-secret", "panel_origins": desk,
    "panel_library_url": desk + os.environ["LIBRARY"],
})
chat.action_enable()
env["omni.channel"].search([]).team_id = team
env.cr.commit()
"""
HOOKS = "SELECT webhook_token, panel_token FROM omni_channel WHERE provider = %s"
#: Nothing but the inbox shall be worked for.
CRONS = (
    "ir_cron_sync",
    "ir_cron_in_mail",
    "ir_cron_out_mail",
    "ir_cron_in_chat",
    "ir_cron_out_chat",
    "ir_cron_outlook_watch",
    "ir_cron_messenger_watch",
)
#: Answers that have not left, of things that were told and not understood, and folders to be read.
IDLE = """
    SELECT (SELECT count(*) FROM omni_event WHERE state IN ('new', 'retry'))
         + (SELECT count(*) FROM omni_message WHERE state IN ('queued', 'sending'))
         + (SELECT count(*) FROM omni_folder WHERE is_active AND is_dirty)
"""


class Shop:
    """Its Odoo, its channels, its reps, and customers who write to it.

    :param database: `OdooDatabase` with our addons installed; nothing else may run on it
    :param lang: of its reps

    To be used as a context manager.
    """

    def __init__(self, database, lang: str = "fr_BE"):
        self.database = database
        self.lang = lang
        self._stack = ExitStack()

    def __enter__(self):
        with ExitStack() as stack:
            self.mailbox = Mailbox(stack.enter_context(graph_running()).url)
            self.chat_url = stack.enter_context(chat_running(ChatSimulator())).url
            self.page = Page(stack.enter_context(page_running(PageSimulator())).url)
            port = free_port()
            self.url = f"http://127.0.0.1:{port}"
            self._set_up()
            stack.enter_context(web_server(self.database, port))
            self.browser = stack.enter_context(Browser())
            self._connect()
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_exception):
        self._stack.close()

    def _set_up(self):
        script = mailbox.SETUP.format(
            base_url=self.url,
            tenant=TENANT_ID,
            client=CLIENT_ID,
            secret=SECRET,
            url=self.mailbox.url,
            box=BOX,
        ) + page.SETUP.format(
            base_url=self.url,
            page=PAGE_ID,
            token=PAGE_TOKEN,
            app=APP_ID,
            secret=APP_SECRET,
            url=self.page.url,
        )
        self.database.shell(
            script + SETUP,
            DESK_URL=self.chat_url,
            SOPHIE=SOPHIE,
            KARIM=KARIM,
            SHOP_PASSWORD=PASSWORD,
            SHOP_LANG=self.lang,
            LIBRARY=LIBRARY,
        )
        only_crons(self.database, *CRONS)

    def _connect(self):
        """Let the outside know where it reaches us, as an administrator does."""
        [(hook, panel)] = self.database.query(HOOKS, ("iadvize",))
        self.desk_of(SOPHIE).ask(
            "POST",
            "/sim/app",
            {
                "webhook_url": f"{self.url}/omni/webhook/{hook}",
                "secret": "chat-secret",
                "panel_url": f"{self.url}/omni/panel/{panel}",
                "panel_secret": "panel-secret",
            },
        )
        [(hook, _panel)] = self.database.query(HOOKS, ("messenger",))
        self.page.ask(
            "POST",
            "app",
            {
                "webhook_url": f"{self.url}/omni/webhook/{hook}",
                "verify_token": "let me in",
                "subscribe": True,
            },
        )
        run_cron(self.database, "ir_cron_outlook_watch")
        run_cron(self.database, "ir_cron_sync")
        self.until(lambda: len(self.mailbox.subscriptions()) == 2, 90)
        self.settled()

    # -- who is there --------------------------------------------------------------------------

    def rep(self, login: str) -> Rep:
        """Somebody before the inbox."""
        return Rep(self.browser, self.url, self.database.name, login, PASSWORD)

    def desk_of(self, agent: str) -> Desk:
        """Somebody before the desk of iAdvize."""
        return Desk(self.browser.page(1280, 900), self.chat_url, agent)

    def visitor_called(self, **known) -> Visitor:
        """Somebody on the web site; see `Visitor`."""
        return Visitor(self.browser.page(1100, 800), self.chat_url, **known)

    def telephone_of(self, name: str) -> Telephone:
        """Somebody who has Messenger."""
        return Telephone(self.browser.page(420, 800), self.page.url, self.page.person(name))

    # -- what is done --------------------------------------------------------------------------

    def until(self, what, seconds: float = 60):
        return until(what, seconds, self.database)

    def one(self, sql: str, *parameters):
        """Return the first value of the first row."""
        rows = self.database.query(sql, parameters)
        return rows[0][0] if rows else None

    def read_chats(self) -> None:
        """Have conversations that are going on read again, as happens every two minutes: iAdvize
        tells nobody of messages."""
        self.database.query(
            "UPDATE omni_folder SET is_dirty = true WHERE channel_id IN"
            " (SELECT id FROM omni_channel WHERE provider = 'iadvize')"
        )
        self.database.query("UPDATE omni_channel SET next_sync = NULL")
        run_cron(self.database, "ir_cron_sync")

    def settled(self) -> None:
        """Wait until nothing is left to be told or done."""
        self.mailbox.ask("POST", "/sim/settle", {})
        self.page.settle()
        self.until(lambda: self.one(IDLE) == 0)

    def mailed(self, to: str) -> list[dict]:
        """Mails that have left to somebody, by the ledger."""
        rows = self.mailbox.ask("GET", "/sim/ledger")["outgoing"]
        return [row for row in rows if row["to"] == [to]]
