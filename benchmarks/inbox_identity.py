"""Who writes, on whatever channel: how fast that is known among many contacts, and what it costs to
join two tickets of a customer and to part them again."""

import hashlib
import hmac
import json
import tempfile
import time
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

from . import inbox_data, odoo_process
from .calls_house import Database
from .databases import INSTALLED, KEPT, fresh, settle
from .settings import BenchError, Value, say, scale, work_folder

CONTACTS = 100_000
EVENTS = 1_000  # of a run, half of them mails, half of them on Messenger
THREAD = 500  # messages of the ticket that is joined
LEAST = 60
BATCH = 1_000
#: One contact in so many has an order.
ORDER_EVERY = 20
PAGE, SECRET = "104875412345678", "bench"
#: Steps of taking in a batch by which it is known who writes, and with what it belongs together.
STEPS = ("_identify", "_store_identities", "_join_customers", "_note_joins")


def _scaled(full: int) -> int:
    return max(LEAST, round(full * scale()))


# -- who writes: the sides -------------------------------------------------------------------------


def fill(process, contacts: int) -> dict:
    """Create contacts and orders, a mailbox and a page."""
    with process.environment() as env:
        env = env(context={**env.context, "tracking_disable": True, "mail_create_nolog": True})
        for start in range(0, contacts, BATCH):
            places = range(start, min(start + BATCH, contacts))
            people = env["res.partner"].create([_contact(place) for place in places])
            env["sale.order"].create(
                [
                    {"name": _order(place), "partner_id": partner.id}
                    for place, partner in zip(places, people, strict=True)
                    if place % ORDER_EVERY == 0
                ]
            )
            env.cr.commit()
            env.invalidate_all()
        team = env["crm.team"].create({"name": "Bench", "use_tickets": True})
        for provider in ("demo", "messenger"):
            values = {"messenger_page_id": PAGE, "messenger_app_secret": SECRET}
            env["omni.channel"].create(
                {
                    "name": f"Bench {provider}",
                    "provider": provider,
                    "team_id": team.id,
                    "is_enabled": True,
                    "start_date": datetime.now() - timedelta(days=400),
                    **(values if provider == "messenger" else {}),
                }
            )
        env.cr.commit()
    return {}


def known(process, contacts: int, count: int, run: int) -> dict:
    """Store what customers write, as webhooks do, and have the scheduler take it in.

    :return: seconds of taking in, queries of all of it and of knowing who writes, and how many
        messages and linked identities there are now
    """
    from odoo.addons.omnichannel_inbox.ingest import IngestBatch

    with process.environment() as env:
        _store(env, contacts, count, run)
        env.cr.commit()
        with _counted(IngestBatch, env.cr) as counted:
            before = env.cr.sql_log_count
            with process.clock():
                for kind in ("mail", "chat"):
                    env["omni.event"]._cron_process_queue(kind)
                env.cr.commit()
            total = env.cr.sql_log_count - before
        return {
            "seconds": process.seconds,
            "queries": counted["queries"],
            "total": total,
            "messages": env["omni.message"].search_count([("direction", "=", "in")]),
            "linked": env["omni.identity"].search_count([("partner_id", "!=", False)]),
        }


@contextmanager
def _counted(batch, cr):
    """Count the queries of `STEPS`; a step within another one counts once.

    :yield: ``{"queries"}``, which grows
    """
    counted, depth = {"queries": 0}, [0]
    originals = {name: getattr(batch, name) for name in STEPS}

    def wrapped(original):
        def step(self, *arguments):
            before, is_outer = cr.sql_log_count, not depth[0]
            depth[0] += 1
            try:
                return original(self, *arguments)
            finally:
                depth[0] -= 1
                if is_outer:
                    counted["queries"] += cr.sql_log_count - before

        return step

    for name, original in originals.items():
        setattr(batch, name, wrapped(original))
    try:
        yield counted
    finally:
        for name, original in originals.items():
            setattr(batch, name, original)


