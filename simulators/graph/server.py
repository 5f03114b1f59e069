"""The simulator as a service: one aiohttp application, in this process or in a thread of it."""

import asyncio

from aiohttp import web

from simulators.service import Service
from simulators.serving import cut, in_thread, noted

from .clock import Clock
from .control import Control, explain
from .control_mail import MailControl
from .directory import MAILBOXES, Directory
from .errors import GraphError
from .exchange import Exchange
from .faults import Faults
from .graph import Graph
from .login import Login
from .notifier import Notifier
from .pages import Pages
from .subscriptions import Subscriptions
from .throttle import Throttle

_TICK = 0.02  # seconds: how late what waits for its moment may be
_OURS = ("/sim", "/static", "/health")
_KEPT_BODY = 4096  # characters of a request that are kept
_MAX_REQUEST = 200 * 1024 * 1024


class Simulator(Service):
    """A tenant with its mailboxes, those who write to them, and Graph before it all.

    :param mailboxes: pairs of address and name; :param Clock clock: of the tenant
    :param Directory directory: who may what
    """

    def __init__(self, mailboxes=MAILBOXES, clock=None, directory=None):
        super().__init__()
        self.clock = clock or Clock()
        self.directory = directory or Directory()
        self.exchange = Exchange(mailboxes, self.clock)
        self.users_without_mailbox = set()
        self.faults = Faults()
        self.throttle = Throttle(self.clock)
        self.login = Login(self.directory, self.exchange, self.clock)
        self.subscriptions = Subscriptions(self)
        self.notifier = Notifier(self)
        self.graph = Graph(self)
        self.exchange.observers.append(self.subscriptions.happened)
        self.exchange.observers.append(self._observe)

    # -- the application -----------------------------------------------------------------------
    def make_app(self):
        """:return Application: ready to be run"""
        return self.assembled(
            [Control(self), MailControl(self), Pages(), self.graph, self.login],
            [self._note, self._refuse, self._break, explain],
            client_max_size=_MAX_REQUEST,
        )

    def chores(self):
        return [self.repeat(self._run, _TICK), self.notifier.run()]

    def _run(self):
        self.exchange.run()
        self.subscriptions.run()

    # -- who asks what -------------------------------------------------------------------------
    @web.middleware
    async def _note(self, request, handler):
        """Keeps what Microsoft was asked, and how it answered."""
        if request.path == "/" or request.path.startswith(_OURS):
            return await handler(request)
        row = {
            "method": request.method,
            "path": request.path,
            "query": dict(request.query),
            "prefer": request.headers.getall("Prefer", []),
            "authorized": "Authorization" in request.headers,
            "size": request.content_length or 0,
            "body": None,
            "status": 0,
        }
        if request.method in ("POST", "PATCH") and (request.content_length or 0) <= _KEPT_BODY:
            row["body"] = _without_secrets(request.path, await request.text())
        self.faults.requests.append(row)
        return await noted(row, request, handler)

    @web.middleware
    async def _break(self, request, handler):
        """What goes wrong on order."""
        if request.path == "/" or request.path.startswith(_OURS):
            return await handler(request)
        rule = self.faults.rule(request.method, request.path)
        if rule is None:
            return await handler(request)
        if rule.action == "delay":
            await asyncio.sleep(rule.seconds)
            return await handler(request)
        if rule.action == "status":
            raise rule.error()
        return await cut(request, handler, rule.action == "cut_after", GraphError)

    @web.middleware
    async def _refuse(self, request, handler):
        try:
            return await handler(request)
        except GraphError as error:
            return error.response(self.clock.now())

    def _observe(self, _what, _message):
        self.changed()


def _without_secrets(path, text):
    if not path.endswith("/token"):
        return text
    return "&".join(
        part if part.partition("=")[0] in ("grant_type", "scope", "client_id") else
        f"{part.partition('=')[0]}=…"
        for part in text.split("&")
    )  # fmt: skip


def running(simulator=None, host="127.0.0.1", port=0):
    """Serves in a thread of this process. :return Simulator: with its ``url``, for the block"""
    return in_thread(simulator or Simulator(), host, port)
