"""What the own APIs of the simulators, under ``/sim``, have in common."""

import asyncio
import json

from aiohttp import web

from .serving import stream

#: What an order that makes no sense raises.
SENSELESS = (ValueError, TypeError, KeyError)


class BaseControl:
    """The routes that every simulator has, but for ``/health``, orders of faults and ``reset``.

    :param Service simulator: what is controlled, with ``faults`` and ``clock``
    """

    #: What each preset has.
    PRESET = ("label",)

    def __init__(self, simulator):
        self.simulator = simulator

    def add_routes(self, router):
        router.add_get("/sim/stream", self.stream)
        router.add_get("/sim/faults", self.faults)
        router.add_get("/sim/requests", self.requests)
        router.add_delete("/sim/requests", self.forget_requests)
        router.add_get("/sim/clock", self.clock)
        router.add_post("/sim/clock", self.change_clock)
        router.add_put("/sim/presets", self.change_presets)

    async def stream(self, request):
        """Server-sent events: a word at each change, for the pages."""
        return await stream(self.simulator, request)

    async def faults(self, _request):
        return web.json_response(self.simulator.faults.to_json())

    async def requests(self, _request):
        """What the simulated system was asked."""
        return web.json_response(list(self.simulator.faults.requests))

    async def forget_requests(self, _request):
        self.simulator.faults.requests.clear()
        return web.json_response([])

    async def clock(self, _request):
        clock = self.simulator.clock
        return web.json_response({"speed": clock.speed, "now": clock.now()})

    async def change_clock(self, request):
        """``speed``: simulated seconds in one of the world; ``advance``: seconds at once."""
        body = await read_json(request)
        if "speed" in body:
            self.simulator.clock.speed = float(body["speed"])
        if "advance" in body:
            self.simulator.clock.advance(float(body["advance"]))
        return await self.clock(request)

    async def change_presets(self, request):
        """``presets``: list of what the buttons of the page put into it, see :attr:`PRESET`."""
        presets = (await read_json(request)).get("presets", [])
        for preset in presets:
            if not all(preset.get(name) for name in self.PRESET):
                raise ValueError(f"a preset has a {' and a '.join(self.PRESET)}")
        self.simulator.presets = presets
        self.simulator.changed()
        return web.json_response({"presets": presets})


async def read_json(request):
    """:return dict: body of a request; empty without one; :raises ValueError: it is no object"""
    content = json.loads(await request.text() or "{}")
    if not isinstance(content, dict):
        raise ValueError("an object is wanted")
    return content


def refuse_unknown(order, known, complaint):
    """:param dict order: what is ordered; :param known: words that may be in it
    :raises ValueError: there are others, which follow the complaint"""
    unknown = set(order) - set(known)
    if unknown:
        raise ValueError(f"{complaint} {', '.join(sorted(unknown))}")


async def settled(request, teller):
    """:param teller: with ``is_idle``
    :return Response: when nobody is left to be told, or after ``seconds`` (20)"""
    left = float((await read_json(request)).get("seconds", 20))
    while not teller.is_idle and left > 0:
        await asyncio.sleep(0.05)
        left -= 0.05
    return web.json_response({"idle": teller.is_idle})


def explaining(errors=SENSELESS, say=str):
    """:param tuple errors: classes of what is explained
    :param say: called with an error, returns the reason
    :return: middleware that answers 400 with the reason, for the simulator's own API"""

    @web.middleware
    async def explain(request, handler):
        if not request.path.startswith("/sim/"):
            return await handler(request)
        try:
            return await handler(request)
        except errors as error:
            return web.json_response({"error": say(error)}, status=400)

    return explain
