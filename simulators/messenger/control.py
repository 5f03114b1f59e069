"""The simulator's own API, under ``/sim``: application, faults, clock, truth."""

from aiohttp import web

from simulators.control import BaseControl, explaining, read_json, refuse_unknown, settled

from . import ids
from .errors import DEATHS
from .events import FIELDS

#: What ``POST /sim/faults`` does at once, beside what it orders.
_AT_ONCE = ("expire_links", "kill_token", "unsubscribe")


def _reason(error):
    """:return str: what a KeyError is about, without its quotation marks"""
    return str(error.args[0] if isinstance(error, KeyError) and error.args else error)


explain = explaining(say=_reason)


class Control(BaseControl):
    """What the application is told, and shows, beside its people."""

    PRESET = ("label", "text")

    def add_routes(self, router):
        super().add_routes(router)
        router.add_get("/health", self.health)
        router.add_get("/sim/ledger", self.ledger)
        router.add_get("/sim/app", self.app)
        router.add_post("/sim/app", self.change_app)
        router.add_post("/sim/pages", self.add_page)
        router.add_post("/sim/policy", self.policy)
        router.add_post("/sim/faults", self.order_faults)
        router.add_get("/sim/webhooks", self.webhooks)
        router.add_post("/sim/settle", self.settle)
        router.add_get("/sim/presets", self.presets)
        router.add_post("/sim/reset", self.reset)

    # -- looking -------------------------------------------------------------------------------
    async def health(self, _request):
        world = self.simulator.world
        content = {"status": "ok", "app_id": world.app_id, "pages": list(world.pages)}
        return web.json_response(content)

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
        known = (
            "webhook_url", "verify_token", "app_secret", "app_id", "page_id", "page_name",
            "page_token", "requires_proof", "human_agent", "primary", "subscribe", "link_seconds",
            "unsubscribed_after", "longest_pause",
        )  # fmt: skip
        refuse_unknown(body, known, "app knows no")
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

    # -- webhooks ------------------------------------------------------------------------------
    async def webhooks(self, _request):
        return web.json_response(self.simulator.courier.to_json())

    async def settle(self, request):
        """Answers when nobody is left to be told, or after ``seconds`` (20)."""
        return await settled(request, self.simulator.courier)

    # -- the page ------------------------------------------------------------------------------
    async def presets(self, _request):
        return web.json_response(self.simulator.presets)

    async def reset(self, _request):
        """Ends all faults; what was said stays."""
        self.simulator.faults.reset()
        self.simulator.world.page.dead = ""
        for notice in tuple(self.simulator.courier.waiting):
            self.simulator.courier.drop(notice)
        return web.json_response({"status": "ok"})
