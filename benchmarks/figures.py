"""The figures: what is measured, how often, and what must be reached."""

from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

from . import (
    calls,
    calls_list,
    feeds,
    first_load,
    guard,
    inbox,
    inbox_identity,
    inbox_mixed,
    inbox_screen,
    inbox_sync,
    night,
)
from .settings import Value

AT_LEAST, AT_MOST, BELOW = ">=", "<=", "<"


@dataclass(frozen=True)
class Figure:
    """One line of the table.

    :ivar name: as in ``FIGURES=name,…``
    :ivar sign: :data:`AT_LEAST`, :data:`AT_MOST` or :data:`BELOW` ``bound``
    :ivar unit: of the value; `x` is a ratio of two sides
    :ivar what: what was measured against what, for the reader of the table
    :ivar measure: called with the number of runs, returns one value per pair of sides; None: the
        figure is not measured, and ``what`` says why
    :ivar runs: pairs of sides
    :ivar baseline: model, context and commit policy of the other side, in a line
    """

    name: str
    sign: str
    bound: float
    unit: str
    what: str
    measure: Callable[[int], list[float]] | None
    runs: int = 3
    baseline: str = ""

    @property
    def reach(self) -> str:
        return f"{self.sign} {self.bound:g}"

    def is_reached(self, value: float) -> bool:
        if self.sign == AT_LEAST:
            return value >= self.bound
        return value <= self.bound if self.sign == AT_MOST else value < self.bound


@dataclass(frozen=True)
class Result:
    """What a figure came out as; the value is the median of its pairs."""

    figure: Figure
    values: list[float]

    @property
    def value(self) -> float:
        return median(self.values)

    @property
    def beside(self) -> float | None:
        """Median of what the other side took, for a figure that is no ratio but has one."""
        beside = [value.beside for value in self.values if isinstance(value, Value)]
        return median(beside) if beside else None

    @property
    def is_reached(self) -> bool:
        return self.figure.is_reached(self.value)

    def as_json(self) -> dict:
        beside = {} if self.beside is None else {"beside": round(self.beside, 3)}
        return {
            "name": self.figure.name,
            "value": round(self.value, 3),
            "reach": self.figure.reach,
            "unit": self.figure.unit,
            "runs": len(self.values),
            "min": round(min(self.values), 3),
            "max": round(max(self.values), 3),
            **beside,
        }


BASELINES = {
    "import": "load() of res.partner, product.product, sale.order (order_line/… columns) in a "
    "database without our addons; context import_file, nothing switched off; a commit per 2,000 "
    "rows",
    "one_by_one": "create of the same models in a database without our addons; default context; a "
    "cursor, an environment and a commit per record, its external id looked up and bound",
    "sql": "INSERT … SELECT into res_partner, product_template + product_product, sale_order + "
    "sale_order_line and their taxes; no model, no rules, no computed fields; one commit",
    "floor": "csv.reader and COPY of the cells into one bare UNLOGGED table per file; one commit "
    "per file",
    "guard": "the same call on the same contacts in a database without our addons; default context "
    "of the web client, write and flush, or views and record; nothing is committed",
    "lookup": "an empty route, asked in turn with the look-up: res.partner and crm.lead are not "
    "read, all else is the same: one Odoo process with threads, auth of the CRM template (its key "
    "hashed, its rate counted and committed by a cursor of its own), writing cursor, an answer of "
    "one contact; one client, a connection per request",
    "popup": "none: the clock starts before the simulated 3CX is told to ring, and stops when the "
    "message has come through bus.bus to a websocket of the rep; listener and Odoo are processes "
    "of their own, a commit per report of a call",
    "list": "the same list of res.partner (telephone and mobile of each) in a database without "
    "the addon, but with integration_base, which it builds on; the same server settings, context "
    "of the web client, as administrator; nothing is written. Processor time of the page's main "
    "thread",
    "crm": "the list of crm.lead that the CRM's pipeline has, without a filter, a page of 40 as in "
    "the inbox, in a database without our addons; the same server settings, context of the web "
    "client, a rep who sees all leads beside one who sees the tickets of his team. Time by the "
    "clock, from the click until the rows are painted, views and templates kept from an opening "
    "before",
    "chatter": "the form of a crm.lead with the same messages in its chatter, in a database "
    "without our addons, all of them fetched page by page as fast as it goes; the same reps, and "
    "the same time by the clock, until all messages are in the document (older ones of ours as "
    "text) and the frames in sight are filled",
    "webhook": "an empty route of the same server, asked in turn with the webhook: auth public, a "
    "body of 1 KB whose signature is computed, writing cursor, nothing read or stored; two "
    "workers, eight clients, a connection per request. For the ratio commits do not wait for the "
    "disk (synchronous_commit off), for the time they do",
    "live": "none: the clock starts before the request to the webhook, and stops when a headless "
    "Chromium has the text in the list of the inbox, among 20,000 tickets; the demo channel, Odoo "
    "in one process with its scheduler's threads and its bus",
    "mixed": "none, as of the figure before; the messages are those of Messenger, told with Meta's "
    "signature, and 5,000 mails of the demo channel wait when the first one comes; Odoo in one "
    "process with three threads of the scheduler",
    "identity": "none: 1,000 events by the scheduler's own queue, half of them mails of the demo "
    "channel from known addresses, half on Messenger from people nobody knows, of whom one in "
    "three names an order and its postcode, one his address, and one nothing",
    "join": "none: what the inbox does when a rep presses Join and Undo, in one transaction; "
    "queries are counted, which does not depend on the machine",
    "gateway": "message_process of the same mails with the model crm.lead in a database without "
    "our addons; default context, a commit per mail, the mails in memory. Ours asks the simulated "
    "Graph by HTTP, stores events, and commits by page and by batch",
    "busy": "the simulator's ledger, row by row: direction, number, moments, talk seconds, "
    "outcome; threecx.call is written by listener, CRM template and call log at once, a commit "
    "per report",
}


