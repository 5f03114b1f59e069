"""The simulator as a service: one aiohttp application, in this process or in a thread of it."""

import asyncio
from contextlib import suppress

from aiohttp import web

from simulators.clock import Clock
from simulators.service import Service
from simulators.serving import cut, in_thread, noted

from .acts import Acts
from .control import Control, explain
from .control_people import PeopleControl
from .courier import Courier
from .errors import MetaError
from .faults import Faults
from .files import Files
from .graph import Graph
from .pages import Pages
from .send import SENT
from .world import World

_OURS = ("/sim", "/static", "/health", "/messenger", "/files")
_KEPT_BODY = 8192  # characters of a request that are kept
_MAX_REQUEST = 64 * 1024 * 1024
_SECRETS = ("access_token", "appsecret_proof", "client_secret", "fb_exchange_token", "input_token")


class Simulator(Service):
    """Pages, the people who write to them, and Meta's platform in between.

    :param Clock clock: of the platform
    """

    def __init__(self, clock=None):
        super().__init__()
        self.clock = clock or Clock()
        self.world = World(self.clock)
        #: Every call needs an ``appsecret_proof`` ("Require app secret").
        self.requires_proof = True
        #: The feature Human Agent is granted.
        self.has_human_agent = True
        #: It may take threads from others ("primary receiver").
        self.is_primary = True
        self.faults = Faults()
        self.files = Files(self)
        self.courier = Courier(self)
        self.acts = Acts(self)
        self.graph = Graph(self)

    # -- the application -----------------------------------------------------------------------
    def make_app(self):
        """:return Application: ready to be run"""
        return self.assembled(
            [Control(self), PeopleControl(self), Pages(), self.files, self.graph],
            [self._note, self._refuse, self._break, explain],
            client_max_size=_MAX_REQUEST,
        )

    def chores(self):
        return [self.courier.run()]

    async def slow_down(self):
        """Takes as long as it was ordered to."""
        await asyncio.sleep(self.faults.slow)

    # -- who asks what -------------------------------------------------------------------------
    @web.middleware
    async def _note(self, request, handler):
        """Keeps what Meta was asked, and how it answered."""
        if request.path == "/" or request.path.startswith(_OURS):
            return await handler(request)
        row = {
            "method": request.method,
            "path": request.path,
            "query": {k: "…" if k in _SECRETS else v for k, v in request.query.items()},
            "has_proof": "appsecret_proof" in request.query,
            "size": request.content_length or 0,
            "body": None,
            "status": 0,
        }
        is_text = request.content_type == "application/json"
        if is_text and (request.content_length or 0) <= _KEPT_BODY:
            with suppress(ValueError):
                row["body"] = _without_secrets(await request.json())
                row["has_proof"] |= "appsecret_proof" in row["body"]
        self.faults.requests.append(row)
        return await noted(row, request, handler)

    @web.middleware
    async def _break(self, request, handler):
        """What goes wrong on order, and whether an answer arrived."""
        if request.path == "/" or request.path.startswith(_OURS):
            return await handler(request)
        rule = self.faults.rule(request.method, request.path)
        if rule is None or rule.action == "delay":
            await asyncio.sleep(rule.seconds if rule else 0)
            response = await handler(request)
            if SENT in request:
                request[SENT].answered = True
            return response
        if rule.action == "error":
            raise rule.error(self.world.page.id)
        if rule.action == "status":
            # What a balancer in front of the platform answers: no JSON at all.
            return web.Response(status=int(rule.order.get("status", 503)), text="<html></html>")
        return await cut(request, handler, rule.action == "cut_after", MetaError)

    @web.middleware
    async def _refuse(self, request, handler):
        try:
            return await handler(request)
        except MetaError as error:
            return error.response()


def _without_secrets(content):
    if not isinstance(content, dict):
        return {}
    return {name: "…" if name in _SECRETS else value for name, value in content.items()}


def running(simulator=None, host="127.0.0.1", port=0):
    """Serves in a thread of this process. :return Simulator: with its ``url``, for the block"""
    return in_thread(simulator or Simulator(), host, port)
