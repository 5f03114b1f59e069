"""``make demo`` and ``make night``: the whole house on one machine, from nothing."""

import hashlib
import json
import secrets
import shutil
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path

from . import odoo_source, postgres, python_env, sync_run
from .console import Problem, say, step
from .demo_chats import OPERATORS, PAGE, people, phrases, visitors
from .demo_mails import INFO, SERVICE, letters
from .locks import try_exclusive
from .odoo_server import Odoo
from .processes import Child, Stopped, require_port, stoppable
from .settings import (
    ADDONS,
    DEMO_APPS,
    LANGUAGES,
    data_dir,
    demo_database,
    graph_port,
    http_port,
    iadvize_port,
    messenger_port,
    our_addons,
    simulator_port,
    threecx_port,
)
from .simulator import Chats, Mailboxes, Pages, Simulator, Telephones

SCRIPTS = Path(__file__).resolve().parent
LOGINS = (("vendeur", "a sales rep"), ("manager", "a manager"), ("admin", "an administrator"))


def folder() -> Path:
    return data_dir() / "demo"


def _lock() -> Path:
    return folder() / "lock"


def _state_file() -> Path:
    return folder() / "running.json"


def demo() -> None:
    """Everything up, the first night done, until Ctrl-C."""
    with stoppable(), ExitStack() as stack:
        if not stack.enter_context(try_exclusive(_lock())):
            raise Problem(
                "starting the demo",
                "`make demo` or `make night` is already running in this checkout",
                "use that one, or stop it first; another checkout can run its own with other ports",
            )
        require_port(http_port(), "ODOO_HTTP_PORT", "Odoo")
        require_port(simulator_port(), "SM_SIM_PORT", "the Silicon Master simulator")
        require_port(threecx_port(), "THREECX_SIM_PORT", "the 3CX simulator")
        require_port(graph_port(), "GRAPH_SIM_PORT", "the simulator of Microsoft Graph")
        require_port(iadvize_port(), "IADVIZE_SIM_PORT", "the iAdvize simulator")
        require_port(messenger_port(), "MESSENGER_SIM_PORT", "the simulator of Messenger")
        odoo, simulator, database = _prepare(stack)
        url = f"http://127.0.0.1:{http_port()}"
        telephones = _start_telephones(stack, odoo, database, url)
        mailboxes, chats, pages = _start_inbox(stack, odoo, database)
        server = odoo.serve(database, http_port())
        stack.callback(server.stop)
        listener = odoo.listen(database)
        stack.callback(listener.stop)
        stack.enter_context(_announced(simulator))
        last = sync_run.last_run(odoo, database)
        if last and last[1] in ("done", "warning"):
            sync_run.show(odoo, database, last[0])
        else:
            sync_run.run_night(odoo, database, server.check)
        telephones.offer(_callers(odoo, database))
        _connect_chats(odoo, database, url, chats, pages)
        if not odoo.cluster.query(database, "SELECT 1 FROM omni_message LIMIT 1"):
            with step("customers write mails"):
                mailboxes.deliver(letters(_writers(odoo, database)))
        say(f"Odoo is at {url}\n")
        for login, who in LOGINS:
            say(f"   login {login:<9} password {login:<9} {who}")
        say(f"\nThe telephones of the shop, to ring, answer and hang up by hand: {telephones.url}")
        say(f"The mailboxes of the customers, to read and to write as one of them: {mailboxes.url}")
        say(f"The chat of the web site, to write as a visitor: {chats.url}/visitor")
        operator = next(iter(OPERATORS))
        say(f"The desk of the agents who answer it: {chats.url}/desk?operator={operator}")
        say(f"The Messenger of the customers: {pages.url}")
        say("\n`make night` in another terminal lets Silicon Master live one more night.")
        say("Ctrl-C stops everything; the data stays. `make demo-reset` starts afresh.")
        try:
            _wait(server, listener, *filter(None, [odoo.cluster.child]))
        except Stopped:
            say("\nStopping Odoo, PostgreSQL and the simulators; the data stays.")


def night() -> None:
    """One more night of Silicon Master and the same synchronisation, with or without the demo."""
    with stoppable(), ExitStack() as stack:
        alone = stack.enter_context(try_exclusive(_lock()))
        if alone:
            require_port(simulator_port(), "SM_SIM_PORT", "the Silicon Master simulator")
            odoo, simulator, database = _prepare(stack)
            server = odoo.serve(database, None)
            stack.callback(server.stop)
            check = server.check
        else:
            odoo, simulator, database = _join_running()
            check = _demo_still_there
        with step("Silicon Master lives one night and writes its exports"):
            simulator.live_one_night()
        number = sync_run.run_night(odoo, database, check)
        sync_run.compare(odoo, database, number, simulator.expected())


