"""The simulator's own API, under ``/sim``: the tenant, its faults, its clock, its truth."""

from aiohttp import web

from simulators.control import BaseControl, explaining, read_json, settled

explain = explaining()


class Control(BaseControl):
    """What the tenant is told, and shows, beside its mail."""

    def add_routes(self, router):
        super().add_routes(router)
        router.add_get("/health", self.health)
        router.add_get("/sim/ledger", self.ledger)
        router.add_get("/sim/directory", self.directory)
        router.add_post("/sim/directory", self.change_directory)
        router.add_post("/sim/faults", self.order_faults)
        router.add_get("/sim/throttle", self.throttle)
        router.add_post("/sim/throttle", self.change_throttle)
        router.add_get("/sim/subscriptions", self.subscriptions)
        router.add_post("/sim/subscriptions", self.change_subscriptions)
        router.add_post("/sim/subscriptions/{id}/{event}", self.lifecycle)
        router.add_get("/sim/notifications", self.notifications)
        router.add_post("/sim/settle", self.settle)
        router.add_post("/sim/reset", self.reset)

    # -- looking -------------------------------------------------------------------------------
    async def health(self, _request):
        directory = self.simulator.directory
        content = {
            "status": "ok",
            "tenant_id": directory.tenant_id,
            "client_id": directory.client_id,
            "mailboxes": [one.address for one in self.simulator.exchange.mailboxes.values()],
        }
        return web.json_response(content)

    async def ledger(self, _request):
        return web.json_response(self.simulator.exchange.ledger())

    # -- the tenant ----------------------------------------------------------------------------
    async def directory(self, _request):
        content = {
            **self.simulator.directory.to_json(),
            "max_message": self.simulator.exchange.max_message,
            "users_without_mailbox": sorted(self.simulator.users_without_mailbox),
        }
        return web.json_response(content)

    async def change_directory(self, request):
        """See :meth:`Directory.update`; and ``revoke``: ``access`` tokens, or ``all``;
        ``users_without_mailbox``; ``max_message``: bytes that a message may carry."""
        body = await read_json(request)
        revoke = body.pop("revoke", None)
        users = body.pop("users_without_mailbox", None)
        exchange = self.simulator.exchange
        exchange.max_message = int(body.pop("max_message", exchange.max_message))
        self.simulator.directory.update(body, self.simulator.clock.now())
        if revoke:
            self.simulator.login.revoke(refresh=revoke == "all")
        if users is not None:
            self.simulator.users_without_mailbox = {user.lower() for user in users}
        return await self.directory(request)

    # -- what goes wrong -----------------------------------------------------------------------
    async def faults(self, _request):
        exchange = self.simulator.exchange
        content = {
            **self.simulator.faults.to_json(),
            "hold_sent": exchange.hold_sent,
            "undeliverable": sorted(exchange.undeliverable),
            "whole_updates": self.simulator.graph.delta.whole_updates,
            "unsafe_html": exchange.unsafe_html,
        }
        return web.json_response(content)

    async def order_faults(self, request):
        """See the README."""
        order = await read_json(request)
        exchange, delta = self.simulator.exchange, self.simulator.graph.delta
        own = {
            name: order.pop(name)
            for name in (
                "hold_sent", "release_sent", "undeliverable", "reset_delta", "whole_updates",
                "unsafe_html",
            )
            if name in order
        }  # fmt: skip
        if own.get("reset_delta") not in (None, "gone", "sync_state"):
            raise ValueError("reset_delta: gone or sync_state")
        self.simulator.faults.update(order)
        if order.get("reset"):
            self._reset_exchange()
        if "hold_sent" in own:
            exchange.hold_sent = float(own["hold_sent"])
        if own.get("release_sent"):
            exchange.release_sent()
        if "undeliverable" in own:
            exchange.undeliverable = {str(one).lower() for one in own["undeliverable"]}
        if own.get("reset_delta"):
            delta.forget(own["reset_delta"])
        if "whole_updates" in own:
            delta.whole_updates = bool(own["whole_updates"])
        exchange.unsafe_html = bool(own.get("unsafe_html", exchange.unsafe_html))
        return await self.faults(request)

    def _reset_exchange(self):
        exchange = self.simulator.exchange
        exchange.hold_sent = 0.0
        exchange.unsafe_html = False
        exchange.undeliverable = set()
        exchange.release_sent()
        self.simulator.graph.delta.whole_updates = False

    async def throttle(self, _request):
        return web.json_response(self.simulator.throttle.to_json())

    async def change_throttle(self, request):
        """``concurrent``, ``requests`` (in ten minutes), ``upload`` (bytes in five)."""
        body = await read_json(request)
        for name in ("concurrent", "requests", "upload"):
            if name in body:
                setattr(self.simulator.throttle, name, int(body.pop(name)))
        if body:
            raise ValueError(f"throttle knows no {', '.join(body)}")
        return await self.throttle(request)

    # -- subscriptions -------------------------------------------------------------------------
    async def subscriptions(self, _request):
        active = self.simulator.subscriptions.active.values()
        rows = [{**one.to_graph(), "paused": one.is_paused, "missed": one.missed} for one in active]
        return web.json_response(rows)

    async def change_subscriptions(self, request):
        """``max_minutes``: how far in the future a subscription may end."""
        body = await read_json(request)
        subscriptions = self.simulator.subscriptions
        subscriptions.max_minutes = int(body.get("max_minutes", subscriptions.max_minutes))
        return web.json_response({"max_minutes": subscriptions.max_minutes})

    async def lifecycle(self, request):
        """What Microsoft does to a subscription: ``reauthorize`` (it pauses until somebody does),
        ``remove``, ``missed`` (tells that notifications were lost)."""
        subscriptions = self.simulator.subscriptions
        subscription = subscriptions.active.get(request.match_info["id"])
        if subscription is None:
            return web.json_response({"error": "no such subscription"}, status=404)
        event = request.match_info["event"]
        if event == "reauthorize":
            subscription.is_paused = True
            subscriptions.lifecycle(subscription, "reauthorizationRequired")
        elif event == "remove":
            subscriptions.remove(subscription, tells=True)
        elif event == "missed":
            subscriptions.lifecycle(subscription, "missed")
        else:
            raise ValueError("reauthorize, remove or missed")
        return web.json_response(subscription.to_graph())

    async def notifications(self, _request):
        return web.json_response(self.simulator.notifier.to_json())

    async def settle(self, request):
        """Answers when nobody is left to be told, or after ``seconds`` (20)."""
        return await settled(request, self.simulator.notifier)

    # -- starting over -------------------------------------------------------------------------
    async def reset(self, _request):
        """Ends all faults and subscriptions; the mail stays."""
        self.simulator.faults.reset()
        self._reset_exchange()
        self.simulator.subscriptions.active.clear()
        self.simulator.notifier.waiting.clear()
        return web.json_response({"status": "ok"})