def _contact(place: int) -> dict:
    return {
        "name": f"Client {place:06d}",
        "ref": f"K{place:06d}",
        "email": f"bench{place}@example.com",
        "phone": f"+3222{place:06d}",
        "zip": _postcode(place),
        "city": "Liège",
    }


def _order(place: int) -> str:
    return f"BENCH-{place:06d}"


def _postcode(place: int) -> str:
    return str(1000 + place % 9000)


def _who(contacts: int, place: int, run: int) -> int:
    """Return a contact with an order, another one for each place, and in each run."""
    return (run * 7919 + place * 104_729) % (contacts // ORDER_EVERY) * ORDER_EVERY


def _store(env, contacts: int, count: int, run: int) -> None:
    """Store events: mails of known addresses, and on Messenger people nobody knows, of whom one in
    three names an order with its postcode, one his address, and one nothing."""
    from odoo.addons.omnichannel_inbox.providers.base import WebhookRequest

    channels = {one.provider: one for one in env["omni.channel"].search([])}
    for place in range(count):
        who = _who(contacts, place, run)
        if place % 2:
            text = (
                inbox_data.text(place),
                f"{_order(who)}, code postal {_postcode(who)}",
                f"mon adresse est bench{who}@example.com",
            )[place // 2 % 3]
            provider, body, headers = "messenger", *_messenger(place, run, text)
        else:
            provider, body, headers = "demo", *_mail(channels["demo"], place, run, who)
        channel = channels[provider]
        request = WebhookRequest("POST", {}, headers, body)
        plain = channel._provider()
        plain.verify(request)
        env["omni.event"]._store(channel, plain.receive(request)[0])


def _mail(channel, place: int, run: int, who: int) -> tuple[bytes, dict]:
    address = f"bench{who}@example.com"
    document = {
        "id": f"identity-{run}-{place}",
        "author": {"id": address, "email": address, "name": "Client"},
        "subject": inbox_data.subject(place),
        "text": inbox_data.text(place),
    }
    body = json.dumps(document).encode()
    digest = hmac.new(channel.secret.encode(), body, hashlib.sha256).hexdigest()
    return body, {"x-demo-signature": f"sha256={digest}"}


def _messenger(place: int, run: int, text: str) -> tuple[bytes, dict]:
    now = int(1000 * time.time())
    message = {
        "sender": {"id": f"9{run:03d}{place:012d}"},
        "recipient": {"id": PAGE},
        "timestamp": now,
        "message": {"mid": f"m_bench-{run}-{place}", "text": text},
    }
    document = {"object": "page", "entry": [{"id": PAGE, "time": now, "messaging": [message]}]}
    body = json.dumps(document).encode()
    digest = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    return body, {"x-hub-signature-256": f"sha256={digest}"}


# -- who writes: the figures -----------------------------------------------------------------------


@cache
def _house() -> Database:
    """Return the database with the contacts, for both figures."""
    contacts = _scaled(CONTACTS)
    say(f"   creating {contacts:,} contacts")
    folder = KEPT.enter_context(tempfile.TemporaryDirectory(dir=work_folder()))
    database = Database(KEPT.enter_context(fresh(INSTALLED)), Path(folder))
    odoo_process.run("inbox_identity:fill", database.name, contacts=contacts)
    settle(database.name)
    return database


@cache
def _measured(run: int) -> dict:
    """Take in what a run brings: once, for both figures."""
    count = _scaled(EVENTS)
    database = _house()
    answer = odoo_process.run(
        "inbox_identity:known",
        database.name,
        contacts=_scaled(CONTACTS),
        count=count,
        run=run,
    )
    if answer["messages"] != run * count:
        raise BenchError(f"of {run * count} messages: {answer}")
    if not answer["linked"]:
        raise BenchError("nobody was recognised")
    rate = count / answer["seconds"]
    answer.update(rate=rate, each=answer["queries"] / count)
    say(
        f"   run {run}: {count} events, {rate:.0f} per second; to know who writes "
        f"{answer['each']:.2f} queries each, of {answer['total'] / count:.1f} of all; "
        f"{answer['linked']} people known"
    )
    return answer


def rate(runs: int) -> list[float]:
    """Return, for each run, events per second from stored to ticket, half mails and half chats."""
    return [_measured(run)["rate"] for run in range(1, runs + 1)]


def queries(runs: int) -> list[float]:
    """Return, for each run, queries per event of knowing who writes and what belongs together."""
    return [_measured(run)["each"] for run in range(1, runs + 1)]


# -- joining and parting ---------------------------------------------------------------------------


def join_and_part(process, thread: int, is_shown: bool) -> dict:
    """Join two tickets of a customer as a rep does, and part them again; nothing of it is kept.

    :param thread: messages of one of them
    :param is_shown: both tickets are on the screen: what is read of them is not read again
    :return: queries of either
    """
    with process.environment() as env:
        tickets, rep = _two_tickets(env, thread)
        inbox = env["omni.inbox"].with_user(rep)
        counts = {}
        # the first time also costs what is asked once per process
        for _time in range(2):
            for name, do in (
                ("join", lambda: inbox.join(*tickets.ids)),
                ("undo", lambda: inbox.undo_join(_last_join(env, tickets).id)),
            ):
                _show(inbox, tickets, is_shown)
                before = env.cr.sql_log_count
                do()
                env.flush_all()
                counts[name] = env.cr.sql_log_count - before
        env.cr.rollback()
    return counts


def _two_tickets(env, thread):
    """Return two tickets of one customer, with a mailbox each, and a rep of their team."""
    team = env["crm.team"].create({"name": "Bench joins", "use_tickets": True})
    [rep] = (
        env["res.users"]
        .with_context(no_reset_password=True)
        .create(
            [
                {
                    "name": "Bench rep",
                    "login": "bench_join",
                    "group_ids": [(4, env.ref("crm_ticket.group_ticket_user").id)],
                }
            ]
        )
    )
    team.crm_team_member_ids = [(0, 0, {"user_id": rep.id})]
    env["crm.ticket.sla"].create({"name": "Bench", "hours": 8, "team_ids": team.ids})
    env["res.partner"].create({"name": "Client", "email": inbox_data.CUSTOMER})
    tickets = env["crm.ticket"]
    for place, count in enumerate((thread, 5)):
        channel = env["omni.channel"].create(
            {
                "name": f"Bench join {place}",
                "provider": "demo",
                "team_id": team.id,
                "is_enabled": True,
                "start_date": datetime.now() - timedelta(days=400),
            }
        )
        tickets |= inbox_data.ingest_thread(env, channel, count)
    return tickets, rep


def _last_join(env, tickets):
    return env["omni.join"].search([("case_id", "in", tickets.ids)], limit=1)


def _show(inbox, tickets, is_shown):
    inbox.env.flush_all()
    if not is_shown:
        inbox.env.invalidate_all()
        return
    for ticket in tickets:
        inbox.get_thread(ticket.id)
        inbox.get_joins(ticket.id)
    inbox.env.flush_all()


def undo(runs: int) -> list[float]:
    """Return, for each run, the queries of joining two tickets or of parting them, whichever are
    more, with both on the screen; beside it, with nothing of them read before."""
    thread = _scaled(THREAD)
    values = []
    with ExitStack() as stack:
        name = stack.enter_context(fresh(INSTALLED))
        for run in range(1, runs + 1):
            shown, cold = (
                odoo_process.run(
                    "inbox_identity:join_and_part", name, thread=thread, is_shown=is_shown
                )
                for is_shown in (True, False)
            )
            values.append(Value(max(shown.values()), max(cold.values())))
            say(
                f"   run {run}: {thread} messages: joining {shown['join']} queries, parting "
                f"{shown['undo']}; with nothing read before {cold['join']} and {cold['undo']}"
            )
    return values
