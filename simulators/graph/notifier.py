"""Tells subscribers what happened: soon, in batches, and again when they do not answer."""

import asyncio
import logging
import secrets
import time
from collections import deque
from dataclasses import dataclass

import aiohttp

from .clock import iso

_logger = logging.getLogger(__name__)
_TICK = 0.05  # seconds
_PATIENCE = 3  # seconds of the world, for an answer
_GIVE_UP = 4 * 3600  # seconds of the tenant
_FIRST_PAUSE, _LONGEST_PAUSE = 5, 900  # seconds of the tenant, doubled in between
_SLOW = 2.9  # seconds
_KEPT = 20_000  # notifications of the past
#: Of an endpoint: notifications after which it is judged, shares of slow ones, and seconds of the
#: tenant by which it is delayed and after which it is judged anew.
_JUDGED, _DELAYED_SHARE, _DROPPED_SHARE, _DELAY = 100, 0.10, 0.15, 600


@dataclass(eq=False)
class Notice:
    """One notification on its way. Moments are the tenant's."""

    url: str
    content: dict
    is_lifecycle: bool
    since: float
    due: float
    tries: int = 0
    state: str = "waiting"  # waiting, delivered, dropped
    status: int = 0


@dataclass
class _Endpoint:
    """How fast somebody answered lately."""

    since: float
    answers: int = 0
    slow: int = 0

    @property
    def share(self):
        return self.slow / self.answers if self.answers >= _JUDGED else 0.0


class Notifier:
    """:param Simulator simulator: whose subscribers these are"""

    def __init__(self, simulator):
        self.simulator = simulator
        self.waiting = []
        self.past = deque(maxlen=_KEPT)
        self.endpoints = {}

    def put(self, subscription, what, message):
        """A message was created, updated or deleted."""
        mailbox = message.mailbox
        key = message.key if subscription.is_immutable else message.id
        owner = f"{mailbox.guid}@{self.simulator.directory.tenant_id}"
        content = {
            "subscriptionId": subscription.id,
            "subscriptionExpirationDateTime": iso(subscription.until, 7),
            "changeType": what,
            "resource": f"Users/{owner}/Messages/{key}",
            "resourceData": {
                "@odata.type": "#Microsoft.Graph.Message",
                "@odata.id": f"Users/{owner}/Messages/{key}",
                "@odata.etag": f'W/"{message.change_key}"',
                "id": key,
            },
            "clientState": subscription.client_state or None,
            "tenantId": self.simulator.directory.tenant_id,
        }
        for _time in range(self.simulator.faults.notified()):
            self._put(subscription.url, {"id": secrets.token_urlsafe(10), **content}, False)

    def put_lifecycle(self, subscription, event):
        """Something happened to the subscription itself."""
        content = {
            "subscriptionId": subscription.id,
            "subscriptionExpirationDateTime": iso(subscription.until, 7),
            "tenantId": self.simulator.directory.tenant_id,
            "clientState": subscription.client_state or None,
            "lifecycleEvent": event,
        }
        self._put(subscription.lifecycle_url, content, True)

    def _put(self, url, content, is_lifecycle):
        now = self.simulator.clock.now()
        notice = Notice(url, content, is_lifecycle, now, now + self.simulator.faults.notify_delay)
        share = self._endpoint(url).share
        self.waiting.append(notice)
        if share >= _DROPPED_SHARE:
            self._finish(notice, "dropped")
        elif share >= _DELAYED_SHARE:
            notice.due += _DELAY

    def _endpoint(self, url):
        now = self.simulator.clock.now()
        endpoint = self.endpoints.setdefault(url, _Endpoint(now))
        if now - endpoint.since > _DELAY:
            endpoint = self.endpoints[url] = _Endpoint(now)
        return endpoint

    @property
    def is_idle(self):
        """:return bool: nobody is still to be told"""
        return not self.waiting

    async def run(self):
        """Until it is cancelled."""
        timeout = aiohttp.ClientTimeout(total=_PATIENCE)
        busy = {}
        async with aiohttp.ClientSession(timeout=timeout) as session:
            while True:
                now = self.simulator.clock.now()
                batches = {}
                for notice in self.waiting:
                    if notice.due <= now and notice.url not in busy:
                        batches.setdefault((notice.url, notice.is_lifecycle), []).append(notice)
                for (url, _kind), notices in batches.items():
                    if url not in busy:
                        task = asyncio.create_task(self._post(session, url, notices))
                        busy[url] = task
                        task.add_done_callback(lambda _task, url=url: busy.pop(url, None))
                await asyncio.sleep(_TICK)

    async def _post(self, session, url, notices):
        began = time.monotonic()
        status = 0
        try:
            body = {"value": [notice.content for notice in notices]}
            async with session.post(url, json=body, allow_redirects=False) as response:
                status = response.status
        except (aiohttp.ClientError, asyncio.TimeoutError) as error:
            _logger.info("no answer from %s: %r", url, error)
        endpoint = self._endpoint(url)
        endpoint.answers += len(notices)
        endpoint.slow += len(notices) * (time.monotonic() - began > _SLOW)
        now = self.simulator.clock.now()
        for notice in notices:
            notice.tries += 1
            notice.status = status
            if 200 <= status < 300:
                self._finish(notice, "delivered")
            elif now - notice.since >= _GIVE_UP:
                self._finish(notice, "dropped")
            else:
                pause = min(_FIRST_PAUSE * 2 ** (notice.tries - 1), _LONGEST_PAUSE)
                notice.due = min(now + pause, notice.since + _GIVE_UP)

    def _finish(self, notice, state):
        notice.state = state
        self.waiting.remove(notice)
        self.past.append(notice)

    def to_json(self):
        """:return list: of dict, every notification and what became of it"""
        return [
            {
                "url": notice.url,
                "kind": "lifecycle" if notice.is_lifecycle else "change",
                "content": notice.content,
                "tries": notice.tries,
                "state": notice.state,
                "status": notice.status,
            }
            for notice in (*self.past, *self.waiting)
        ]
