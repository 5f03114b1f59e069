"""A simulated page of Messenger, and a channel of Odoo for it."""

from simulators.messenger.world import APP_ID, APP_SECRET, PAGE_ID, PAGE_TOKEN

from .mailbox import only_crons, run_cron
from .simulated import Simulated

SETUP = """
env["ir.config_parameter"].sudo().set_param("web.base.url", {base_url!r})
channel = env["omni.channel"].create({{
    "name": "Page", "provider": "messenger", "messenger_page_id": {page!r},
    "messenger_page_token": {token!r}, "messenger_app_id": {app!r},
    "messenger_app_secret": {secret!r}, "messenger_api_url": {url!r}, "undo_seconds": 0,
    "sync_minutes": 60, "messenger_verify_token": "let me in",
}})
channel.action_enable()
env.cr.commit()
print("token", channel.webhook_token)
"""


class Page(Simulated):
    """The simulated page."""

    def ask(self, method: str, path: str, body=None):
        """Return what it answers to a path below ``/sim/``, read as JSON."""
        return super().ask(method, f"/sim/{path}", body)

    def person(self, name: str = "Claire Petit", **values) -> str:
        """Somebody; return his id on the page."""
        return self.ask("POST", "people", {"name": name, **values})["psid"]

    def writes(self, psid: str, text: str = "Bonjour", **values) -> str:
        """He writes; return the id of his message."""
        return self.ask("POST", f"people/{psid}/messages", {"text": text, **values})["mid"]

    def does(self, psid: str, verb: str, **values):
        """He does something else."""
        return self.ask("POST", f"people/{psid}/{verb}", values)

    def sees(self, psid: str) -> list[dict]:
        """What we have written to somebody, as he sees it."""
        thread = self.ask("GET", f"people/{psid}")["thread"]
        return [row for row in thread if row["by"] != "customer"]

    def fault(self, *rules, **orders) -> None:
        """Have it fail."""
        self.ask("POST", "faults", {**orders, "rules": list(rules)})

    def settle(self) -> None:
        """Wait until nobody is left to be told."""
        self.ask("POST", "settle", {})


def connect(database, url: str, base_url: str = "http://127.0.0.1:8069") -> None:
    """Make Odoo know a page.

    :param url: of the simulator
    :param base_url: where it reaches Odoo
    """
    database.shell(
        SETUP.format(
            base_url=base_url,
            page=PAGE_ID,
            token=PAGE_TOKEN,
            app=APP_ID,
            secret=APP_SECRET,
            url=url,
        )
    )
    only_crons(
        database, "ir_cron_sync", "ir_cron_in_chat", "ir_cron_out_chat", "ir_cron_messenger_watch"
    )


def look(database) -> None:
    """Have a running Odoo look for what it was not told."""
    database.query(
        "UPDATE omni_folder SET is_dirty = true,"
        " since = now() AT TIME ZONE 'UTC' - interval '1 day'"
    )
    database.query("UPDATE omni_channel SET next_sync = NULL")
    run_cron(database, "ir_cron_sync")
