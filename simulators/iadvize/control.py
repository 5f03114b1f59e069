"""The simulator's own API, under ``/sim``: the app, its faults, its clock, its truth."""

import asyncio

from aiohttp import web

from simulators.control import read_json
from simulators.serving import stream


class Control:
    """:param Simulator simulator: what is controlled"""

    def __init__(self, simulator):
        self.simulator = simulator

    def add_routes(self, router):
        router.add_get("/health", self.health)
        router.add_get("/sim/app", self.app)
        router.add_post("/sim/app", self.change_app)
        router.add_get("/sim/project", self.project)
        router.add_post("/sim/project", self.change_project)
        router.add_get("/sim/ledger", self.ledger)
        router.add_get("/sim/stream", self.stream)
        router.add_get("/sim/faults", self.faults)
        router.add_post("/sim/faults", self.order_faults)
        router.add_get("/sim/requests", self.requests)
        router.add_delete("/sim/requests", self.forget_requests)
        router.add_get("/sim/clock", self.clock)
        router.add_post("/sim/clock", self.change_clock)
        router.add_get("/sim/deliveries", self.deliveries)
        router.add_post("/sim/deliveries/{id}/repeat", self.repeat)
        router.add_post("/sim/settle", self.settle)
        router.add_post("/sim/call", self.call)
        router.add_put("/sim/presets", self.change_presets)
        router.add_post("/sim/reset", self.reset)

    # -- looking -------------------------------------------------------------------------------
    async def health(self, _request):
        house = self.simulator.house
        content = {
            "status": "ok",
            "platform": house.platform,
            "project_id": house.project_id,
            "dialect": self.simulator.views.dialect.name,
            "users": sorted(self.simulator.login.users),
        }
        return web.json_response(content)

    async def ledger(self, _request):
        deliveries = self.simulator.notifier.to_json()
        counts = {
            state: sum(one["state"] == state for one in deliveries)
            for state in ("waiting", "delivered", "lost")
        }
        content = {**self.simulator.house.ledger(), "deliveries": counts}
        content["logins"] = self.simulator.login.count
        return web.json_response(content)

    async def stream(self, request):
        """Server-sent events: a word at each change, for the pages."""
        return await stream(self.simulator, request)

    async def requests(self, _request):
        return web.json_response(list(self.simulator.faults.requests))

    async def forget_requests(self, _request):
        self.simulator.faults.requests.clear()
        return web.json_response([])

    # -- the app and the project ---------------------------------------------------------------
    async def app(self, _request):
        return web.json_response(self.simulator.app.to_json())

    async def change_app(self, request):
        """See :meth:`App.update`."""
        self.simulator.app.update(await read_json(request))
        self.simulator.changed()
        return await self.app(request)

    async def project(self, _request):
        house, login = self.simulator.house, self.simulator.login
        content = {
            "platform": house.platform,
            "project_id": house.project_id,
            "client_id": house.client_id,
            "dialect": self.simulator.views.dialect.name,
            "users": login.users,
            "with_second_factor": sorted(login.with_second_factor),
            "token_seconds": login.token_seconds,
        }
        return web.json_response(content)

    async def change_project(self, request):
        """``platform`` (ha, sd), ``dialect`` (typed, flat), ``users`` {address: password},
        ``with_second_factor`` [addresses], ``token_seconds``."""
        body = await read_json(request)
        unknown = set(body) - {
            "platform", "dialect", "users", "with_second_factor", "token_seconds",
        }  # fmt: skip
        if unknown:
            raise ValueError(f"no such word about a project: {', '.join(sorted(unknown))}")
        login = self.simulator.login
        if body.get("platform", "ha") not in ("ha", "sd"):
            raise ValueError("platform: ha or sd")
        self.simulator.house.platform = body.get("platform", self.simulator.house.platform)
        if "dialect" in body:
            self.simulator.speak(body["dialect"])
        if "users" in body:
            login.users = {user.lower(): str(word) for user, word in body["users"].items()}
        if "with_second_factor" in body:
            login.with_second_factor = {user.lower() for user in body["with_second_factor"]}
        login.token_seconds = int(body.get("token_seconds", login.token_seconds))
        return await self.project(request)

    # -- what goes wrong -----------------------------------------------------------------------
    async def faults(self, _request):
        return web.json_response(self.simulator.faults.to_json())

    async def order_faults(self, request):
        """See the README."""
        order = await read_json(request)
        if order.pop("expire_tokens", False):
            self.simulator.login.expire()
        self.simulator.faults.update(order)
        return await self.faults(request)

    # -- time ----------------------------------------------------------------------------------
    async def clock(self, _request):
        clock = self.simulator.clock
        return web.json_response({"speed": clock.speed, "now": clock.now()})

    async def change_clock(self, request):
        """``speed``: seconds of the project in one of the world; ``advance``: seconds at once."""
        body = await read_json(request)
        if "speed" in body:
            self.simulator.clock.speed = float(body["speed"])
        if "advance" in body:
            self.simulator.clock.advance(float(body["advance"]))
        return await self.clock(request)

    # -- events on their way -------------------------------------------------------------------
    async def deliveries(self, _request):
        return web.json_response(self.simulator.notifier.to_json())

    async def repeat(self, request):
        """An event of the past is delivered once more, with the same correlation id."""
        self.simulator.notifier.repeat(request.match_info["id"])
        return await self.deliveries(request)

    async def settle(self, request):
        """Answers when nothing is left to be told, or after ``seconds`` (20)."""
        body = await read_json(request)
        left = float(body.get("seconds", 20))
        while not self.simulator.notifier.is_idle and left > 0:
            await asyncio.sleep(0.05)
            left -= 0.05
        return web.json_response({"idle": self.simulator.notifier.is_idle})

    async def call(self, request):
        """iAdvize calls a plugin of the app, or asks after its health: ``url`` with a query."""
        status, text = await self.simulator.notifier.call(str((await read_json(request))["url"]))
        return web.json_response({"status": status, "text": text})

    # -- the pages -----------------------------------------------------------------------------
    async def change_presets(self, request):
        """``presets``: visitors for the shop's page, each with a ``label``, as for
        ``POST /sim/visitors``, and perhaps ``custom_data`` and a ``text`` to begin with."""
        presets = (await read_json(request)).get("presets", [])
        for preset in presets:
            if not preset.get("label"):
                raise ValueError("a preset has a label")
        self.simulator.presets = presets
        self.simulator.changed()
        return web.json_response({"presets": presets})

    async def reset(self, _request):
        """Ends all faults and forgets what is still to be told; the conversations stay."""
        self.simulator.faults.reset()
        self.simulator.notifier.waiting.clear()
        return web.json_response({"status": "ok"})


@web.middleware
async def explain(request, handler):
    """Answers 400 with the reason, for the simulator's own API."""
    if not request.path.startswith("/sim/"):
        return await handler(request)
    try:
        return await handler(request)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        return web.json_response({"error": str(error)}, status=400)
