"""The pages for people: the shop's chat, the desk of the agents, and the library for panels."""

from pathlib import Path

from simulators.pages import add_pages

STATIC = Path(__file__).with_name("static")
_LIBRARY = "/conversation-panel-app-lib/2.9.0/idzcpa.umd.production.min.js"


class Pages:
    """They live by ``/sim/stream``."""

    def add_routes(self, router):
        pages = {
            "/": "index.html",
            "/visitor": "visitor.html",
            "/desk": "desk.html",
            _LIBRARY: "idzcpa.js",
        }
        add_pages(router, STATIC, pages, {"Cache-Control": "no-cache"})
