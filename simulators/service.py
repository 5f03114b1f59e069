"""What every simulator is: one aiohttp application, its chores, and pages that hear of changes."""

import asyncio
import logging
from contextlib import contextmanager

from aiohttp import web


class Service:
    """Base of a simulator, which says in ``make_app`` what it consists of.

    ``url`` is set by whoever serves it, see :mod:`simulators.serving`.
    """

    def __init__(self):
        self.presets = []  # buttons of its pages
        self.is_closing = False
        self.url = ""
        self._watchers = set()

    # -- the application -----------------------------------------------------------------------
    def assembled(self, parts, middlewares, **options):
        """:param parts: each with ``add_routes(router)``; :param list middlewares: outermost first
        :param options: of the application; :return Application: ready to be run"""
        app = web.Application(middlewares=middlewares, **options)
        for part in parts:
            part.add_routes(app.router)
        app.cleanup_ctx.append(self._live)
        app.on_shutdown.append(self._leave)
        return app

    def chores(self):
        """:return list: of coroutines, what is done beside answering until the service ends"""
        return []

    async def repeat(self, step, seconds):
        """A chore: does what is due, again and again.

        :param step: called without arguments; :param float seconds: between two calls"""
        while True:
            try:
                step()
            except Exception:
                logger = logging.getLogger(type(self).__module__)
                logger.exception("something that was due failed")
            await asyncio.sleep(seconds)

    async def _live(self, _app):
        tasks = [asyncio.create_task(chore) for chore in self.chores()]
        yield
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _leave(self, _app):
        self.is_closing = True
        self.changed()

    # -- the pages -----------------------------------------------------------------------------
    @contextmanager
    def watching(self):
        """:return Event: set whenever something changed"""
        event = asyncio.Event()
        self._watchers.add(event)
        try:
            yield event
        finally:
            self._watchers.discard(event)

    def changed(self):
        """Tells the pages that there is something new to show."""
        for event in tuple(self._watchers):
            event.set()
