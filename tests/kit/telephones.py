"""A simulated 3CX, the listener that follows it, and what both say of the same calls."""

import json
import os
import subprocess
import time
from contextlib import contextmanager
from datetime import datetime

from .database import ADDONS
from .servers import wake
from .simulated import Simulated

#: As the simulator knows its API client.
CLIENT = {"client_id": "900", "client_secret": "threecx-demo-secret"}
SETUP = """
pbx = env["threecx.pbx"].create({values!r})
pbx.action_test_connection()
pbx.action_import_extensions()
users = env["res.users"].with_context(no_reset_password=True)
for extension in pbx.extension_ids.filtered(lambda extension: not extension.user_id):
    extension.user_id = users.create({{
        "name": extension.name, "login": extension.email, "email": extension.email,
        "group_ids": [(4, env.ref("threecx_bridge.group_threecx_user").id)],
    }})
for number, name in {partners!r}.items():
    env["res.partner"].create({{"name": name, "phone": number}})
env.cr.commit()
"""
#: Nothing but the call log shall be read in a server of these tests.
ONLY_OURS = """
    UPDATE ir_cron SET active = false WHERE id NOT IN
        (SELECT res_id FROM ir_model_data WHERE name = 'ir_cron_backfill')
"""
READ_CALL_LOG = """
    UPDATE ir_cron SET nextcall = now() AT TIME ZONE 'UTC' - interval '1 second' WHERE id =
        (SELECT res_id FROM ir_model_data WHERE name = 'ir_cron_backfill')
"""
#: What an administrator does by hand: make a key, download the template.
TEMPLATE = """
import json
env["ir.config_parameter"].sudo().set_param("web.base.url", {url!r})
pbx = env["threecx.pbx"].search([])
key = pbx.action_generate_key()["context"]["default_key"]
env.cr.commit()
print("TEMPLATE", json.dumps([pbx._render_template().decode(), key]))
"""
#: What the database keeps of each call, with the numbers that the PBX gave it while it lasted.
CALLS = """
    SELECT call.id, call.direction, call.number, call.state, call.outcome, call.started,
           call.talk_seconds,
           ARRAY(SELECT DISTINCT call_ref FROM threecx_call_leg leg
                  WHERE call_id = call.id AND leg.source = 'listener')
      FROM threecx_call call
     WHERE call.direction != 'internal'
     ORDER BY call.started, call.id
"""
#: Seconds by which moments may differ: events come late, and moments are kept without fractions.
LATE = 3


class Telephones(Simulated):
    """The simulated PBX."""

    def __init__(self, url: str):
        super().__init__(url)
        self._callers = 0

    def ring(self, number: str, to: str, name: str = "") -> int:
        """Somebody calls us; return the number of the call."""
        body = {"from": number, "to": to, "name": name}
        return self.ask("POST", "/sim/calls", body)["callid"]

    def act(self, call: int, verb: str, **body) -> None:
        """``answer``, ``decline``, ``drop``, ``transfer``, ``voicemail``."""
        self.ask("POST", f"/sim/calls/{call}/{verb}", body)

    def dial(self, extension: str, destination: str) -> int:
        """One of ours calls; return the number of the call."""
        path = f"/sim/extensions/{extension}/dial"
        return self.ask("POST", path, {"destination": destination})["callid"]

    def fault(self, **order) -> dict:
        """Have it fail; return what failed so far."""
        return self.ask("POST", "/sim/faults", order)

    def ledger(self) -> list[dict]:
        """What really happened: a row for each external call."""
        return self.ask("GET", "/sim/ledger")

    def busy_hour(self, calls: int, seconds: float, numbers=()) -> None:
        """Start a busy hour of all reps, told in fewer seconds.

        :param numbers: of those who call; else of people who never called before. The same one must
            not call twice: in so short an hour nobody could tell the two calls apart
        """
        numbers = list(numbers) or [self._new_number() for _call in range(calls)]
        body = {"calls": calls, "seconds": seconds, "reps": 15, "numbers": numbers}
        self.ask("POST", "/sim/busy", body)

    def _new_number(self) -> str:
        self._callers += 1
        return f"+3242{200_000 + self._callers * 7919 % 800_000}"

    def is_busy(self) -> bool:
        """Whether a busy hour is under way."""
        return self.ask("GET", "/sim/busy")["running"]


def connect(database, url: str, partners: dict[str, str] | None = None) -> None:
    """Make Odoo know a PBX, its extensions, and a user for each of them.

    :param partners: names of contacts by telephone number
    """
    values = {"name": "Shop", "url": url, "listener_enabled": True, **CLIENT}
    database.shell(SETUP.format(values=values, partners=partners or {}))
    database.query(ONLY_OURS)


