"""Mail by mail: a mailbox of Microsoft 365 read by delta query into tickets, beside Odoo's own mail
gateway, which makes leads of the very same mails.

Ours asks the simulated Graph over HTTP, and stores every mail as it came before it makes a ticket
of it; the other side is handed the mails one by one, and commits each, as Odoo's fetchmail does.
"""

import random
import tempfile
import urllib.request
from contextlib import ExitStack
from datetime import datetime, timedelta, timezone
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path

from simulators.graph.server import running
from tests.kit import mailbox

from . import inbox_data, odoo_process
from .calls_house import Database
from .databases import DEPENDS, INSTALLED, fresh, settle
from .settings import BenchError, say, scale, work_folder

MAILS = 600
LEAST = 20
#: Of a hundred mails so many answer an earlier one, come from nobody we know, bring a file.
ANSWERS, STRANGERS, FILES = 20, 30, 10
FILE_SIZE = 20_000  # bytes


def mails(count: int, run: int) -> list[bytes]:
    """Return mails as they come over the wire, the same for the same run."""
    dice = random.Random(run)
    began = datetime.now(timezone.utc).replace(microsecond=0) - timedelta(hours=6)
    made: list[EmailMessage] = []
    for place in range(count):
        mail = EmailMessage()
        first = made[dice.randrange(len(made))] if made and dice.randrange(100) < ANSWERS else None
        if first:
            mail["From"], mail["Subject"] = first["From"], f"Re: {first['Subject']}"
            mail["In-Reply-To"] = mail["References"] = first["Message-ID"]
        else:
            is_known = dice.randrange(100) >= STRANGERS
            who = dice.randrange(inbox_data.PEOPLE) if is_known else f"-{run}-{place}"
            mail["From"] = f"Client {place} <bench{who}@example.com>"
            mail["Subject"] = inbox_data.subject(place)
        mail["To"] = mailbox.BOX
        mail["Date"] = format_datetime(began + timedelta(seconds=10 * place))
        mail["Message-ID"] = f"<bench-{run}-{place}@example.com>"
        mail.set_content(inbox_data.text(place))
        mail.add_alternative(inbox_data.html(place), subtype="html")
        if dice.randrange(100) < FILES:
            mail.add_attachment(
                dice.randbytes(FILE_SIZE), "application", "pdf", filename=f"photo{place}.pdf"
            )
        made.append(mail)
    return [mail.as_bytes() for mail in made]


# -- the sides -------------------------------------------------------------------------------------


def fill(process) -> dict:
    """Create the customers."""
    with process.environment() as env:
        inbox_data.create_people(env)
        env.cr.commit()
    return {}


def through_delta(process) -> dict:
    """Do all that the scheduler does when a mailbox has new mail.

    :return: seconds, and how many messages and tickets there are now
    """
    with process.environment() as env:
        env["omni.folder"].search([]).is_dirty = True
        env.cr.commit()
        with process.clock():
            env["omni.channel"]._cron_sync()
            env["omni.event"]._cron_process_queue("mail")
            env.cr.commit()
        return {
            "seconds": process.seconds,
            "messages": env["omni.message"].search_count([("direction", "=", "in")]),
            "records": env["crm.ticket"].search_count([]),
        }


def by_message_process(process, path: str) -> dict:
    """Have Odoo's mail gateway make leads of mails.

    :param path: folder of the mails
    :return: seconds, and how many messages and leads there are now
    """
    sources = [file.read_bytes() for file in sorted(Path(path).iterdir())]
    with process.environment() as env:
        with process.clock():
            for source in sources:
                env["mail.thread"].message_process("crm.lead", source)
                env.cr.commit()
        domain = [("model", "=", "crm.lead"), ("message_type", "=", "email")]
        return {
            "seconds": process.seconds,
            "messages": env["mail.message"].search_count(domain),
            "records": env["crm.lead"].search_count([]),
        }


# -- the figure ------------------------------------------------------------------------------------


def _database(stack: ExitStack, template: str) -> Database:
    folder = stack.enter_context(tempfile.TemporaryDirectory(dir=work_folder()))
    database = Database(stack.enter_context(fresh(template)), Path(folder))
    odoo_process.run("inbox_sync:fill", database.name)
    return database


def _deliver(url: str, source: bytes) -> None:
    """A mail arrives in the mailbox."""
    request = urllib.request.Request(
        f"{url}/sim/mail?mailbox={mailbox.BOX}",
        data=source,
        headers={"Content-Type": "message/rfc822"},
    )
    with urllib.request.urlopen(request, timeout=60):
        pass


def sync_rate(runs: int) -> list[float]:
    """Return, for each pair, messages per second through delta into tickets ÷ those that Odoo's
    gateway makes leads of.

    :raises BenchError: one of them has not all messages, or other threads than the other
    """
    count = max(LEAST, round(MAILS * scale()))
    values = []
    with ExitStack() as stack:
        ours, theirs = _database(stack, INSTALLED), _database(stack, DEPENDS)
        simulator = stack.enter_context(running())
        mailbox.connect(ours, simulator.url)
        odoo_process.run("inbox_sync:through_delta", ours.name)  # the first look, at an empty box
        records = odoo_process.run("inbox_sync:through_delta", ours.name)["records"]
        for database in (ours, theirs):
            settle(database.name)
        for pair in range(1, runs + 1):
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=work_folder())))
            for place, source in enumerate(mails(count, pair)):
                (folder / f"{place:06d}.eml").write_bytes(source)
                _deliver(simulator.url, source)
            sides = [
                lambda: odoo_process.run("inbox_sync:through_delta", ours.name),
                lambda path=str(folder): odoo_process.run(
                    "inbox_sync:by_message_process", theirs.name, path=path
                ),
            ]
            results = [side() for side in (sides if pair % 2 else sides[::-1])]
            mine, other = results if pair % 2 else results[::-1]
            if mine["messages"] != pair * count or other["messages"] != pair * count:
                raise BenchError(f"of {pair * count} mails: {mine} and {other}")
            values.append(other["seconds"] / mine["seconds"])
            say(
                f"   pair {pair}: {count} mails, {count / mine['seconds']:.1f} per second into "
                f"tickets ({mine['records'] - records} by now); message_process "
                f"{count / other['seconds']:.1f} per second into leads ({other['records']}) -> "
                f"{values[-1]:.2f}"
            )
    return values