def _first_load_figures() -> list[Figure]:
    bounds = {"contacts": (2.7, 15, 13), "articles": (3.3, 30, 20), "orders": (2.5, 8, 27)}
    figures = []
    for kind, (versus_import, one_by_one, sql) in bounds.items():
        figures += [
            Figure(
                f"first_load.{kind}.vs_import",
                AT_LEAST,
                versus_import,
                "x",
                f"{kind} per second: whole pipeline ÷ Odoo's load()",
                first_load.versus(kind, "import"),
                baseline=BASELINES["import"],
            ),
            Figure(
                f"first_load.{kind}.vs_one_by_one",
                AT_LEAST,
                one_by_one,
                "x",
                f"{kind} per second: whole pipeline ÷ one record per transaction",
                first_load.versus(kind, "one_by_one"),
                baseline=BASELINES["one_by_one"],
            ),
            Figure(
                f"first_load.{kind}.vs_sql",
                AT_MOST,
                sql,
                "x slower",
                f"{kind} per second: set-based SQL insert ÷ whole pipeline",
                first_load.versus(kind, "sql"),
                baseline=BASELINES["sql"],
            ),
        ]
    return figures


def _feed_figures() -> list[Figure]:
    ways = {
        "http": "CSV over HTTP, 5,000 contacts per page, downloaded each time",
        "sql": "a view in PostgreSQL",
        "xml": "an XML file",
        "json": "a JSON file",
    }
    return [
        Figure(
            f"feed.{way}.vs_csv",
            AT_MOST,
            1.5,
            "x",
            f"unchanged night of contacts from {what} ÷ from a CSV file",
            feeds.versus_csv(way),
            runs=5,
        )
        for way, what in ways.items()
    ]


