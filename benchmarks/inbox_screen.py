"""What the inbox shows, beside what Odoo itself shows of as much: the list of all open tickets
beside the CRM's list of as many leads, and a long thread beside the chatter with the same messages.

Two databases, two servers with the same settings, one browser; a page of its own for every opening,
in turn. Each page opens what is measured twice: the first time brings views and templates, which
are kept; the second is measured, from the click until the rows are painted.
"""

import json
import time
from functools import cache
from statistics import median

from scripts.devtools import Browser

from . import inbox_house
from .databases import KEPT
from .inbox_house import THREAD, Desk, Server, scaled
from .settings import BenchError, say

ROWS = 40  # a page of each list
WARM_UP = 1
SETTLED = 500  # milliseconds after the last row, whose processor time counts too
#: Resolves to the time that it took, in ms; `more` brings what is not there yet.
OPEN = """
(async () => {
    const { action } = odoo.__WOWL_DEBUG__.root.env.services;
    const isReady = () => %(ready)s;
    const more = %(more)s;
    const shown = new Promise((resolve) => {
        const look = () => {
            if (isReady()) {
                observer.disconnect();
                clearInterval(timer);
                document.body.getBoundingClientRect();
                resolve(performance.now());
            } else {
                more();
            }
        };
        const observer = new MutationObserver(look);
        observer.observe(document.body, { childList: true, subtree: true, attributes: true });
        const timer = setInterval(look, 50); // for what no mutation tells
    });
    const began = performance.now();
    action.doAction(%(action)s);
    return (await shown) - began;
})()
"""
AWAY = """
(async () => {
    const { action } = odoo.__WOWL_DEBUG__.root.env.services;
    await action.doAction({
        type: "ir.actions.act_window",
        res_model: "res.company",
        res_id: 1,
        views: [[false, "form"]],
    });
    await new Promise((resolve) => setTimeout(resolve, 500));
})()
"""
#: Numbers of the messages that have their text on the page: in its document, in frames, or in the
#: shadow trees in which Odoo shows mails.
WRITTEN = """
(() => {
    const root = document.querySelector(".o_omni_messages, .o-mail-Chatter");
    const frames = [...root.querySelectorAll("iframe")];
    const shadows = [...root.querySelectorAll("*")].filter((element) => element.shadowRoot);
    const parts = [
        root,
        ...frames.map((frame) => frame.contentDocument.body),
        ...shadows.map((element) => element.shadowRoot),
    ];
    const text = parts.map((part) => part.textContent).join(" ");
    return [...text.matchAll(/Message (\\d+):/g)].map(([, number]) => Number(number));
})()
"""
NOTHING = "() => {}"
#: The inbox: all that the rep's teams have to do; mails in sight are there when their frames are.
OURS = {
    "list": {
        "ready": 'document.querySelectorAll(".o_omni_inbox .o_omni_item").length >= %(rows)d',
        "more": NOTHING,
    },
    "thread": {
        "ready": (
            'document.querySelectorAll(".o_omni_message").length >= %(rows)d && '
            'document.querySelector(".o_omni_message:last-child iframe") && '
            'Array.of(document.querySelector(".o_omni_messages")).every('
            "(list) => list.scrollTop + list.clientHeight > list.scrollHeight - 50) && "
            '[...document.querySelectorAll(".o_omni_frame iframe")].every('
            "(frame) => frame.contentDocument?.body?.firstElementChild)"
        ),
        # its button, and when all are there the end, where the newest are
        "more": """() => {
            const older = document.querySelector(".o_omni_older");
            const messages = document.querySelector(".o_omni_messages");
            if (older) {
                older.disabled || older.click();
            } else if (messages) {
                messages.scrollTop = messages.scrollHeight;
            }
        }""",
    },
}
THEIRS = {
    "list": {
        "ready": 'document.querySelectorAll(".o_list_view .o_data_row").length >= %(rows)d',
        "more": NOTHING,
    },
    "thread": {
        "ready": 'document.querySelectorAll(".o-mail-Chatter .o-mail-Message").length >= %(rows)d',
        # what its button does; the page asks by itself too, when its end is scrolled to
        "more": """(() => {
            const store = odoo.__WOWL_DEBUG__.root.env.services["mail.store"];
            return () => {
                const thread = store.Thread.get({ model: "crm.lead", id: %(id)d });
                const isShown = document.querySelector(".o-mail-Chatter .o-mail-Message");
                if (isShown && thread?.status === "ready" && thread.loadOlder) {
                    thread.fetchMoreMessages();
                }
            };
        })()""",
    },
}


