"""The pages for people: everybody's Messenger, and who there is."""

from pathlib import Path

from simulators.pages import add_pages

STATIC = Path(__file__).with_name("static")


class Pages:
    """What ``/`` and ``/messenger`` show; they live by ``/sim/stream``."""

    def add_routes(self, router):
        add_pages(router, STATIC, {"/": "messenger.html", "/messenger": "messenger.html"})
