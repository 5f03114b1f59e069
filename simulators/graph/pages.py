"""The page for people: a customer's mailbox."""

from pathlib import Path

from simulators.pages import add_pages

STATIC = Path(__file__).with_name("static")


class Pages:
    """What ``/`` shows; it lives by ``/sim/stream``."""

    def add_routes(self, router):
        add_pages(router, STATIC, {"/": "mailbox.html"})