def install_template(database, telephones: Telephones, url: str) -> None:
    """Upload the CRM template of a PBX, with its key.

    :param url: where the PBX reaches Odoo
    """
    output = database.shell(TEMPLATE.format(url=url))
    line = next(line for line in output.splitlines() if line.startswith("TEMPLATE "))
    xml, key = json.loads(line.partition(" ")[2])
    body = {"xml": xml, "parameters": {"ApiKey": key}}
    telephones.ask("PUT", "/sim/template", body)


def read_call_log(database) -> None:
    """Have a running Odoo read the call log now."""
    database.query(READ_CALL_LOG)
    wake(database)


@contextmanager
def listener(database, pause: float = 0.1):
    """`odoo threecx_listener`; stopped in good order at the end, unless it was killed."""
    log = database.folder / "listener.log"
    command = database.command("threecx_listener", f"--reconnect-pause={pause}")
    # where a command of an addon is looked for, before it reads its arguments
    command.insert(3, f"--addons-path={ADDONS}")
    with log.open("a") as output:
        process = subprocess.Popen(
            command, env={**os.environ}, cwd=database.folder, stdout=output, stderr=output
        )
        try:
            yield process
        finally:
            if process.poll() is None:
                process.terminate()
                try:
                    code = process.wait(30)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
                    raise AssertionError(f"it did not stop:\n{log.read_text()[-4000:]}") from None
                assert code == 0, log.read_text()[-4000:]


def until(what, seconds: float = 20, database=None):
    """Wait until ``what()`` says something, and return that."""
    deadline = time.monotonic() + seconds
    while True:
        answer = what()
        if answer:
            return answer
        if time.monotonic() > deadline:
            log = (database.folder / "listener.log").read_text()[-6000:] if database else ""
            raise AssertionError(f"nothing came of it after {seconds:g} s\n{log}")
        time.sleep(0.05)


def differences(database, ledger: list[dict]) -> list[str]:
    """What Odoo keeps of the calls, compared with what really happened, row by row."""
    names = ("id", "direction", "number", "state", "outcome", "started", "talk_seconds", "refs")
    kept = [dict(zip(names, values, strict=True)) for values in database.query(CALLS)]
    found, unseen = [], []
    for truth in ledger:
        rows = [row for row in kept if str(truth["callid"]) in row["refs"]]
        if rows:
            found += _compared(truth, rows)
            kept = [row for row in kept if row not in rows]
        else:
            unseen.append(truth)
    # what only the call log or the journal brought has no number of the PBX
    for truth in unseen:
        rows = [row for row in kept if not row["refs"] and _is_like(row, truth)][:1]
        found += _compared(truth, rows)
        kept = [row for row in kept if row not in rows]
    return found + [f"never took place: {row}" for row in kept]


def _compared(truth: dict, rows: list[dict]) -> list[str]:
    what = f"call {truth['callid']} ({truth['direction']}, {truth['number'] or 'withheld'})"
    if len(rows) != 1:
        return [f"{what}: {len(rows)} times"]
    (row,) = rows
    found = [
        f"{what}: {name} {row[name]}, really {truth[name]}"
        for name in ("direction", "state", "outcome")
        if row[name] != truth[name]
    ]
    if len(row["refs"]) > 1:
        found.append(f"{what}: one with others of {row['refs']}")
    if _digits(row["number"]) != _digits(truth["number"]):
        found.append(f"{what}: number {row['number']}, really {truth['number']}")
    if not _is_like(row, truth):
        found.append(f"{what}: began {row['started']}, really {truth['started']}")
    if abs(row["talk_seconds"] - truth["talk_seconds"]) > LATE:
        found.append(f"{what}: talked {row['talk_seconds']} s, really {truth['talk_seconds']}")
    return found


def _is_like(row: dict, truth: dict) -> bool:
    """Whether a row may be this call. A queue in which nobody is free lets nobody see that somebody
    waits: the call begins when the first telephone rings."""
    first = truth["extensions"][0]["started"] if truth["extensions"] else truth["started"]
    began = (_moment(truth["started"]) - row["started"]).total_seconds()
    rang = (_moment(first) - row["started"]).total_seconds()
    return began <= LATE and rang >= -LATE and _digits(row["number"]) == _digits(truth["number"])


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00")).replace(tzinfo=None)


def _digits(number: str | None) -> str:
    return "".join(filter(str.isdigit, number or ""))[-9:]