def reset() -> None:
    """Forget database, files and the simulator's world, then start the demo afresh."""
    with ExitStack() as stack:
        if not stack.enter_context(try_exclusive(_lock())):
            raise Problem(
                "resetting the demo",
                "`make demo` or `make night` is running in this checkout",
                "stop it with Ctrl-C in its terminal first",
            )
        if folder().exists():
            with step("forgetting the demo's data"):
                forget(stack)
    demo()


def forget(stack: ExitStack) -> None:
    """Remove what the demo keeps, its database included, also on a server of the user's own."""
    if postgres.external():
        cluster = _cluster(stack)
        cluster.drop(demo_database())
    for entry in folder().iterdir():
        if entry.name == "lock":
            continue
        if entry.is_dir():
            shutil.rmtree(entry)
        else:
            entry.unlink()
    outside = postgres.outside_folder() / folder().name
    if outside.exists():
        shutil.rmtree(outside)


def _cluster(stack: ExitStack) -> postgres.Cluster:
    cluster = postgres.Cluster(folder() / "postgres", postgres.RELAXED)
    cluster.start()
    stack.callback(cluster.stop)
    return cluster


def _prepare(stack: ExitStack) -> tuple[Odoo, Simulator, str]:
    """Fetch what is missing, start PostgreSQL and the simulator, and make the database ready."""
    source = odoo_source.python_path()
    python = python_env.python(python_env.DEMO)
    odoo = Odoo(python, source, _cluster(stack), folder())
    simulator = Simulator(python, folder(), simulator_port())
    with step("starting the Silicon Master simulator"):
        child = simulator.start()
        stack.callback(child.stop)
    database = demo_database()
    odoo.configure(
        {
            "admin_passwd": secrets.token_urlsafe(24),
            "max_cron_threads": 3,
            "db_maxconn": 32,
            "dbfilter": f"^{database}$",
        },
        {"sm_connector": {"drop_roots": simulator.drop}},
    )
    _make_database(odoo, database, simulator.drop)
    return odoo, simulator, database


def _start_telephones(stack: ExitStack, odoo: Odoo, database: str, url: str) -> Telephones:
    """Start the simulator of 3CX, and link it with Odoo: it remembers nothing of the last time.

    :param url: where Odoo will be
    """
    telephones = Telephones(odoo.python, folder(), threecx_port())
    with step("starting the 3CX simulator"):
        stack.callback(telephones.start().stop)
    odoo.shell(
        database,
        SCRIPTS / "demo_threecx.py",
        "linking Odoo and 3CX",
        THREECX_URL=telephones.url,
        ODOO_URL=url,
    )
    return telephones


def _callers(odoo: Odoo, database: str) -> dict[str, str]:
    """Numbers with which to try the telephone: of a customer with orders, and of several contacts.
    They become buttons of the simulated 3CX, which speaks French."""
    known = odoo.cluster.query(
        database,
        """
            SELECT max(mobile_key)
              FROM res_partner
              JOIN sale_order ON sale_order.partner_id = res_partner.id
             WHERE res_partner.active
               AND mobile_key LIKE '+324%'
             GROUP BY mobile_key
            HAVING count(DISTINCT res_partner.id) = 1
             ORDER BY count(*) DESC, 1
             LIMIT 1
        """,
    )
    several = odoo.cluster.query(
        database,
        """
            SELECT phone_key
              FROM res_partner
             WHERE active
               AND phone_key != ''
             GROUP BY phone_key
            HAVING count(*) > 1
             ORDER BY count(*), 1
             LIMIT 1
        """,
    )
    callers = {"Client connu": known, "Plusieurs fiches": several}
    return {label: rows[0][0] for label, rows in callers.items() if rows}


def _start_inbox(stack: ExitStack, odoo: Odoo, database: str) -> tuple[Mailboxes, Chats, Pages]:
    """Start the simulators of Microsoft Graph, iAdvize and Messenger, and link them with Odoo."""
    mailboxes = Mailboxes(odoo.python, folder(), graph_port())
    with step("starting the simulator of Microsoft Graph"):
        stack.callback(mailboxes.start(INFO, SERVICE).stop)
    chats = Chats(odoo.python, folder(), iadvize_port())
    pages = Pages(odoo.python, folder(), messenger_port())
    with step("starting the simulators of iAdvize and Messenger"):
        stack.callback(chats.start().stop)
        stack.callback(pages.start(PAGE).stop)
    odoo.shell(
        database,
        SCRIPTS / "demo_inbox.py",
        "linking Odoo with mailboxes, chat and Messenger",
        GRAPH_URL=mailboxes.url,
        IADVIZE_URL=chats.url,
        MESSENGER_URL=pages.url,
    )
    return mailboxes, chats, pages