FIGURES = [
    *_first_load_figures(),
    Figure(
        "first_load.two_workers",
        AT_LEAST,
        1.7,
        "x",
        "not measured: a master is synchronised by one process at a time, on purpose (the lock of "
        "the run). Two would double the speed of one first load in a company's life, and bring the "
        "collisions between writers that an unattended night must not have",
        None,
    ),
    Figure(
        "night.unchanged.vs_floor",
        AT_MOST,
        2.5,
        "x",
        "night of unchanged rows ÷ csv.reader + COPY into bare tables",
        night.unchanged_vs_floor,
        runs=5,
        baseline=BASELINES["floor"],
    ),
    Figure(
        "night.one_percent.vs_parts",
        AT_MOST,
        1.5,
        "x",
        "night with 1 % changed ÷ (night without changes + applying those rows alone)",
        night.one_percent_vs_parts,
    ),
    Figure(
        "dry_run.vs_night",
        AT_MOST,
        1.3,
        "x",
        "dry run of unchanged rows ÷ night of unchanged rows",
        night.dry_run_vs_night,
        runs=5,
    ),
    Figure(
        "night.growth",
        AT_MOST,
        1.15,
        "x",
        "unchanged night at 500,000 contacts ÷ ten times that at 50,000",
        night.growth,
    ),
    Figure(
        "night.memory_mb",
        BELOW,
        64,
        "MB",
        "peak memory of the unchanged night: 500,000 contacts less 50,000",
        night.memory_mb,
    ),
    Figure(
        "guard.bulk_write",
        AT_MOST,
        1.10,
        "x",
        "write of two fields of 1,000 contacts that are nobody's: with our addons ÷ without",
        guard.bulk_write_ratio,
        runs=5,
        baseline=BASELINES["guard"],
    ),
    Figure(
        "guard.form_open",
        AT_MOST,
        1.10,
        "x",
        "opening the form of a contact that is nobody's: with our addons ÷ without",
        guard.form_open_ratio,
        runs=5,
        baseline=BASELINES["guard"],
    ),
    *_feed_figures(),
    Figure(
        "read.memory_mb",
        BELOW,
        150,
        "MB",
        "peak memory above idle while 500,000 contacts are read from CSV, XML, JSON, HTTP or SQL: "
        "the worst of them",
        feeds.memory_mb,
        runs=1,
    ),
    Figure(
        "calls.lookup_p95_ms",
        BELOW,
        300,
        "ms",
        "a caller looked up over HTTP among 100,000 contacts: 95 of 100 are answered within",
        calls.lookup_p95_ms,
        baseline=BASELINES["lookup"],
    ),
    Figure(
        "calls.popup_p95_ms",
        BELOW,
        1000,
        "ms",
        "from the PBX ringing to the pop-up's message on the bus: 95 of 100 arrive within",
        calls.popup_p95_ms,
        baseline=BASELINES["popup"],
    ),
    Figure(
        "calls.list_cost",
        AT_MOST,
        1.10,
        "x",
        "rendering a list of 80 contacts in Chromium: with the addon ÷ without",
        calls_list.cost,
        runs=20,
        baseline=BASELINES["list"],
    ),
    Figure(
        "calls.busy_hour_lost",
        AT_MOST,
        0,
        "calls",
        "a busy hour of 15 reps in one minute: calls lost, doubled, or kept otherwise than they "
        "took place",
        calls.busy_hour_lost,
        runs=1,
        baseline=BASELINES["busy"],
    ),
    Figure(
        "inbox.open_vs_crm",
        AT_MOST,
        1.0,
        "x",
        "opening the inbox with 20,000 open tickets ÷ opening Odoo's CRM list of 20,000 leads, in "
        "Chromium",
        inbox_screen.open_vs_crm,
        runs=15,
        baseline=BASELINES["crm"],
    ),
    Figure(
        "inbox.thread_vs_chatter",
        AT_MOST,
        1.0,
        "x",
        "opening a ticket with all 500 messages of its thread ÷ a lead with the same 500 in its "
        "chatter, in Chromium",
        inbox_screen.thread_vs_chatter,
        runs=7,
        baseline=BASELINES["chatter"],
    ),
    Figure(
        "inbox.webhook_vs_empty",
        AT_LEAST,
        0.85,
        "x",
        "requests per second of the webhook ÷ of a route that does nothing",
        inbox.webhook_vs_empty,
        runs=7,
        baseline=BASELINES["webhook"],
    ),
    Figure(
        "inbox.webhook_p95_ms",
        BELOW,
        150,
        "ms",
        "the webhook asked by eight clients at once, while the scheduler works off what comes in: "
        "95 of 100 requests are answered within",
        inbox.webhook_p95_ms,
        baseline=BASELINES["webhook"],
    ),
    Figure(
        "inbox.live_p95_ms",
        BELOW,
        3000,
        "ms",
        "from the webhook being told of a message to its text in an open inbox: 95 of 100 are "
        "shown within",
        inbox.live_p95_ms,
        baseline=BASELINES["live"],
    ),
    Figure(
        "inbox.mixed_p95_ms",
        BELOW,
        3000,
        "ms",
        "a message on Messenger while 5,000 mails are being processed, from the webhook to its "
        "text in an open inbox: 95 of 100 are shown within",
        inbox_mixed.mixed_p95_ms,
        baseline=BASELINES["mixed"],
    ),
    Figure(
        "inbox.sync_rate",
        AT_LEAST,
        2,
        "x",
        "mails per second: Graph's delta into tickets ÷ Odoo's message_process into leads",
        inbox_sync.sync_rate,
        baseline=BASELINES["gateway"],
    ),
    Figure(
        "identity.rate",
        AT_LEAST,
        20,
        "/s",
        "mails and messages on Messenger from stored to ticket, among 100,000 contacts: events per "
        "second",
        inbox_identity.rate,
        baseline=BASELINES["identity"],
    ),
    Figure(
        "identity.queries",
        AT_MOST,
        5,
        "queries",
        "knowing who wrote one of these events, and what it belongs together with",
        inbox_identity.queries,
        baseline=BASELINES["identity"],
    ),
    Figure(
        "join.undo",
        BELOW,
        20,
        "queries",
        "joining two tickets of a customer with 500 messages, or parting them, whichever is more, "
        "with both on the screen; beside it, with nothing of them read before",
        inbox_identity.undo,
        runs=1,
        baseline=BASELINES["join"],
    ),
]


def select(names: str) -> list[Figure]:
    """Return the figures of a comma-separated list; all of them for an empty one.

    A name stands also for all that begin with it: ``first_load``, ``first_load.orders``.

    :raises ValueError: a name that no figure has
    """
    wanted = [name.strip() for name in names.split(",") if name.strip()]
    if not wanted:
        return list(FIGURES)
    chosen = []
    for name in wanted:
        found = [f for f in FIGURES if f.name == name or f.name.startswith(f"{name}.")]
        if not found:
            known = ", ".join(figure.name for figure in FIGURES)
            raise ValueError(f"no figure is named {name!r}; there are {known}")
        chosen += [figure for figure in found if figure not in chosen]
    return chosen
