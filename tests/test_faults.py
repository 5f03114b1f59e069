"""The fault run: customers write by mail, on the chat and on Messenger while reps answer, and
everything fails that can. Afterwards every message is there once, in order, in the right ticket,
and every answer has left once or says honestly that nobody knows.

``make faults`` runs it with 20,000 messages; ``FAULTS_MESSAGES`` says how many.
"""

import os
import re
import time
from collections import Counter, defaultdict
from contextlib import ExitStack

import pytest

from scripts.test_suite import free_port
from simulators.graph.directory import CLIENT_ID, DOMAIN, SECRET, TENANT_ID
from simulators.graph.server import running as graph_running
from simulators.iadvize.server import running as iadvize_running
from simulators.messenger.server import running as messenger_running
from simulators.own_api import ask
from tests.kit.chaos import Servers, Trouble, judge, own_cluster, patiently, restart
from tests.kit.mailbox import until
from tests.kit.servers import wake
from tests.kit.traffic import CHAT, MAIL, MESSENGER, Chat, Crowd, Mail, Messenger, Rep, plan

MESSAGES = int(os.environ.get("FAULTS_MESSAGES", "240"))
#: Share of what the other side tells twice, in the wrong order, or not at all.
SHARE = 0.05
#: Seconds between two misfortunes; a short run has each of them once.
PAUSE = 3 if MESSAGES < 1000 else 5
CROWDS = 4
PASSWORD = "a bad day"
BOX = f"info@{DOMAIN}"
OURS = """
    SELECT res_id FROM ir_model_data
     WHERE model = 'ir.cron' AND module IN ('crm_ticket', 'omnichannel_inbox')
"""
#: Nothing of what is to be proved: what it would cost to work for other addons in between.
QUIET = f"UPDATE ir_cron SET active = false WHERE id NOT IN ({OURS})"
#: Scheduled actions that Odoo has switched off, or will when this goes on for a week.
BROKEN = f"""
    SELECT cron_name, active, failure_count FROM ir_cron
     WHERE id IN ({OURS}) AND (NOT active OR failure_count > 0)
"""
SETUP = """
env["ir.config_parameter"].sudo().set_param("web.base.url", {base_url!r})
env["res.users"].with_context(no_reset_password=True).create({{
    "name": "Rita Réponse", "login": "rita", "password": {password!r},
    "group_ids": [(4, env.ref("crm_ticket.group_ticket_leader").id)],
}})
env["res.partner"].create([
    {{"name": name, "email": email, "ref": ref}} for name, email, ref in {known!r}
])
account = env["omni.outlook.account"].create({{
    "name": "Test", "tenant": {tenant!r}, "client_id": {client!r}, "client_secret": {secret!r},
    "outlook_graph_url": {graph!r}, "outlook_login_url": {graph!r},
}})
mail = env["omni.channel"].create({{
    "name": "Info", "provider": "outlook", "outlook_account_id": account.id,
    "outlook_mailbox": {box!r}, "undo_seconds": 0,
}})
chat = env["omni.channel"].create({{
    "name": "Chat", "provider": "iadvize", "iadvize_user": "api@{domain}",
    "iadvize_password": "iadvize-demo-password", "iadvize_url": {iadvize!r},
    "secret": "chat-secret",
}})
page = env["omni.channel"].create({{
    "name": "Page", "provider": "messenger", "undo_seconds": 0,
    "messenger_page_id": "104875412345678", "messenger_page_token": "EAAmessengerDemoPageToken",
    "messenger_app_id": "731904562781234", "messenger_app_secret": "messenger-demo-secret",
    "messenger_verify_token": "verify", "messenger_api_url": {messenger!r},
}})
(mail + chat + page).action_enable()
env.cr.commit()
print("HOOKS", chat.webhook_url, page.webhook_url)
"""
#: What came in, by its unmistakable word.
RECEIVED = """
    SELECT substring(coalesce(m.text_body, '') from 'w[oim][0-9]+x[0-9]+q'), m.direction,
           m.conversation_id, c.case_id, ch.provider
      FROM omni_message m
      JOIN omni_conversation c ON c.id = m.conversation_id
      JOIN omni_channel ch ON ch.id = m.channel_id
     WHERE m.direction = 'in'
  ORDER BY m.sent, m.sequence, m.id
"""
ANSWERED = """
    SELECT m.conversation_id, m.state
      FROM omni_message m WHERE m.direction = 'out' AND m.uuid IS NOT NULL
"""
#: What is still on its way, here.
PENDING = """
    SELECT (SELECT count(*) FROM omni_event WHERE state IN ('new', 'retry'))
         + (SELECT count(*) FROM omni_message WHERE state IN ('queued', 'sending')
             OR (state = 'uncertain' AND next_try IS NOT NULL))
         + (SELECT count(*) FROM omni_folder WHERE is_active AND is_dirty)
"""
DEAD = "SELECT kind, failure_reason, error FROM omni_event WHERE state = 'dead'"
#: Nobody waits for the pauses between two attempts any more.
HURRY = [
    f"UPDATE {table} SET {column} = now() AT TIME ZONE 'UTC' "
    f"WHERE {column} > now() AT TIME ZONE 'UTC'"
    for table, column in (
        ("omni_event", "next_try"),
        ("omni_message", "next_try"),
        ("omni_channel", "next_send"),
        ("omni_channel", "next_sync"),
        ("omni_folder", "next_sync"),
    )
]
COUNT = "SELECT count(*) FROM omni_message WHERE direction = 'in'"
#: Share of the messages until which things go wrong: the rest is not told of by itself.
ALMOST = 0.9
#: Folders that were never looked at.
UNREAD = "SELECT 1 FROM omni_folder WHERE is_active AND last_sync IS NULL"
LOOK = "UPDATE omni_folder SET is_dirty = true WHERE is_active"
RUN = f"""
    INSERT INTO ir_cron_trigger (cron_id, call_at)
    SELECT id, now() AT TIME ZONE 'UTC' FROM ir_cron WHERE id IN ({OURS}) AND active
"""
WORD = re.compile(r"r\d+q")


