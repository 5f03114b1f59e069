"""The simulator's own API for the CRM template, under ``/sim``."""

import json

from aiohttp import web

from .audio import recording


class CrmControl:
    """:param Simulator simulator: what is controlled"""

    def __init__(self, simulator):
        self.simulator = simulator

    def add_routes(self, router):
        router.add_get("/sim/template", self.show)
        router.add_put("/sim/template", self.load)
        router.add_delete("/sim/template", self.unload)
        router.add_post("/sim/search", self.search)
        router.add_post("/sim/contacts", self.create)
        router.add_post("/sim/chats", self.chat)
        router.add_post("/sim/settle", self.settle)
        router.add_get("/recordings/{id}.wav", self.listen)

    async def show(self, _request):
        return web.json_response(self.simulator.crm.to_json())

    async def load(self, request):
        """XML, with the parameters in the query; or JSON: ``xml``, ``parameters``, ``journal``,
        ``max_length``."""
        if request.content_type == "application/json":
            body = json.loads(await request.text())
            xml, parameters = body["xml"], dict(body.get("parameters") or {})
            options = {name: body[name] for name in ("journal", "max_length") if name in body}
        else:
            xml, parameters, options = await request.read(), dict(request.query), {}
        self.simulator.crm.load(xml, parameters, **options)
        self.simulator.changed()
        return web.json_response(self.simulator.crm.to_json())

    async def unload(self, _request):
        self.simulator.crm.unload()
        self.simulator.changed()
        return web.json_response(self.simulator.crm.to_json())

    async def search(self, request):
        """``text``: typed into the search of the client."""
        body = json.loads(await request.text())
        return web.json_response(await self.simulator.crm.search(body["text"]))

    async def create(self, request):
        """``first_name``, ``last_name``, ``email``, ``number``: typed into the client."""
        body = json.loads(await request.text())
        names = ("first_name", "last_name", "email", "number")
        contact = await self.simulator.crm.create(*(body.get(name, "") for name in names))
        return web.json_response(contact)

    async def chat(self, request):
        """``extension``, ``messages``, ``email``, ``number``, ``name``, ``seconds``."""
        body = json.loads(await request.text())
        await self.simulator.crm.chat(str(body.pop("extension")), body.pop("messages"), **body)
        return web.json_response({"status": "ok"})

    async def settle(self, _request):
        """Answers when all look-ups and journals so far were made."""
        await self.simulator.crm.settled()
        return web.json_response({"status": "ok"})

    async def listen(self, request):
        """What a recording's link in the journal opens."""
        for call in self.simulator.exchange.past:
            for share in call.shares:
                if str(share.recording_id) == request.match_info["id"]:
                    return web.Response(body=recording(share.talk), content_type="audio/wav")
        raise web.HTTPNotFound
