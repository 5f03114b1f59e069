"""A simulated project of iAdvize, and the channel of Odoo that follows it."""

from simulators.iadvize.login import USERS

from .mailbox import only_crons, run_cron
from .simulated import Simulated

[(USER, PASSWORD)] = USERS.items()
SECRET = "secret of the app"
OPERATOR = "sophie@meubles-demo.example"
SETUP = """
env["ir.config_parameter"].sudo().set_param("web.base.url", {base_url!r})
channel = env["omni.channel"].create({{
    "name": "Chat", "provider": "iadvize", "iadvize_user": {user!r},
    "iadvize_password": {password!r}, "iadvize_url": {url!r}, "secret": {secret!r},
    "sync_minutes": 60,
}})
channel.action_enable()
env.cr.commit()
print("WEBHOOK", channel.webhook_url)
"""


class Chat(Simulated):
    """The simulated project."""

    def begin(self, text: str = "Où est ma commande ?", **details) -> str:
        """A visitor writes first; return the id of the conversation."""
        visitor = {"first_name": "Claire", "last_name": "Petit", **details.pop("visitor", {})}
        body = {"visitor": visitor, "text": text, "operator": OPERATOR, **details}
        return self.ask("POST", "/sim/chats", body)["id"]

    def say(self, chat: str, author: str, text: str) -> None:
        """The visitor or the operator writes."""
        self.ask("POST", f"/sim/chats/{chat}/messages", {"author": author, "text": text})

    def do(self, chat: str, what: str, **body) -> None:
        """Something happens to a conversation (``close``, ``transfer``, ``rate``, ``purchase``)."""
        self.ask("POST", f"/sim/chats/{chat}/{what}", body)

    def fault(self, *rules, **orders) -> None:
        """Have it fail."""
        self.ask("POST", "/sim/faults", {**orders, "rules": list(rules)})

    def advance(self, seconds: float) -> None:
        """Time passes there."""
        self.ask("POST", "/sim/clock", {"advance": seconds})

    def told(self) -> list[dict]:
        """What iAdvize had to tell, and what became of it, once nothing is left to be told."""
        self.ask("POST", "/sim/settle", {})
        return self.ask("GET", "/sim/deliveries")

    def messages(self, chat: str) -> list[tuple[str, str]]:
        """The truth: who said what, in its order."""
        return [
            (one["author"], one["text"])
            for one in self.ask("GET", f"/sim/chats/{chat}")["messages"]
            if one["author"] != "system"
        ]


def connect(database, chat: Chat, base_url: str) -> str:
    """Make Odoo know the project, and the project Odoo.

    :param base_url: where it reaches Odoo
    :return: address of the webhook
    """
    output = database.shell(
        SETUP.format(base_url=base_url, user=USER, password=PASSWORD, url=chat.url, secret=SECRET)
    )
    [url] = [line.split()[1] for line in output.splitlines() if line.startswith("WEBHOOK")]
    only_crons(database, "ir_cron_sync", "ir_cron_in_chat")
    chat.ask("POST", "/sim/app", {"webhook_url": url, "secret": SECRET})
    return url


def look(database) -> None:
    """Have a running Odoo read again what is going on, and what was closed."""
    database.query("UPDATE omni_folder SET is_dirty = true, next_sync = NULL")
    database.query("UPDATE omni_channel SET next_sync = NULL")
    run_cron(database, "ir_cron_sync")


def process(database) -> None:
    """Have a running Odoo try again what it could not process."""
    database.query("UPDATE omni_event SET next_try = NULL WHERE state = 'retry'")
    run_cron(database, "ir_cron_in_chat")
