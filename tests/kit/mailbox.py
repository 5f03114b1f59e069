"""A simulated Microsoft 365, and a mailbox of it as a channel of Odoo."""

import time

from simulators.graph.directory import CLIENT_ID, DOMAIN, SECRET, TENANT_ID

from .servers import wake
from .simulated import Simulated

BOX = f"info@{DOMAIN}"
CUSTOMER = "claire.petit@example.org"
SETUP = """
env["ir.config_parameter"].sudo().set_param("web.base.url", {base_url!r})
account = env["omni.outlook.account"].create({{
    "name": "Test", "tenant": {tenant!r}, "client_id": {client!r}, "client_secret": {secret!r},
    "outlook_graph_url": {url!r}, "outlook_login_url": {url!r},
}})
channel = env["omni.channel"].create({{
    "name": "Info", "provider": "outlook", "outlook_account_id": account.id,
    "outlook_mailbox": {box!r}, "undo_seconds": 0, "sync_minutes": 60,
}})
channel.action_enable()
env.cr.commit()
"""
ONLY_OURS = """
    UPDATE ir_cron SET active = false WHERE id NOT IN (
        SELECT res_id FROM ir_model_data
         WHERE model = 'ir.cron' AND module = 'omnichannel_inbox'
           AND name = ANY(%s))
"""
NOW = "now() AT TIME ZONE 'UTC'"
RUN = f"""
    INSERT INTO ir_cron_trigger (cron_id, call_at)
    SELECT res_id, {NOW} FROM ir_model_data WHERE module = 'omnichannel_inbox' AND name = %s
"""
#: An answer to each message received.
ANSWER = """
messages = env["omni.message"].search([("direction", "=", "in")], order="id")
for message in messages:
    env["omni.message"]._enqueue(message.conversation_id, {values!r})
env.cr.commit()
"""


class Mailbox(Simulated):
    """The simulated Microsoft 365."""

    def write(self, subject: str, author: str = CUSTOMER, **letter) -> str:
        """A customer writes; return the id of the message in the mailbox."""
        body = {"mailbox": BOX, "from": author, "subject": subject, "html": "<p>?</p>", **letter}
        return self.ask("POST", "/sim/mail", body)["messages"][0]["id"]

    def received(self, author: str = CUSTOMER) -> list[dict]:
        """What came to a customer from us."""
        self.ask("POST", "/sim/settle", {})
        posts = self.ask("GET", f"/sim/customers/{author}")
        return [post for post in posts if post["direction"] == "in"]

    def fault(self, *rules, **orders) -> None:
        """Have it fail."""
        self.ask("POST", "/sim/faults", {**orders, "rules": list(rules)})

    def subscriptions(self) -> list[dict]:
        """Who is told of what."""
        return self.ask("GET", "/sim/subscriptions")


def connect(database, url: str, base_url: str = "http://127.0.0.1:8069") -> None:
    """Make Odoo know a mailbox.

    :param url: of the simulator
    :param base_url: where it reaches Odoo
    """
    script = SETUP.format(
        base_url=base_url, tenant=TENANT_ID, client=CLIENT_ID, secret=SECRET, url=url, box=BOX
    )
    database.shell(script)
    only_crons(
        database, "ir_cron_sync", "ir_cron_in_mail", "ir_cron_out_mail", "ir_cron_outlook_watch"
    )


def only_crons(database, *names: str) -> None:
    """Have the servers of a test do nothing but these jobs of the inbox."""
    database.query(ONLY_OURS, (list(names),))


def run_cron(database, name: str) -> None:
    """Have a running Odoo do one of its jobs now."""
    database.query(RUN, (name,))
    wake(database)


def look(database) -> None:
    """Have a running Odoo look for new mail, whether it was told or not."""
    database.query("UPDATE omni_folder SET is_dirty = true")
    database.query("UPDATE omni_channel SET next_sync = NULL")
    run_cron(database, "ir_cron_sync")


def answer_all(database, html: str = "<p>Demain.</p>") -> None:
    """Queue an answer to every message received; no server has to run."""
    database.shell(ANSWER.format(values={"html": html, "delay": 0}))


def until(what, seconds: float = 30, database=None):
    """Wait until ``what()`` says something, and return that."""
    deadline = time.monotonic() + seconds
    while True:
        answer = what()
        if answer:
            return answer
        if time.monotonic() > deadline:
            log = (database.folder / "server.log").read_text()[-6000:] if database else ""
            raise AssertionError(f"nothing came of it after {seconds:g} s\n{log}")
        time.sleep(0.1)
