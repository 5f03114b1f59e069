"""Tells the app what happened: at once, and when it does not take it, twice more."""

import asyncio
import json
import logging
from collections import deque
from dataclasses import dataclass, field

import aiohttp
from yarl import URL

from .people import new_id

_logger = logging.getLogger(__name__)
_TICK = 0.02  # seconds
_TIMEOUT = aiohttp.ClientTimeout(total=10)  # seconds of the world, for an answer
#: Seconds of the project before the second and the third attempt; after that it is gone.
PAUSES = (10, 20)
_AT_ONCE = 16  # deliveries
_KEPT = 100_000  # deliveries of the past


@dataclass(eq=False)
class Delivery:
    """One event on its way to one address. ``correlation_id`` stays through all attempts."""

    url: str
    content: dict
    due: float
    correlation_id: str = field(default_factory=new_id)
    tries: int = 0
    state: str = "waiting"  # waiting, delivered, lost
    statuses: list = field(default_factory=list)

    @property
    def about(self):
        """:return str: what events are told in turn about"""
        content = self.content
        return content.get("conversationId") or content.get("visitorId") or content["eventType"]


class Notifier:
    """:param Simulator simulator: whose app this is"""

    def __init__(self, simulator):
        self.simulator = simulator
        self.waiting = []
        self.past = deque(maxlen=_KEPT)
        self._busy = {}

    def put(self, content):
        """:param dict content: payload of an event"""
        app = self.simulator.app
        if not app.webhook_url or content["eventType"] not in app.events:
            return
        times, pause = self.simulator.faults.delivery()
        delivery = Delivery(app.webhook_url, content, self.simulator.clock.now() + pause)
        if not times:
            delivery.state = "lost"
            self.past.append(delivery)
            return
        self.waiting.append(delivery)
        for _time in range(times - 1):
            copy = Delivery(app.webhook_url, content, delivery.due, delivery.correlation_id)
            self.waiting.append(copy)

    def repeat(self, correlation_id):
        """An event of the past is delivered once more. :raises ValueError: there is none"""
        for delivery in self.past:
            if delivery.correlation_id == correlation_id:
                now = self.simulator.clock.now()
                self.waiting.append(Delivery(delivery.url, delivery.content, now, correlation_id))
                return
        raise ValueError("no such delivery")

    async def call(self, url):
        """:param str url: of a plugin: signed over its raw query
        :return tuple: status, 0 without an answer, and text"""
        address = URL(url, encoded=True)
        signature = self.simulator.app.signature(address.raw_query_string.encode())
        try:
            async with (
                aiohttp.ClientSession(timeout=_TIMEOUT) as session,
                session.get(
                    address, headers={"x-iadvize-signature": signature}, allow_redirects=False
                ) as response,
            ):
                return response.status, await response.text()
        except (aiohttp.ClientError, asyncio.TimeoutError) as error:
            return 0, str(error)

    @property
    def is_idle(self):
        """:return bool: nothing is left to be told"""
        return not self.waiting

    async def run(self):
        """Until it is cancelled."""
        async with aiohttp.ClientSession(timeout=_TIMEOUT) as session:
            while True:
                now = self.simulator.clock.now()
                for delivery in self.waiting:
                    if len(self._busy) >= _AT_ONCE:
                        break
                    if delivery.due <= now and delivery.about not in self._busy:
                        task = asyncio.create_task(self._post(session, delivery))
                        self._busy[delivery.about] = task
                        task.add_done_callback(
                            lambda _task, about=delivery.about: self._busy.pop(about, None)
                        )
                await asyncio.sleep(_TICK)

    async def _post(self, session, delivery):
        body = json.dumps(delivery.content, separators=(",", ":")).encode()
        headers = {
            "Content-Type": "application/json",
            "x-iadvize-delivery": new_id(),
            "x-iadvize-correlationid": delivery.correlation_id,
            "x-iadvize-signature": self.simulator.app.signature(body),
        }
        status = 0
        try:
            async with session.post(
                delivery.url, data=body, headers=headers, allow_redirects=False
            ) as response:
                status = response.status
        except (aiohttp.ClientError, asyncio.TimeoutError, ValueError) as error:
            _logger.info("no answer from %s: %r", delivery.url, error)
        delivery.statuses.append(status)
        if 200 <= status < 300:
            self._finish(delivery, "delivered")
        elif delivery.tries >= len(PAUSES):
            self._finish(delivery, "lost")
        else:
            delivery.due = self.simulator.clock.now() + PAUSES[delivery.tries]
            delivery.tries += 1

    def _finish(self, delivery, state):
        delivery.state = state
        self.waiting.remove(delivery)
        self.past.append(delivery)

    def to_json(self):
        """:return list: of dict, every delivery and what became of it"""
        return [
            {
                "url": one.url,
                "correlation_id": one.correlation_id,
                "content": one.content,
                "state": one.state,
                "statuses": one.statuses,
            }
            for one in (*self.past, *self.waiting)
        ]