class Side:
    """One of the two, and how it shows what it has."""

    def __init__(self, browser: Browser, filled: inbox_house.Filled, words: dict):
        self.facts = filled.facts
        self.words = words
        self.server = Server(KEPT, filled.database, "--max-cron-threads=0")
        self.desk = Desk(browser, self.server)

    def open(self, kind: str, rows: int, action, options: dict, record: int) -> dict:
        """Open something in a page of its own.

        :param kind: ``list`` or ``thread``; :param rows: that are shown in the end
        :param action: what the web client opens, with its options; :param record: its id
        :return: ``clock``: time by the clock; ``busy``: processor time of the page's main thread,
            of Odoo and of its database (both in ms); ``written``: texts of messages shown
        """
        words = {
            name: text % {"rows": rows, "id": record} for name, text in self.words[kind].items()
        }
        script = OPEN % {**words, "action": f"{json.dumps(action)}, {json.dumps(options)}"}
        with self.desk.page() as page:
            self.desk.start(page)
            # the one in which all tickets lie; nothing to leads
            self.desk.show_folder(page, self.facts["user"], "team")
            for _time in range(1 + WARM_UP):
                page.run(AWAY)
                before = page.busy_seconds(), self.server.busy_seconds()
                clock = page.run(script)
                time.sleep(SETTLED / 1000)
                after = page.busy_seconds(), self.server.busy_seconds()
            browser, server = (
                1000 * (late - early) for early, late in zip(before, after, strict=True)
            )
            return {
                "clock": clock,
                "busy": browser + server,
                "browser": browser,
                "server": server,
                "written": page.run(WRITTEN) if kind == "thread" else [],
            }


@cache
def _sides() -> tuple[Side, Side]:
    """Return ours and theirs, for both figures."""
    browser = KEPT.enter_context(Browser())
    return (
        Side(browser, inbox_house.tickets(), OURS),
        Side(browser, inbox_house.leads(), THEIRS),
    )


def _actions(ours: Side, theirs: Side, kind: str) -> tuple[tuple, tuple]:
    """What opens the list, or the thread, on either side, and the record it is of."""
    inbox = "omnichannel_inbox.inbox_action"
    lead, ticket = theirs.facts["lead"], ours.facts["ticket"]
    if kind == "thread":
        form = {"res_id": lead, "views": [[False, "form"]]}
        return (inbox, {"props": {"resId": ticket}}, ticket), (_leads(form), {}, lead)
    listed = {
        "views": [[theirs.facts["view"], "list"], [False, "form"]],
        "search_view_id": [theirs.facts["search"]],
        "domain": [["type", "=", "opportunity"]],
        "limit": ROWS,
    }
    return (inbox, {}, 0), (_leads(listed), {}, 0)


def _leads(values: dict) -> dict:
    return {"type": "ir.actions.act_window", "name": "Bench", "res_model": "crm.lead", **values}


def _ratios(kind: str, rows: int, runs: int) -> list[float]:
    """Return, for each pair, how long ours takes ÷ how long theirs takes."""
    ours, theirs = sides = _sides()
    arguments = dict(zip(sides, _actions(ours, theirs, kind), strict=True))
    for side in sides:
        side.open(kind, rows, *arguments[side])
    values, busy = [], []
    for pair in range(1, runs + 1):
        order = sides if pair % 2 else sides[::-1]
        times = {side: side.open(kind, rows, *arguments[side]) for side in order}
        mine, other = times[ours], times[theirs]
        if kind == "thread":
            for shown in (mine, other):
                if missing := set(range(rows)).difference(shown["written"]):
                    raise BenchError(f"messages that are not shown: {sorted(missing)}")
        values.append(mine["clock"] / other["clock"])
        busy.append(mine["busy"] / other["busy"])
        say(f"   pair {pair}: {_words(mine)}; Odoo's {_words(other)} -> {values[-1]:.2f}")
    say(f"   processor time alone: {median(busy):.2f}")
    return values


def _words(times: dict) -> str:
    return (
        f"{times['clock']:.0f} ms (processor: browser {times['browser']:.0f}, server "
        f"{times['server']:.0f} ms)"
    )


def open_vs_crm(runs: int) -> list[float]:
    """Return opening the inbox ÷ opening the CRM's list, with as many tickets as leads."""
    return _ratios("list", ROWS, runs)


def thread_vs_chatter(runs: int) -> list[float]:
    """Return opening a ticket with all messages of its thread ÷ a lead with all of its chatter."""
    return _ratios("thread", scaled(THREAD), runs)