class House:
    """Odoo, its database, the outside world, and what goes wrong with them."""

    def __init__(self, stack: ExitStack, folder):
        self.cluster, self.database = stack.enter_context(
            own_cluster(os.environ["SUITE_TEMPLATE_INSTALLED"], folder)
        )
        self.graph = stack.enter_context(graph_running())
        self.iadvize = stack.enter_context(iadvize_running())
        self.messenger = stack.enter_context(messenger_running())
        self.channels = {
            MAIL: Mail(self.graph.url, BOX),
            CHAT: Chat(self.iadvize.url, min(60, 5 + MESSAGES / 40)),
            MESSENGER: Messenger(self.messenger.url),
        }
        self.servers = Servers(self.database, free_port())
        stack.callback(self.servers.stop)

    def set_up(self, writers) -> None:
        known = {(one.name, one.email, one.ref) for one in writers if one.is_known}
        output = self.database.shell(
            SETUP.format(
                base_url=self.servers.url,
                password=PASSWORD,
                known=sorted(known),
                tenant=TENANT_ID,
                client=CLIENT_ID,
                secret=SECRET,
                graph=self.graph.url,
                iadvize=self.iadvize.url,
                messenger=self.messenger.url,
                box=BOX,
                domain=DOMAIN,
            )
        )
        self.database.query(QUIET)
        self.servers.start()
        [line] = [line for line in output.splitlines() if line.startswith("HOOKS")]
        _word, chat, page = line.split()
        ask(self.iadvize.url, "POST", "/sim/app", {"webhook_url": chat, "secret": "chat-secret"})
        hook = {"webhook_url": page, "verify_token": "verify", "subscribe": True}
        ask(self.messenger.url, "POST", "/sim/app", hook)
        ask(self.messenger.url, "POST", "/sim/app", {"longest_pause": 2})
        # a mailbox is connected before its customers write, as in life
        self.run()
        until(lambda: not self.database.query(UNREAD), 120)

    def run(self) -> None:
        """Have what waits worked off, as the scheduler would a little later."""
        for statement in (*HURRY, RUN):
            patiently(lambda: self.database.query(statement))  # noqa: B023
        patiently(lambda: wake(self.database))

    def is_behind(self) -> bool:
        """Whether more is still to come in than a few that have to be asked for."""
        [[count]] = patiently(lambda: self.database.query(COUNT))
        return count < ALMOST * MESSAGES

    def misfortunes(self) -> dict:
        found = {
            "worker killed": lambda: self.servers.kill(1),
            "other worker killed": lambda: self.servers.kill(2),
            "web server killed": lambda: self.servers.kill(0),
            "PostgreSQL restarted": lambda: restart(self.cluster),
        }
        for channel in self.channels.values():
            found[f"token of {channel.code} dead"] = channel.kill_token
            found[f"{channel.code} answers slowly, with errors or not"] = channel.stumble
        return found

    def settle(self, seconds: float) -> None:
        """Nothing goes wrong any more: wait until nothing waits."""
        for channel in self.channels.values():
            channel.calm()
        self.servers.start()
        deadline = time.monotonic() + seconds
        calm = 0
        while calm < 3:
            assert time.monotonic() < deadline, self.report()
            self.servers.start()
            told = [
                ask(simulator.url, "POST", "/sim/settle", {})["idle"]
                for simulator in (self.graph, self.iadvize, self.messenger)
            ]
            if not calm:
                self.database.query(LOOK)
            self.run()
            time.sleep(1)
            [[pending]] = self.database.query(PENDING)
            calm = calm + 1 if all(told) and not pending else 0

    def trace(self, word: str) -> str:
        """What is known of a message, for whoever has to find out where it got lost."""
        told = self.database.query(
            "SELECT id, channel_id, kind, state, cause, conversation_key, occurred, received, "
            "left(payload, 300) FROM omni_event WHERE payload LIKE %s ORDER BY id LIMIT 10",
            (f"%{word}%",),
        )
        folders = self.database.query(
            "SELECT channel_id, key, is_dirty, last_sync, left(cursor, 300) FROM omni_folder"
        )
        return f"{told}\n{folders}\nchat {self.channels[CHAT].chats.get(_customer(word))}"

    def report(self) -> str:
        """What is stuck, for whoever has to find out why."""
        waiting = self.database.query(
            "SELECT kind, state, count(*), max(failure_reason) FROM omni_event "
            "WHERE state NOT IN ('done', 'ignored') GROUP BY 1, 2"
        )
        leaving = self.database.query(
            "SELECT state, count(*), max(failure_reason) FROM omni_message "
            "WHERE direction = 'out' GROUP BY 1"
        )
        return f"{waiting}\n{leaving}\n{self.servers.log()[-4000:]}"


