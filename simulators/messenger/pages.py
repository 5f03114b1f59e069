"""The pages for people: everybody's Messenger, and who there is."""

from pathlib import Path

from aiohttp import web

STATIC = Path(__file__).with_name("static")


class Pages:
    """What ``/`` and ``/messenger`` show; they live by ``/sim/stream``."""

    def add_routes(self, router):
        router.add_get("/", self.messenger)
        router.add_get("/messenger", self.messenger)
        router.add_static("/static", STATIC)

    async def messenger(self, _request):
        return web.FileResponse(STATIC / "messenger.html")
