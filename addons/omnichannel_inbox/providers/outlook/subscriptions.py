"""Being told that a folder has changed.

https://learn.microsoft.com/graph/api/resources/subscription. A notification is a hint and nothing
more: whoever misses all of them learns the same from the delta query, a little later. Therefore
nothing here may stand in the way of fetching mail.

How long a subscription may last is said in three places with three numbers; the one that counts
stands in the refusal ("can only be 10070 minutes in the future"). It is learnt from there.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from odoo.addons.integration_base.exceptions import PayloadError, RejectedError

from .graph import Graph, graph_time, parse_time, quoted, utc_now

__all__ = ["CEILING", "Subscription", "Subscriptions", "learnt_ceiling"]

#: Minutes that the documentation allows for mail.
CEILING = 10_080
#: Clocks differ, and the request takes its time; minutes.
_SLACK = 3
_MINUTES = re.compile(r"only be (\d{1,6}) minutes", re.IGNORECASE)
_GONE = ("ResourceNotFound", "ErrorItemNotFound", "itemNotFound", 404)


@dataclass(frozen=True)
class Subscription:
    """A subscription as it is now.

    :param ceiling: minutes that one may last, as far as is known
    """

    id: str
    expiry: datetime
    ceiling: int = CEILING

    @property
    def renewal(self) -> timedelta:
        """How long before its end it is renewed: half of what it may last."""
        return timedelta(minutes=self.ceiling / 2)


def learnt_ceiling(text: str) -> int:
    """Return the minutes which a refusal names; 0: it names none."""
    match = _MINUTES.search(text)
    return int(match[1]) if match else 0


class Subscriptions:
    """The subscriptions of one mailbox.

    :param ceiling: minutes that one may last, as far as is known; 0: not known
    :param now: naive UTC
    """

    def __init__(
        self, graph: Graph, ceiling: int = 0, now: Callable[[], datetime] = utc_now
    ) -> None:
        self._graph = graph
        self._ceiling = ceiling or CEILING
        self._now = now

    def ensure(self, folder: str, url: str, client_state: str, known: str = "") -> Subscription:
        """Have a folder watched: renew what there is, adopt what another life of ours has left,
        and create only then.

        :param url: of our webhook; Graph tries it before it answers
        :param client_state: by which we know that Graph speaks
        :param known: id of the subscription as far as we know
        :raise RejectedError: Graph cannot reach our webhook, or does not allow it
        """
        if known:
            renewed = self.renew(known)
            if renewed:
                return renewed
        adopted = self._adopt(folder, url)
        if adopted:
            renewed = self.renew(adopted)
            if renewed:
                return renewed
        return self._create(folder, url, client_state)

    def renew(self, subscription: str) -> Subscription | None:
        """Lengthen a subscription, which also authorises it anew; ``None``: it is no more."""

        def ask() -> Subscription:
            body = {"expirationDateTime": self._expiry()}
            return self._parse(self._graph.patch(f"/subscriptions/{quoted(subscription)}", body))

        try:
            return self._within_ceiling(ask)
        except RejectedError as error:
            if error.code not in _GONE:
                raise
            return None

    def reauthorize(self, subscription: str) -> bool:
        """Answer Graph's doubts about a subscription; whether it is still there."""
        try:
            self._graph.post(f"/subscriptions/{quoted(subscription)}/reauthorize")
        except RejectedError as error:
            if error.code not in _GONE:
                raise
            return False
        return True

    def remove(self, subscription: str) -> None:
        """End a subscription."""
        self._graph.delete(f"/subscriptions/{quoted(subscription)}")

    def _adopt(self, folder: str, url: str) -> str:
        """Return the id of a subscription that speaks to this very webhook of this folder, and end
        all others that do: each of them would be told the same."""
        same = [
            str(row["id"])
            for page in self._graph.pages("/subscriptions")
            for row in page
            if row.get("notificationUrl") == url
        ]
        for surplus in same[1:]:
            self.remove(surplus)
        return same[0] if same else ""

    def _create(self, folder: str, url: str, client_state: str) -> Subscription:
        def ask() -> Subscription:
            body = {
                "changeType": "created,updated",
                "notificationUrl": url,
                # cannot be added to a subscription that has none
                "lifecycleNotificationUrl": url,
                "resource": f"/users/{self._graph.mailbox}/mailFolders('{folder}')/messages",
                "expirationDateTime": self._expiry(),
                "clientState": client_state,
                "latestSupportedTlsVersion": "v1_2",
            }
            return self._parse(self._graph.post("/subscriptions", body))

        return self._within_ceiling(ask)

    def _within_ceiling(self, ask: Callable[[], Subscription]) -> Subscription:
        try:
            return ask()
        except RejectedError as error:
            ceiling = learnt_ceiling(str(error))
            if not 0 < ceiling < self._ceiling + _SLACK:
                raise
            self._ceiling = ceiling
            return ask()

    def _expiry(self) -> str:
        minutes = max(self._ceiling - _SLACK, 1)
        return graph_time(self._now() + timedelta(minutes=minutes))

    def _parse(self, row: object) -> Subscription:
        expiry = parse_time(row.get("expirationDateTime")) if isinstance(row, dict) else None
        if not expiry or not row.get("id"):
            raise PayloadError("Outlook answered something that is no subscription.")
        return Subscription(str(row["id"]), expiry, self._ceiling)
