"""The simulator's own API, under ``/sim``: hands of those who call, and eyes of the tests."""

import asyncio
import json

from aiohttp import web

from simulators.control import BaseControl, explaining, read_json
from simulators.serving import stream

from . import ledger
from .busy import BusyHour
from .call import Refused
from .editions import Licence

_explain = explaining()


class Control(BaseControl):
    """What the PBX is told, and shows, beside its CRM template."""

    def add_routes(self, router):
        super().add_routes(router)
        router.add_get("/health", self.health)
        router.add_get("/sim/state", self.state)
        router.add_get("/sim/calls", self.calls)
        router.add_post("/sim/calls", self.ring)
        router.add_post("/sim/calls/{id}/{verb}", self.act)
        router.add_post("/sim/extensions/{dn}/dial", self.dial)
        router.add_post("/sim/extensions/{dn}", self.extension)
        router.add_get("/sim/ledger", self.ledger)
        router.add_post("/sim/faults", self.order_faults)
        router.add_get("/sim/edition", self.edition)
        router.add_post("/sim/edition", self.change_edition)
        router.add_get("/sim/busy", self.busy)
        router.add_post("/sim/busy", self.start_busy)
        router.add_post("/sim/reset", self.reset)

    # -- looking -------------------------------------------------------------------------------
    async def health(self, _request):
        return web.json_response({"status": "ok", **self.simulator.licence.to_json()})

    async def state(self, _request):
        return web.json_response(self.simulator.snapshot())

    async def stream(self, request):
        """Server-sent events: the state at each change, for the page."""

        def state():
            return json.dumps(self.simulator.snapshot())

        return await stream(self.simulator, request, state)

    async def calls(self, _request):
        calls = self.simulator.exchange.active.values()
        return web.json_response(ledger.rows(calls, internal=True))

    async def ledger(self, request):
        internal = request.query.get("internal") in ("1", "true")
        return web.json_response(ledger.rows(self.simulator.exchange.calls(), internal))

    # -- calls ---------------------------------------------------------------------------------
    async def ring(self, request):
        body = await read_json(request)
        call = self.simulator.exchange.ring_in(
            str(body.get("from") or ""),
            str(body.get("to") or ""),
            body.get("name") or "",
            body.get("did") or "",
            body.get("timeout"),
        )
        return web.json_response({"callid": call.id, **ledger.row(call)})

    async def act(self, request):
        body = await read_json(request)
        exchange = self.simulator.exchange
        number, verb = request.match_info["id"], request.match_info["verb"]
        if not number.isdigit():
            raise web.HTTPNotFound
        call = exchange.call(int(number))
        dn = str(body.get("extension") or "")
        if verb == "answer":
            exchange.answer(call.id, dn, body.get("device") or "")
        elif verb == "decline":
            exchange.decline(call.id, dn)
        elif verb == "drop":
            exchange.drop(call.id)
        elif verb == "voicemail":
            exchange.voicemail(call.id, *filter(None, [body.get("seconds")]))
        elif verb == "transfer":
            dn = dn or next(iter(call.talking()), "")
            exchange.transfer(call.id, dn, str(body.get("to") or ""), body.get("blind", True))
        else:
            raise web.HTTPNotFound
        return web.json_response({"callid": call.id, **ledger.row(call)})

    async def dial(self, request):
        body = await read_json(request)
        leg = self.simulator.exchange.dial(
            request.match_info["dn"],
            body.get("destination"),
            body.get("device") or "",
            body.get("timeout"),
        )
        return web.json_response({"callid": leg.call.id, **ledger.row(leg.call)})

    async def extension(self, request):
        """Logs an agent in or out of the queues."""
        extension = self.simulator.exchange.house.extensions.get(request.match_info["dn"])
        if extension is None:
            raise web.HTTPNotFound
        body = await read_json(request)
        extension.queue_logged_in = bool(body.get("queue_logged_in", extension.queue_logged_in))
        extension.email = str(body.get("email", extension.email))
        self.simulator.changed()
        return web.json_response({"dn": extension.number, "email": extension.email})

    # -- weather -------------------------------------------------------------------------------
    async def order_faults(self, request):
        order = await read_json(request)
        self.simulator.faults.update(order)
        if order.get("revoke"):
            self.simulator.tokens.revoke()
        if order.get("cut"):
            self.simulator.events.cut()
        return web.json_response(self.simulator.faults.to_json())

    async def edition(self, _request):
        return web.json_response(self.simulator.licence.to_json())

    async def change_edition(self, request):
        """``edition``, ``version``, ``sim_calls``; and ``finalstatus``: number or text;
        ``token_seconds``; ``fork``: a leg for each telephone; ``monitored``: list of DNs;
        ``own_call_ids``: the call log names calls as Call Control does."""
        body = await read_json(request)
        simulator = self.simulator
        known = simulator.licence
        names = ("edition", "version", "sim_calls")
        changed = Licence(*(body.get(name, getattr(known, name)) for name in names))
        for name in names:
            setattr(known, name, getattr(changed, name))
        simulator.exchange.max_calls = known.sim_calls
        if "finalstatus" in body:
            simulator.names_statuses = body["finalstatus"] == "text"
        if "token_seconds" in body:
            simulator.tokens.seconds = float(body["token_seconds"])
        if "fork" in body:
            simulator.exchange.fork = bool(body["fork"])
        if "own_call_ids" in body:
            simulator.call_log.own_ids = bool(body["own_call_ids"])
        if "monitored" in body:
            simulator.exchange.house.monitored = tuple(map(str, body["monitored"]))
        simulator.changed()
        return web.json_response(known.to_json())

    async def change_clock(self, request):
        self.simulator.exchange.clock.speed = float((await read_json(request)).get("speed", 1))
        return await self.clock(request)

    async def busy(self, _request):
        busy = self.simulator.busy
        return web.json_response(busy.to_json() if busy else {"running": False})

    async def start_busy(self, request):
        """``reps``, ``calls``, ``seconds``, ``seed``, ``numbers``; ``wait``: answer at the end."""
        body = await read_json(request)
        wait = body.pop("wait", False)
        if self.simulator.busy and self.simulator.busy.running:
            raise ValueError("a busy hour is under way")
        busy = self.simulator.busy = BusyHour(self.simulator.exchange, **body)
        busy.start()
        while wait and busy.running:
            await asyncio.sleep(0.05)
        return web.json_response(busy.to_json())

    async def change_presets(self, request):
        """``presets``: list of ``label`` and ``number``, the buttons of the page; ``pop_url``."""
        body = await read_json(request)
        presets = body.get("presets", self.simulator.presets)
        self.simulator.presets = [
            {"label": str(preset["label"]), "number": str(preset["number"])} for preset in presets
        ]
        self.simulator.pop_url = str(body.get("pop_url", self.simulator.pop_url))
        self.simulator.changed()
        return web.json_response(
            {"presets": self.simulator.presets, "pop_url": self.simulator.pop_url}
        )

    async def reset(self, _request):
        """Ends all calls and faults; the ledger stays."""
        for call in tuple(self.simulator.exchange.active.values()):
            self.simulator.exchange.drop(call.id)
        self.simulator.faults.reset()
        return web.json_response({"status": "ok"})


@web.middleware
async def explain(request, handler):
    """Answers 400 or 409 with the reason, for the simulator's own API."""
    if not request.path.startswith("/sim/"):
        return await handler(request)
    try:
        return await _explain(request, handler)
    except Refused as refusal:
        answer = {"error": refusal.text, "reason": refusal.reason}
        status = 404 if refusal.reason == "NotFound" else 409
        return web.json_response(answer, status=status)