def _connect_chats(odoo: Odoo, database: str, url: str, chats: Chats, pages: Pages) -> None:
    """Tell the simulators of iAdvize and Messenger where Odoo listens, and who may write.

    :param url: of Odoo, which is there: Messenger makes sure of it
    """
    rows = odoo.cluster.query(
        database,
        "SELECT provider, webhook_token, secret, panel_token, panel_secret,"
        " messenger_verify_token FROM omni_channel"
        " WHERE provider IN ('iadvize', 'messenger') AND active",
    )
    hooks = {provider: rest for provider, *rest in rows}
    token, secret, panel, panel_secret, _word = hooks["iadvize"]
    chats.connect(
        {
            "webhook_url": f"{url}/omni/webhook/{token}",
            "secret": secret,
            "panel_url": f"{url}/omni/panel/{panel}",
            "panel_secret": panel_secret,
        },
        OPERATORS,
    )
    token, _secret, _panel, _panel_secret, word = hooks["messenger"]
    hook = f"{url}/omni/webhook/{token}"
    pages.connect({"webhook_url": hook, "verify_token": word, "subscribe": True})
    writers = _writers(odoo, database)
    chats.offer(visitors(writers))
    pages.offer(people(writers), phrases(writers))


def _writers(odoo: Odoo, database: str) -> list[dict[str, str]]:
    """Customers with an order under way and an e-mail address of their own."""
    rows = odoo.cluster.query(
        database,
        """
            SELECT max(partner.name), partner.email_key, max(orders.name), max(partner.ref)
              FROM res_partner partner
              JOIN sale_order orders ON orders.partner_id = partner.id
             WHERE partner.active
               AND partner.email_key LIKE '%@%'
               AND orders.state = 'sale'
             GROUP BY partner.email_key
            HAVING count(DISTINCT partner.id) = 1
             ORDER BY max(orders.date_order) DESC, 2
             LIMIT 5
        """,
    )
    return [dict(zip(("name", "email", "order", "ref"), row, strict=True)) for row in rows]


def _make_database(odoo: Odoo, database: str, drop: Path) -> None:
    """Create the database, or finish it, or bring it up to date with the addons' files."""
    known = folder() / "addons.json"
    current = checksums()
    if not _is_ready(odoo, database):
        # What an interrupted run left is of no use: made again from nothing.
        odoo.cluster.drop(database)
        shutil.rmtree(folder() / "files" / "filestore" / database, ignore_errors=True)
        odoo.cluster.create(database)
        odoo.install(database, ["base"], languages=LANGUAGES)
        odoo.shell(database, SCRIPTS / "demo_company.py", "naming the company")
        odoo.install(database, [*DEMO_APPS, *our_addons()])
        odoo.shell(
            database,
            SCRIPTS / "demo_data.py",
            "making users and the link to Silicon Master",
            SM_DROP=str(drop),
        )
    else:
        before = json.loads(known.read_text()) if known.exists() else {}
        changed = [name for name in current if before.get(name) != current[name]]
        new = [name for name in changed if name not in before]
        if changed:
            odoo.install(database, new, update=[name for name in changed if name not in new])
    known.write_text(json.dumps(current))


def _is_ready(odoo: Odoo, database: str) -> bool:
    if not odoo.cluster.exists(database):
        return False
    tables = "SELECT 1 FROM pg_class WHERE relname = 'ir_config_parameter'"
    if not odoo.cluster.query(database, tables):
        return False
    mark = "SELECT 1 FROM ir_config_parameter WHERE key = 'suite.demo_ready'"
    return bool(odoo.cluster.query(database, mark))


def checksums() -> dict[str, str]:
    """Checksum of what an update of each addon would read."""
    sums = {}
    for name in our_addons():
        digest = hashlib.sha256()
        for path in sorted((ADDONS / name).rglob("*")):
            if path.is_file() and path.suffix in {".py", ".xml", ".csv", ".po", ".sql"}:
                digest.update(path.read_bytes())
        sums[name] = digest.hexdigest()
    return sums


@contextmanager
def _announced(simulator: Simulator):
    """Tell other terminals, for as long as the demo runs, where its simulator listens."""
    _state_file().write_text(json.dumps({"simulator_port": simulator.port}))
    try:
        yield
    finally:
        _state_file().unlink(missing_ok=True)


def _join_running() -> tuple[Odoo, Simulator, str]:
    """The demo that runs in another terminal of this checkout."""
    try:
        state = json.loads(_state_file().read_text())
    except (OSError, ValueError) as error:
        raise Problem(
            "joining the demo of the other terminal",
            "it is still starting, or it is another `make night`",
            "try again when it has printed its address",
        ) from error
    python = python_env.python(python_env.DEMO)
    cluster = postgres.Cluster(folder() / "postgres", postgres.RELAXED)
    odoo = Odoo(python, odoo_source.python_path(), cluster, folder())
    return odoo, Simulator(python, folder(), state["simulator_port"]), demo_database()


def _demo_still_there() -> None:
    if not _state_file().exists():
        raise Problem(
            "waiting for the synchronisation",
            "the demo of the other terminal was stopped",
            "start it again with `make demo`",
        )


def _wait(*children: Child) -> None:
    """Until Ctrl-C; a child that ends by itself is a failure."""
    while True:
        time.sleep(1)
        for child in children:
            child.check()
