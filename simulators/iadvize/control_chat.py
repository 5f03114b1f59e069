"""The part of the simulator's own API in which people write to each other."""

import time

from aiohttp import web

from simulators.control import read_json

from .cards import check_bundle, check_card

_DETAILS = ("custom_data", "language", "tags")


class ChatControl:
    """:param Simulator simulator: whose visitors and operators these are"""

    def __init__(self, simulator):
        self.simulator = simulator
        self.house = simulator.house

    def add_routes(self, router):
        router.add_get("/sim/state", self.state)
        router.add_get("/sim/visitors", self.visitors)
        router.add_post("/sim/visitors", self.add_visitor)
        router.add_post("/sim/visitors/{id}", self.change_visitor)
        router.add_get("/sim/operators", self.operators)
        router.add_post("/sim/operators", self.add_operator)
        router.add_post("/sim/operators/{id}", self.change_operator)
        router.add_get("/sim/chats", self.chats)
        router.add_post("/sim/chats", self.open)
        router.add_get("/sim/chats/{id}", self.chat)
        router.add_post("/sim/chats/{id}/messages", self.say)
        router.add_post("/sim/chats/{id}/close", self.close)
        router.add_post("/sim/chats/{id}/transfer", self.transfer)
        router.add_post("/sim/chats/{id}/rate", self.rate)
        router.add_post("/sim/chats/{id}/purchase", self.purchase)
        router.add_post("/sim/chats/{id}/tags", self.tag)
        router.add_get("/sim/panel", self.panel)

    # -- what the pages show -------------------------------------------------------------------
    async def state(self, _request):
        content = {
            "project": self.house.project_name,
            "project_id": self.house.project_id,
            "operators": [one.to_json() for one in self.house.operators.values()],
            "presets": self.simulator.presets,
            "open": len(self.house.open_ones),
            "has_panel": bool(self.simulator.app.panel_url),
            "now": self.house.clock.now(),
        }
        return web.json_response(content)

    async def panel(self, request):
        """``operator``: address or number; :return: the address of the panel's page with a fresh
        token in it, and the token."""
        app = self.simulator.app
        if not app.panel_url:
            raise ValueError("the app has no panel")
        token = app.token(self.house.operator(request.query["operator"]), time.time())
        joint = "&" if "?" in app.panel_url else "?"
        return web.json_response({"url": f"{app.panel_url}{joint}jwt={token}", "jwt": token})

    # -- people --------------------------------------------------------------------------------
    async def visitors(self, _request):
        return web.json_response([one.to_json() for one in self.house.visitors.values()])

    async def add_visitor(self, request):
        return web.json_response(self.house.add_visitor(await read_json(request)).to_json())

    async def change_visitor(self, request):
        """An operator corrects his profile: ``visitor.updated``."""
        visitor = self.house.visitors[request.match_info["id"]]
        self.house.change_visitor(visitor, await read_json(request))
        return web.json_response(visitor.to_json())

    async def operators(self, _request):
        return web.json_response([one.to_json() for one in self.house.operators.values()])

    async def add_operator(self, request):
        body = await read_json(request)
        operator = self.house.add_operator(body["name"], body["email"], body.get("is_bot"))
        return web.json_response(operator.to_json())

    async def change_operator(self, request):
        """See :meth:`House.change_operator`."""
        operator = self.house.operator(request.match_info["id"])
        self.house.change_operator(operator, await read_json(request))
        return web.json_response(operator.to_json())

    # -- conversations -------------------------------------------------------------------------
    def _chat(self, request):
        found = self.house.conversations.get(request.match_info["id"])
        if found is None:
            raise ValueError("no such conversation")
        return found

    async def chats(self, request):
        """``operator``: only his; ``visitor``: only his; the newest first."""
        found = list(self.house.conversations.values())
        if request.query.get("operator"):
            operator = self.house.operator(request.query["operator"])
            found = [one for one in found if operator in one.operators]
        if request.query.get("visitor"):
            found = [one for one in found if one.visitor.id == request.query["visitor"]]
        found.sort(key=lambda one: one.active_at, reverse=True)
        return web.json_response([one.to_json() for one in found])

    async def chat(self, request):
        return web.json_response(self._chat(request).to_json())

    async def open(self, request):
        """``visitor`` (id, or words about him, ``custom_data`` among them), ``channel``, ``text``,
        ``operator``, ``language``, ``tags``."""
        body = await read_json(request)
        given = body.get("visitor") or {}
        details = {name: body[name] for name in _DETAILS if name in body}
        if isinstance(given, dict):
            details = {**{name: given[name] for name in _DETAILS if name in given}, **details}
        operator = self.house.operator(body["operator"]) if body.get("operator") else None
        conversation = self.house.open(
            self.house.visitor(given),
            body.get("channel", "CHAT"),
            str(body.get("text") or ""),
            operator,
            **details,
        )
        return web.json_response(conversation.to_json())

    async def say(self, request):
        """``author`` (visitor, operator), and one of ``text``, ``card``, ``bundle``, ``file``;
        ``operator``: who of them."""
        conversation = self._chat(request)
        body = await read_json(request)
        operator = self.house.operator(body["operator"]) if body.get("operator") else None
        author = body.get("author", "visitor")
        kind, content = _content(body)
        message = self.house.say(conversation, author, kind, content, operator)
        return web.json_response(message.to_json())

    async def close(self, request):
        conversation = self._chat(request)
        self.house.close(conversation, str((await read_json(request)).get("reason") or ""))
        return web.json_response(conversation.to_json())

    async def transfer(self, request):
        """``operator``: who gets it."""
        conversation = self._chat(request)
        operator = self.house.operator((await read_json(request))["operator"])
        self.house.push(conversation, operator)
        return web.json_response(conversation.to_json())

    async def rate(self, request):
        """Some of ``customerSatisfaction``, ``netPromoterScore``, ``satisfactionComment``: one
        event each."""
        conversation = self._chat(request)
        self.house.rate(conversation, await read_json(request))
        return web.json_response(conversation.to_json())

    async def purchase(self, request):
        """``external_id``: number of the order; ``amount``."""
        conversation = self._chat(request)
        body = await read_json(request)
        transaction = self.house.buy(conversation, body["external_id"], body.get("amount", 0))
        return web.json_response(transaction)

    async def tag(self, request):
        """``tags``: all that the conversation has from now on."""
        conversation = self._chat(request)
        conversation.tags = [str(tag) for tag in (await read_json(request))["tags"]]
        self.simulator.changed()
        return web.json_response(conversation.to_json())


def _content(body):
    """:return tuple: kind of a message and what it carries; :raises ValueError:"""
    if body.get("card"):
        return "card", check_card(body["card"])
    if body.get("bundle"):
        return "bundle", check_bundle(body["bundle"])
    if body.get("file"):
        names = ("file_name", "mime_type", "url")
        return "file", {name: str(body["file"][name]) for name in names}
    text = str(body.get("text") or "")
    if not text.strip():
        raise ValueError("text: something to say")
    return "text", {"text": text}
