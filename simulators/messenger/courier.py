"""Tells the application what happened: signed, and again until it answers 200."""

import asyncio
import hashlib
import hmac
import json
import logging
from collections import deque
from dataclasses import dataclass
from urllib.parse import urlencode

import aiohttp

from . import world
from .events import FIELDS, IN_STANDBY

_logger = logging.getLogger(__name__)
_TICK = 0.02  # seconds
_PATIENCE = 20  # seconds of the world, for an answer
_AT_ONCE = 8  # requests
_KEPT = 40_000  # notices of the past
_LATE = 0.5  # seconds of the world by which one is late that is overtaken
#: Seconds of the platform. How often Meta tries again is published as "until completed" and
#: "decreasing frequency"; the numbers are †.
FIRST_PAUSE, LONGEST_PAUSE, GIVE_UP = 5, 3600, 36 * 3600
#: After which without a single 200 the application hears of the page no more; †.
UNSUBSCRIBED_AFTER = 8 * 3600


@dataclass(eq=False)
class Notice:
    """One event on its way. Moments are the platform's."""

    page: "world.Page"
    field: str
    key: str  # whose thread: of one person events go out in order
    event: dict
    is_standby: bool
    since: float
    due: float
    tries: int = 0
    state: str = "waiting"  # waiting, delivered, dropped
    status: int = 0
    is_under_way: bool = False


