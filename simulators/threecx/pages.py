"""The pages for people: the hand page, and the web client that ``#/call?phone=`` opens."""

from pathlib import Path

from simulators.pages import add_pages

STATIC = Path(__file__).with_name("static")


class Pages:
    """What ``/`` and ``/webclient/`` show; both live by ``/sim/stream``."""

    def add_routes(self, router):
        pages = {
            "/": "hand.html",
            "/webclient": "webclient.html",
            "/webclient/": "webclient.html",
        }
        add_pages(router, STATIC, pages)
