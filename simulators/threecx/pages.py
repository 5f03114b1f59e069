"""The pages for people: the hand page, and the web client that ``#/call?phone=`` opens."""

from pathlib import Path

from aiohttp import web

STATIC = Path(__file__).with_name("static")


class Pages:
    """What ``/`` and ``/webclient/`` show; both live by ``/sim/stream``."""

    def add_routes(self, router):
        router.add_get("/", self.hand)
        router.add_get("/webclient", self.web_client)
        router.add_get("/webclient/", self.web_client)
        router.add_static("/static", STATIC)

    async def hand(self, _request):
        return web.FileResponse(STATIC / "hand.html")

    async def web_client(self, _request):
        return web.FileResponse(STATIC / "webclient.html")