class Courier:
    """:param Simulator simulator: whose application is told"""

    def __init__(self, simulator):
        self.simulator = simulator
        self.url = ""
        self.is_verified = False
        self.fields = set(FIELDS)
        self.unsubscribed_after = UNSUBSCRIBED_AFTER
        self.longest_pause = LONGEST_PAUSE
        self.waiting = []
        self.past = deque(maxlen=_KEPT)
        self._failing_since = None
        self._done = asyncio.Event()

    # -- the application -----------------------------------------------------------------------
    async def verify(self, url, verify_token):
        """The handshake: an address is taken when it repeats our challenge.

        :raises ValueError: it does not"""
        challenge = world.challenge()
        query = urlencode(
            {
                "hub.mode": "subscribe",
                "hub.challenge": challenge,
                "hub.verify_token": verify_token,
            }
        )
        mark = "&" if "?" in url else "?"
        timeout = aiohttp.ClientTimeout(total=_PATIENCE)
        try:
            async with (
                aiohttp.ClientSession(timeout=timeout) as session,
                session.get(f"{url}{mark}{query}", allow_redirects=False) as response,
            ):
                text = await response.text()
                status = response.status
        except (aiohttp.ClientError, asyncio.TimeoutError, ValueError) as error:
            raise ValueError(f"The URL couldn't be validated: {error!r}") from error
        if status != 200 or text.strip() != challenge:
            raise ValueError(
                "The URL couldn't be validated. Response does not match challenge, expected value="
                f"'{challenge}', received='{text[:100]}', status={status}"
            )
        self.url = url
        self.is_verified = True
        self._failing_since = None

    def signed(self, body):
        """:param bytes body: as it is sent; :return dict: headers"""
        secret = self.simulator.world.app_secret.encode()
        return {
            "Content-Type": "application/json",
            "User-Agent": "facebookexternalua",
            "X-Hub-Signature": f"sha1={hmac.new(secret, body, hashlib.sha1).hexdigest()}",
            "X-Hub-Signature-256": f"sha256={hmac.new(secret, body, hashlib.sha256).hexdigest()}",
        }

    # -- what happened -------------------------------------------------------------------------
    def put(self, page, field, event, person=None):
        """Something happened on a page; of a thread, if it is one person's.

        :return list: of Notice, empty when nobody is told"""
        faults = self.simulator.faults
        is_standby = person is not None and self.simulator.world.is_controlled_by_another(person)
        if is_standby and field in IN_STANDBY:
            told = "standby"
            if field == "messaging_postbacks":
                # Published: in standby a postback comes without its payload.
                event = {**event, "postback": {**event["postback"]}}
                event["postback"].pop("payload", None)
        else:
            told, is_standby = field, False
        if not self.is_verified or told not in (page.fields or ()) or told not in self.fields:
            faults.counts["untold"] += 1
            return []
        if faults.happens("lose"):
            return []
        now = self.simulator.clock.now()
        key = person.psid if person is not None else ""
        notices = []
        for _time in range(2 if faults.happens("duplicates") else 1):
            notice = Notice(page, told, key, event, is_standby, now, now)
            if faults.happens("reorder"):
                notice.due += _LATE * self.simulator.clock.speed
                notice.key = ""
            notices.append(notice)
        self.waiting += notices
        return notices

    @property
    def is_idle(self):
        """:return bool: nobody is still to be told"""
        return not self.waiting

    async def told(self, notices, seconds):
        """Waits until these were taken, but no longer than some seconds of the world."""
        deadline = asyncio.get_running_loop().time() + seconds
        while any(one.state == "waiting" and not one.tries for one in notices):
            self._done.clear()
            left = deadline - asyncio.get_running_loop().time()
            try:
                await asyncio.wait_for(self._done.wait(), max(left, 0))
            except asyncio.TimeoutError:
                return

    # -- telling it ----------------------------------------------------------------------------
    async def run(self):
        """Until it is cancelled."""
        timeout = aiohttp.ClientTimeout(total=_PATIENCE)
        tasks = set()
        async with aiohttp.ClientSession(timeout=timeout) as session:
            try:
                while True:
                    while len(tasks) < _AT_ONCE and (batch := self._next()):
                        task = asyncio.create_task(self._post(session, batch))
                        tasks.add(task)
                        task.add_done_callback(tasks.discard)
                    await asyncio.sleep(_TICK)
            finally:
                for task in tasks:
                    task.cancel()

    def _next(self):
        """:return list: of Notice to go out together, of one address"""
        now = self.simulator.clock.now()
        busy = {one.key for one in self.waiting if one.is_under_way and one.key}
        batch = []
        for notice in self.waiting:
            if notice.is_under_way or notice.due > now or notice.key in busy:
                continue
            notice.is_under_way = True
            batch.append(notice)
            if len(batch) >= self.simulator.faults.batch:
                break
        return batch

    def _body(self, batch):
        """:return bytes: unicode and slashes escaped, as Meta does"""
        entries = [
            {
                "id": notice.page.id,
                "time": int(self.simulator.clock.now() * 1000),
                "standby" if notice.is_standby else "messaging": [notice.event],
            }
            for notice in batch
        ]
        text = json.dumps({"object": "page", "entry": entries}, separators=(",", ":"))
        return text.replace("/", "\\/").encode()

    async def _post(self, session, batch):
        status = 0
        body = self._body(batch)
        try:
            async with session.post(
                self.url, data=body, headers=self.signed(body), allow_redirects=False
            ) as response:
                status = response.status
        except (aiohttp.ClientError, asyncio.TimeoutError, ValueError) as error:
            _logger.info("no answer from %s: %r", self.url, error)
        now = self.simulator.clock.now()
        for notice in batch:
            notice.is_under_way = False
            notice.tries += 1
            notice.status = status
            if status == 200:
                self._finish(notice, "delivered")
            elif now - notice.since >= GIVE_UP:
                self._finish(notice, "dropped")
            else:
                pause = min(FIRST_PAUSE * 2 ** (notice.tries - 1), self.longest_pause)
                notice.due = now + pause
        self._done.set()
        self._judge(status == 200, now)

    def _judge(self, is_well, now):
        """An application that fails for long hears no more of its pages."""
        if is_well:
            self._failing_since = None
        elif self._failing_since is None:
            self._failing_since = now
        elif now - self._failing_since >= self.unsubscribed_after:
            self.unsubscribe()

    def unsubscribe(self, forgets_webhook=False):
        """The application is taken off all pages, what is on its way is dropped.

        :param bool forgets_webhook: the handshake is needed again, too (the FAQ can be read so)"""
        self.is_verified = self.is_verified and not forgets_webhook
        for page in self.simulator.world.pages.values():
            page.fields = None
        for notice in tuple(self.waiting):
            self.drop(notice)
        self._failing_since = None

    def drop(self, notice):
        """Nobody is told of it any more."""
        self._finish(notice, "dropped")

    def _finish(self, notice, state):
        if notice.state == "waiting":
            notice.state = state
            self.waiting.remove(notice)
            self.past.append(notice)

    def to_json(self):
        """:return list: of dict, every event and what became of it"""
        return [
            {
                "field": notice.field,
                "psid": notice.key,
                "event": notice.event,
                "tries": notice.tries,
                "state": notice.state,
                "status": notice.status,
            }
            for notice in (*self.past, *self.waiting)
        ]
