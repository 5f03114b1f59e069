"""The simulator's own API, under ``/sim``: the app, its faults, its clock, its truth."""

from aiohttp import web

from simulators.control import (
    SENSELESS,
    BaseControl,
    explaining,
    read_json,
    refuse_unknown,
    settled,
)

explain = explaining((*SENSELESS, AttributeError))


class Control(BaseControl):
    """What the app and the project are told, and show, beside what is said."""

    def add_routes(self, router):
        super().add_routes(router)
        router.add_get("/health", self.health)
        router.add_get("/sim/app", self.app)
        router.add_post("/sim/app", self.change_app)
        router.add_get("/sim/project", self.project)
        router.add_post("/sim/project", self.change_project)
        router.add_get("/sim/ledger", self.ledger)
        router.add_post("/sim/faults", self.order_faults)
        router.add_get("/sim/deliveries", self.deliveries)
        router.add_post("/sim/deliveries/{id}/repeat", self.repeat)
        router.add_post("/sim/settle", self.settle)
        router.add_post("/sim/call", self.call)
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
        known = ("platform", "dialect", "users", "with_second_factor", "token_seconds")
        refuse_unknown(body, known, "no such word about a project:")
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
    async def order_faults(self, request):
        """See the README."""
        order = await read_json(request)
        if order.pop("expire_tokens", False):
            self.simulator.login.expire()
        self.simulator.faults.update(order)
        return await self.faults(request)

    # -- events on their way -------------------------------------------------------------------
    async def deliveries(self, _request):
        return web.json_response(self.simulator.notifier.to_json())

    async def repeat(self, request):
        """An event of the past is delivered once more, with the same correlation id."""
        self.simulator.notifier.repeat(request.match_info["id"])
        return await self.deliveries(request)

    async def settle(self, request):
        """Answers when nothing is left to be told, or after ``seconds`` (20)."""
        return await settled(request, self.simulator.notifier)

    async def call(self, request):
        """iAdvize calls a plugin of the app, or asks after its health: ``url`` with a query."""
        status, text = await self.simulator.notifier.call(str((await read_json(request))["url"]))
        return web.json_response({"status": status, "text": text})

    # -- starting over -------------------------------------------------------------------------
    async def reset(self, _request):
        """Ends all faults and forgets what is still to be told; the conversations stay."""
        self.simulator.faults.reset()
        self.simulator.notifier.waiting.clear()
        return web.json_response({"status": "ok"})