def _customer(word: str) -> int:
    """Number of the customer who wrote a word."""
    return int(word[2:].partition("x")[0])


@pytest.fixture
def house(tmp_path):
    with ExitStack() as stack:
        yield House(stack, tmp_path)


def test_nothing_is_lost_and_nothing_comes_twice(house, capsys):
    writers = plan(MESSAGES)
    house.set_up(writers)
    for channel in house.channels.values():
        channel.trouble(SHARE)
    began = time.monotonic()
    # one customer is one of the crowd on all his channels: nobody writes two things at once
    crowds = [
        Crowd(house.channels, [one for one in writers if one.customer % CROWDS == number], number)
        for number in range(CROWDS)
    ]
    rep = Rep(house.servers.url, "faults", "rita", PASSWORD)
    trouble = Trouble(house.misfortunes(), PAUSE)
    for thread in (*crowds, rep):
        thread.start()
    while any(crowd.is_alive() for crowd in crowds) or not trouble.is_complete or house.is_behind():
        trouble.strike()
        house.run()
        time.sleep(1)
    for crowd in crowds:
        assert not crowd.error, crowd.error
    house.channels[CHAT].close()
    house.settle(120 + MESSAGES / 5)
    rep.over.set()
    rep.join(60)
    assert not rep.error, rep.error
    rep.round()
    house.settle(60 + MESSAGES / 20)
    took = time.monotonic() - began
    figures = check(house, writers, rep)
    with capsys.disabled():
        print(f"\n{MESSAGES} messages in {took:.0f} s; {house.servers.kills} processes killed;")
        print("; ".join(f"{name}: {count}" for name, count in trouble.counts.items()))
        print("; ".join(f"{name}: {count}" for name, count in figures.items()))


def check(house: House, writers, rep: Rep) -> dict:
    """Every message once, in order, in the right ticket; every answer once, or honestly unknown."""
    complaints, collisions = judge(house.servers.log())
    assert not complaints, "\n".join(complaints)
    assert not house.database.query(BROKEN)
    assert not house.database.query(DEAD)
    rows = [row for row in house.database.query(RECEIVED) if row[0]]
    counts = Counter(row[0] for row in rows)
    written = [word for writer in writers for word in writer.words]
    lost = [word for word in written if word not in counts]
    assert not lost, f"lost: {len(lost)} of {len(written)}: {lost[:10]}\n{house.trace(lost[0])}"
    assert not [word for word, count in counts.items() if count > 1], "twice"
    threads, tickets = defaultdict(list), defaultdict(set)
    for word, _direction, conversation, case, provider in rows:
        threads[provider, _customer(word)].append((word, conversation))
        tickets[_customer(word)].add(case)
    for writer in writers:
        found = threads[writer.channel, writer.customer]
        assert [word for word, _conversation in found] == writer.words, "out of order"
        assert len({conversation for _word, conversation in found}) == 1
    owners = Counter(case for cases in tickets.values() for case in cases)
    assert None not in owners and max(owners.values()) == 1, "two customers in one ticket"
    assert all(len(cases) == 1 for cases in tickets.values()), "one customer in two tickets"
    states = dict(house.database.query(ANSWERED))
    seen = Counter()
    for channel in house.channels.values():
        for text in channel.seen():
            seen.update(WORD.findall(text))
    assert set(rep.answers) == set(states), "an answer without a message, or the other way round"
    for conversation, word in rep.answers.items():
        state, times = states[conversation], seen[word]
        assert times <= 1, f"{word} left twice"
        assert times == (state in ("sent", "delivered", "read")) or state == "uncertain", (
            f"{word} is “{state}” and was seen {times} times"
        )
    return {
        "collisions": collisions,
        "answers": len(rep.answers),
        "refused": len(rep.refused),
        **{state: list(states.values()).count(state) for state in sorted(set(states.values()))},
    }
