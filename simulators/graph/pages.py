"""The page for people: a customer's mailbox."""

from pathlib import Path

from aiohttp import web

STATIC = Path(__file__).with_name("static")


class Pages:
    """What ``/`` shows; it lives by ``/sim/stream``."""

    def add_routes(self, router):
        router.add_get("/", self.mailbox)
        router.add_static("/static", STATIC)

    async def mailbox(self, _request):
        return web.FileResponse(STATIC / "mailbox.html")
