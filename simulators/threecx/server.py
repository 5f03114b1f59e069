"""The simulator as a service: one aiohttp application, in this process or in a thread of it."""

import asyncio
import ssl

from aiohttp import web

from simulators.service import Service
from simulators.serving import in_thread, noted

from . import ledger, published
from .call_control import CallControl
from .call_log import CallLog
from .calls import Exchange
from .clock import Clock
from .control import Control, explain
from .control_crm import CrmControl
from .crm import Crm
from .editions import Licence
from .events import Events
from .faults import Faults
from .house import CLIENT_ID, CLIENT_SECRET, make_house
from .pages import Pages
from .tokens import TokenRefused, Tokens
from .xapi import Xapi

_TICK = 0.02  # seconds: how late a timer may be
_KEPT_CALLS = 12  # past calls that the page shows


class Simulator(Service):
    """Everything that one PBX consists of.

    :param House house: who works there; :param Licence licence: what it may do
    :param clock: of the calls
    :param str pop_url: opened by the page when an extension rings, with ``%CallerNumber%`` and
        ``%CallerDisplayName%``, as the 3CX client does
    :param bool fork: each telephone has a participant of its own
    :param int first_id: of calls, participants and recordings
    """

    def __init__(self, house=None, licence=None, clock=None, pop_url="", fork=False, first_id=1):
        super().__init__()
        self.licence = licence or Licence()
        self.clock = clock or Clock()
        self.exchange = Exchange(
            house or make_house(), self.clock, fork, self.licence.sim_calls, first_id
        )
        self.exchange.observers.append(self._observe)
        self.faults = Faults()
        self.tokens = Tokens(CLIENT_ID, CLIENT_SECRET, self.licence)
        self.events = Events(self.exchange, self.faults)
        self.call_log = CallLog(self.exchange, self.licence)
        self.crm = Crm(self)
        self.names_statuses = False
        self.pop_url = pop_url
        self.busy = None

    # -- the application -----------------------------------------------------------------------
    def make_app(self):
        """:return Application: ready to be run"""
        app = self.assembled(
            [CallControl(self), Xapi(self), Control(self), CrmControl(self), Pages()],
            [self._note, self._guard, explain],
        )
        app.router.add_post("/connect/token", self._token)
        return app

    def chores(self):
        return [self.repeat(self.exchange.run, _TICK)]

    async def _leave(self, app):
        await super()._leave(app)
        await self.events.close()

    async def _token(self, request):
        form = await request.post()
        try:
            return web.json_response(self.tokens.issue(form), headers={"Cache-Control": "no-store"})
        except TokenRefused as refusal:
            return web.json_response(refusal.to_json(), status=refusal.status)

    # -- who asks what -------------------------------------------------------------------------
    @web.middleware
    async def _note(self, request, handler):
        """Keeps what the PBX was asked, and how it answered."""
        if not request.path.startswith(("/callcontrol", "/xapi", "/connect")):
            return await handler(request)
        body = None
        if request.method == "POST" and request.content_type == "application/json":
            body = await request.text()
        objection = ""
        if request.path.startswith("/callcontrol") and not request.path.endswith("/ws"):
            objection = published.objection(request.method, request.path, body)
        row = {
            "method": request.method,
            "path": request.path,
            "query": dict(request.query),
            "content_type": request.headers.get("Content-Type", ""),
            "body": body,
            "objection": objection,
            "status": 500,
        }
        try:
            return await noted(row, request, handler)
        finally:
            self.faults.requests.append(row)

    @web.middleware
    async def _guard(self, request, handler):
        """Faults first; then the token, then the licence."""
        path = request.path
        if not path.startswith(("/callcontrol", "/xapi", "/connect")):
            return await handler(request)
        if self.faults.slow:
            await asyncio.sleep(self.faults.slow)
        failure = self.faults.refusal(path)
        if failure:
            headers = {"Retry-After": "1"} if failure in (429, 503) else {}
            return web.Response(status=failure, headers=headers)
        if not path.startswith("/connect"):
            wrong = self.tokens.check(request.headers.get("Authorization"))
            if wrong:
                # As ASP.NET Core answers: no body, the reason in the header.
                challenge = "Bearer"
                if wrong != "no token":
                    challenge += f' error="invalid_token", error_description="{wrong}"'
                return web.Response(status=401, headers={"WWW-Authenticate": challenge})
            if not self.licence.has_api:
                return web.Response(status=403)
        return await handler(request)

    # -- the page ------------------------------------------------------------------------------
    def snapshot(self):
        """:return dict: what the page shows"""
        exchange = self.exchange
        return {
            "licence": self.licence.to_json(),
            "pop_url": self.pop_url,
            "presets": self.presets,
            "template": bool(self.crm.engine),
            "extensions": [
                {
                    "dn": extension.number,
                    "name": extension.name,
                    "email": extension.email,
                    "devices": [device.user_agent for device in extension.devices],
                    "legs": [
                        {"callid": leg.call.id, "status": leg.status}
                        for leg in exchange.legs.values()
                        if leg.dn == extension.number
                    ],
                }
                for extension in exchange.house.extensions.values()
            ],
            "queues": [
                {"dn": number, "name": name}
                for number, (name, _agents) in exchange.house.queues.items()
            ],
            "calls": [self._shown(call) for call in exchange.active.values()],
            "past": [ledger.row(call) for call in exchange.past[: -_KEPT_CALLS - 1 : -1]],
        }

    def _shown(self, call):
        return {
            **ledger.row(call),
            "outside": call.outside,
            "ringing": call.ringing(),
            "talking": call.talking(),
            "contact": call.contact,
        }

    def _observe(self, _what, _subject):
        self.changed()


def tls(certificate, key):
    """:return SSLContext: None without a certificate"""
    if not certificate:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context


def running(simulator=None, host="127.0.0.1", port=0, certificate=None, key=None):
    """Serves in a thread of this process. :return Simulator: with its ``url``, for the block"""
    return in_thread(simulator or Simulator(), host, port, tls(certificate, key))
