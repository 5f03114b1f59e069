"""The simulator's own API, under ``/sim``: application, faults, clock, truth."""

import asyncio

from aiohttp import web

from simulators.control import read_json
from simulators.serving import stream

from . import ids
from .errors import DEATHS
from .events import FIELDS

#: What ``POST /sim/faults`` does at once, beside what it orders.
_AT_ONCE = ("expire_links", "kill_token", "unsubscribe")


class Control:
    """:param Simulator simulator: what is controlled"""

    def __init__(self, simulator):
        self.simulator = simulator

    def add_routes(self, router):
        router.add_get("/health", self.health)
        router.add_get("/sim/stream", self.stream)
        router.add_get("/sim/ledger", self.ledger)
        router.add_get("/sim/app", self.app)
        router.add_post("/sim/app", self.change_app)
        router.add_post("/sim/pages", self.add_page)
        router.add_post("/sim/policy", self.policy)
        router.add_get("/sim/faults", self.faults)
        router.add_post("/sim/faults", self.order_faults)
        router.add_get("/sim/requests", self.requests)
        router.add_delete("/sim/requests", self.forget_requests)
        router.add_get("/sim/clock", self.clock)
        router.add_post("/sim/clock", self.change_clock)
        router.add_get("/sim/webhooks", self.webhooks)
        router.add_post("/sim/settle", self.settle)
        router.add_get("/sim/presets", self.presets)
        router.add_put("/sim/presets", self.change_presets)
        router.add_post("/sim/reset", self.reset)

    # -- looking -------------------------------------------------------------------------------
    async def health(self, _request):
        world = self.simulator.world
        content = {"status": "ok", "app_id": world.app_id, "pages": list(world.pages)}
        return web.json_response(content)

    async def stream(self, request):
        """Server-sent events: a word at each change, for the page."""
        return await stream(self.simulator, request)

    async def ledger(self, _request):
        courier = self.simulator.courier
        counts = self.simulator.faults.counts
        content = {
            **self.simulator.world.ledger(),
            "webhooks": {
                "waiting": len(courier.waiting),
                "delivered": sum(one.state == "delivered" for one in courier.past),
                "dropped": sum(one.state == "dropped" for one in courier.past),
                "untold": counts["untold"],
                "lost": counts["lose"],
                "twice": counts["duplicates"],
            },
            "asked_for": list(self.simulator.acts.requests),
        }
        return web.json_response(content)

    async def requests(self, _request):
        return web.json_response(list(self.simulator.faults.requests))

    async def forget_requests(self, _request):
        self.simulator.faults.requests.clear()
        return web.json_response([])

    # -- the application and its pages -----------------------------------------------------------
    async def app(self, _request):
        simulator, world = self.simulator, self.simulator.world
        content = {
            "app_id": world.app_id,
            "app_secret": world.app_secret,
            "webhook_url": simulator.courier.url,
            "verified": simulator.courier.is_verified,
            "requires_proof": simulator.requires_proof,
            "human_agent": simulator.has_human_agent,
            "primary": simulator.is_primary,
            "user_token": world.user_token,
            "link_seconds": simulator.files.link_seconds,
            "unsubscribed_after": simulator.courier.unsubscribed_after,
            "longest_pause": simulator.courier.longest_pause,
            "pages": [
                {"id": page.id, "name": page.name, "token": page.token, "dead": page.dead,
                 "subscribed_fields": page.fields}
                for page in world.pages.values()
            ],
        }  # fmt: skip
        return web.json_response(content)

    async def change_app(self, request):
        """``webhook_url`` and ``verify_token``: the handshake. See the README for the rest."""
        body = await read_json(request)
        simulator, world = self.simulator, self.simulator.world
        unknown = set(body) - {
            "webhook_url", "verify_token", "app_secret", "app_id", "page_id", "page_name",
            "page_token", "requires_proof", "human_agent", "primary", "subscribe", "link_seconds",
            "unsubscribed_after", "longest_pause",
        }  # fmt: skip
        if unknown:
            raise ValueError(f"app knows no {', '.join(sorted(unknown))}")
        world.app_secret = str(body.get("app_secret", world.app_secret))
        world.app_id = str(body.get("app_id", world.app_id))
        simulator.requires_proof = bool(body.get("requires_proof", simulator.requires_proof))
        simulator.has_human_agent = bool(body.get("human_agent", simulator.has_human_agent))
        simulator.is_primary = bool(body.get("primary", simulator.is_primary))
        courier, files = simulator.courier, simulator.files
        files.link_seconds = float(body.get("link_seconds", files.link_seconds))
        courier.unsubscribed_after = float(
            body.get("unsubscribed_after", courier.unsubscribed_after)
        )
        courier.longest_pause = float(body.get("longest_pause", courier.longest_pause))
        self._change_page(world.page, body)
        if "webhook_url" in body:
            await simulator.courier.verify(
                str(body["webhook_url"]), str(body.get("verify_token", ""))
            )
        return await self.app(request)

    def _change_page(self, page, body):
        world = self.simulator.world
        if "page_id" in body:
            del world.pages[page.id]
            page.id = str(body["page_id"])
            world.pages[page.id] = page
        page.name = str(body.get("page_name", page.name))
        if "page_token" in body:
            page.token = str(body["page_token"] or ids.token())
            page.dead = ""
        if "subscribe" in body:
            page.fields = FIELDS if body["subscribe"] else None

    async def add_page(self, request):
        """``id``, ``name``, ``token``: one more page of the application."""
        body = await read_json(request)
        page = self.simulator.world.add_page(
            str(body["id"]), str(body["name"]), str(body.get("token", ""))
        )
        return web.json_response({"id": page.id, "name": page.name, "token": page.token})

    async def policy(self, request):
        """``action`` (``warning``, ``block``, ``unblock``), ``reason``: what Meta does to us."""
        body = await read_json(request)
        action = body.get("action", "warning")
        if action not in ("warning", "block", "unblock"):
            raise ValueError("action: warning, block or unblock")
        reason = "" if action == "unblock" else str(body.get("reason", "Sending spam."))
        self.simulator.acts.enforce(self.simulator.world.page, action, reason)
        return web.json_response({"action": action, "reason": reason})

    # -- what goes wrong -----------------------------------------------------------------------
    async def faults(self, _request):
        return web.json_response(self.simulator.faults.to_json())

    async def order_faults(self, request):
        """See the README."""
        order = await read_json(request)
        now = {name: order.pop(name) for name in _AT_ONCE if name in order}
        death = now.get("kill_token")
        if death and death is not True and death not in DEATHS:
            raise ValueError(f"kill_token: {', '.join(DEATHS)}")
        self.simulator.faults.update(order)
        if now.get("expire_links"):
            self.simulator.files.end_links()
        if death:
            self.simulator.world.page.dead = "password" if death is True else death
        if now.get("unsubscribe"):
            self.simulator.courier.unsubscribe(now["unsubscribe"] == "webhook")
        return await self.faults(request)

    # -- time ----------------------------------------------------------------------------------
    async def clock(self, _request):
        clock = self.simulator.clock
        return web.json_response({"speed": clock.speed, "now": clock.now()})

    async def change_clock(self, request):
        """``speed``: seconds of the platform in one of the world; ``advance``: seconds at once."""
        body = await read_json(request)
        if "speed" in body:
            self.simulator.clock.speed = float(body["speed"])
        if "advance" in body:
            self.simulator.clock.advance(float(body["advance"]))
        return await self.clock(request)

    # -- webhooks ------------------------------------------------------------------------------
    async def webhooks(self, _request):
        return web.json_response(self.simulator.courier.to_json())

    async def settle(self, request):
        """Answers when nobody is left to be told, or after ``seconds`` (20)."""
        body = await read_json(request)
        left = float(body.get("seconds", 20))
        while not self.simulator.courier.is_idle and left > 0:
            await asyncio.sleep(0.05)
            left -= 0.05
        return web.json_response({"idle": self.simulator.courier.is_idle})

    # -- the page ------------------------------------------------------------------------------
    async def presets(self, _request):
        return web.json_response(self.simulator.presets)

    async def change_presets(self, request):
        """``presets``: buttons of the page: ``label``, ``text``, and ``person`` (name) if it is
        for one only."""
        body = await read_json(request)
        presets = body.get("presets", [])
        for preset in presets:
            if not preset.get("label") or not preset.get("text"):
                raise ValueError("a preset has a label and a text")
        self.simulator.presets = presets
        self.simulator.changed()
        return web.json_response({"presets": presets})

    async def reset(self, _request):
        """Ends all faults; what was said stays."""
        self.simulator.faults.reset()
        self.simulator.world.page.dead = ""
        for notice in tuple(self.simulator.courier.waiting):
            self.simulator.courier.drop(notice)
        return web.json_response({"status": "ok"})


@web.middleware
async def explain(request, handler):
    """Answers 400 with the reason, for the simulator's own API."""
    if not request.path.startswith("/sim/"):
        return await handler(request)
    try:
        return await handler(request)
    except (ValueError, TypeError, KeyError) as error:
        text = error.args[0] if isinstance(error, KeyError) and error.args else error
        return web.json_response({"error": str(text)}, status=400)
