"""The simulator as a service: one aiohttp application, in this process or in a thread of it."""

import asyncio
import json

from aiohttp import web

from simulators.service import Service
from simulators.serving import cut, in_thread, noted

from .api import Api
from .app import App
from .clock import Clock
from .control import Control, explain
from .control_chat import ChatControl
from .dialects import DIALECTS
from .events import Events
from .faults import Faults
from .house import House
from .login import Login
from .notifier import Notifier
from .pages import Pages
from .people import OPERATORS
from .views import Views

_TICK = 0.1  # seconds: how late what waits for its moment may be
_ASKED = ("/graphql", "/oauth2/", "/_authenticated")
_MAX_REQUEST = 1024 * 1024


class Simulator(Service):
    """A project with its visitors, its operators and their desk, and iAdvize's API before it.

    :param Clock clock: of the project; :param str dialect: ``typed`` or ``flat``
    :param operators: tuples of number, name, address, whether it is a bot"""

    def __init__(self, clock=None, dialect="typed", operators=OPERATORS):
        super().__init__()
        self.clock = clock or Clock()
        self.faults = Faults()
        self.app = App()
        self.house = House(self.clock, operators)
        self.login = Login(self.clock)
        self.events = Events(self.house)
        self.notifier = Notifier(self)
        self.speak(dialect)
        self.house.observers.append(self._observe)

    def speak(self, dialect):
        """:param str dialect: of messages in GraphQL; :raises ValueError: no such dialect"""
        if dialect not in DIALECTS:
            raise ValueError(f"dialect: one of {', '.join(DIALECTS)}")
        self.views = Views(self.house, self.faults, dialect)
        #: What the other platform knows: the same types, nothing of the project.
        self.nowhere = Views(House(self.clock), self.faults, dialect)

    # -- the application -----------------------------------------------------------------------
    def make_app(self):
        """:return Application: ready to be run"""
        return self.assembled(
            [Control(self), ChatControl(self), Api(self), self.login, Pages()],
            [self._note, self._break, explain],
            client_max_size=_MAX_REQUEST,
        )

    def chores(self):
        return [self.repeat(self.house.run, _TICK), self.notifier.run()]

    # -- who asks what -------------------------------------------------------------------------
    @web.middleware
    async def _note(self, request, handler):
        """Keeps what iAdvize was asked, without secrets, and how it answered."""
        if not request.path.startswith(_ASKED):
            return await handler(request)
        row = {
            "method": request.method,
            "path": request.path,
            "query": dict(request.query),
            "authorized": "Authorization" in request.headers,
            "body": None,
            "status": 0,
        }
        if request.path == "/graphql":
            row["body"] = _read(await request.text())
        self.faults.requests.append(row)
        return await noted(row, request, handler)

    @web.middleware
    async def _break(self, request, handler):
        """What goes wrong on order."""
        if not request.path.startswith(_ASKED):
            return await handler(request)
        if self.faults.slow:
            await asyncio.sleep(self.faults.slow)
        body = await request.text() if request.path == "/graphql" else ""
        rule = self.faults.rule(request.path, body)
        if rule is None:
            return await handler(request)
        if rule.action == "delay":
            await asyncio.sleep(rule.seconds)
            return await handler(request)
        if rule.action in ("status", "error"):
            return rule.response()
        return await cut(request, handler, rule.action == "cut_after")

    def _observe(self, event, subject, more):
        payload = self.events.make(event, subject, more)
        if payload:
            self.notifier.put(payload)
        self.changed()


def _read(text):
    """:return: a query with its variables, or the text when it is none"""
    try:
        return json.loads(text)
    except ValueError:
        return text[:4096]


def running(simulator=None, host="127.0.0.1", port=0):
    """Serves in a thread of this process. :return Simulator: with its ``url``, for the block"""
    return in_thread(simulator or Simulator(), host, port)
