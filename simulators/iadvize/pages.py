"""The pages for people: the shop's chat, the desk of the agents, and the library for panels."""

from pathlib import Path

from aiohttp import web

STATIC = Path(__file__).with_name("static")
_LIBRARY = "/conversation-panel-app-lib/2.9.0/idzcpa.umd.production.min.js"


class Pages:
    """They live by ``/sim/stream``."""

    def add_routes(self, router):
        router.add_get("/", self.page("index.html"))
        router.add_get("/visitor", self.page("visitor.html"))
        router.add_get("/desk", self.page("desk.html"))
        router.add_get(_LIBRARY, self.page("idzcpa.js"))
        router.add_static("/static", STATIC)

    @staticmethod
    def page(name):
        """:param str name: of a file; :return: handler that serves it"""

        async def serve(_request):
            return web.FileResponse(STATIC / name, headers={"Cache-Control": "no-cache"})

        return serve
