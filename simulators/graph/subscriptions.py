"""Subscriptions: who wants to hear of what, until when."""

import re
import uuid
from dataclasses import dataclass, field

from .clock import iso

MAX_MINUTES = 10_070
#: Seconds: how long before its end a subscription asks for renewal at first, and how often then.
_FIRST_ASK, _PAUSE = 180 * 60, 15 * 60
_RESOURCE = re.compile(
    r"/?(?:me|users(?:/([^/()]+)|\('([^']+)'\)))"
    r"(?:/mailFolders(?:/([^/()]+)|\('([^']+)'\)))?/messages(?:\?.*)?/?",
    re.IGNORECASE,
)


@dataclass(eq=False)
class Subscription:
    """``folder`` None: all folders of the mailbox."""

    client_id: str
    user: str
    resource: str
    mailbox: object
    folder: object
    change_types: frozenset
    change_type: str
    url: str
    lifecycle_url: str
    client_state: str
    until: float
    created: float
    is_immutable: bool = False
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    is_paused: bool = False
    asks_from: float = 0.0  # moment, by the end of which it asks
    missed: int = 0

    def __post_init__(self):
        self.expect()

    def expect(self):
        """When it asks for renewal: shortly before its end, by its length."""
        life = self.until - self.created
        self.asks_from = self.until - min(_FIRST_ASK, life / 4)

    def to_graph(self):
        """:return dict: ``subscription`` of v1.0"""
        return {
            "id": self.id,
            "resource": self.resource,
            "applicationId": self.client_id,
            "changeType": self.change_type,
            "clientState": self.client_state or None,
            "notificationUrl": self.url,
            "lifecycleNotificationUrl": self.lifecycle_url or None,
            "expirationDateTime": iso(self.until, 7),
            "creatorId": self.client_id,
            "includeResourceData": None,
            "latestSupportedTlsVersion": "v1_2",
            "encryptionCertificate": None,
            "encryptionCertificateId": None,
            "notificationContentType": "application/json",
        }


def read_resource(text):
    """:return tuple: owner (empty for ``me``) and folder (empty for all), or None"""
    found = _RESOURCE.fullmatch(text)
    if not found:
        return None
    user, user_keyed, folder, folder_keyed = found.groups()
    return user or user_keyed or "", folder or folder_keyed or ""


class Subscriptions:
    """:param Simulator simulator: whose mailboxes they are about"""

    def __init__(self, simulator):
        self.simulator = simulator
        self.max_minutes = MAX_MINUTES
        self.active = {}

    def add(self, subscription):
        self.active[subscription.id] = subscription

    def renew(self, subscription, until):
        subscription.until = until
        subscription.created = self.simulator.clock.now()
        subscription.is_paused = False
        subscription.expect()

    def remove(self, subscription, tells=False):
        """:param bool tells: by the lifecycle address, as when Microsoft does it"""
        self.active.pop(subscription.id, None)
        if tells:
            self.lifecycle(subscription, "subscriptionRemoved")

    def lifecycle(self, subscription, event):
        """:param str event: reauthorizationRequired, subscriptionRemoved or missed"""
        if subscription.lifecycle_url:
            self.simulator.notifier.put_lifecycle(subscription, event)

    def happened(self, what, message):
        """A message was created, updated or deleted (which a move is as well)."""
        now = self.simulator.clock.now()
        for subscription in tuple(self.active.values()):
            if subscription.mailbox is not message.mailbox or subscription.until <= now:
                continue
            if subscription.folder not in (None, message.folder):
                continue
            if what not in subscription.change_types:
                continue
            if subscription.is_paused:
                subscription.missed += 1
            else:
                self.simulator.notifier.put(subscription, what, message)

    def run(self):
        """What time does: asks for renewal shortly before the end, then ends."""
        now = self.simulator.clock.now()
        for subscription in tuple(self.active.values()):
            if subscription.until <= now:
                self.remove(subscription)
            elif now >= subscription.asks_from:
                left = subscription.until - now
                subscription.asks_from = now + max(_PAUSE, left / 2 if left > 3600 else 0)
                self.lifecycle(subscription, "reauthorizationRequired")
