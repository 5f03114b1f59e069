"""A channel of letters by carrier pigeon."""

import hmac
import json
from datetime import datetime, timezone

from odoo.addons.integration_base.exceptions import AuthError, PayloadError, RejectedError

from ..providers.base import Address, Capabilities, Check, Event, Inbound, Provider, Sent, SyncPage

ROOF: list[dict] = []  # letters that wait to be fetched
FLOWN: list[tuple[str, str]] = []  # letters that were sent


class PigeonProvider(Provider):
    code = "pigeon"
    label = "Carrier pigeon"
    icon = "fa-twitter"
    has_sync = True
    has_webhook = True
    capabilities = Capabilities(text_limit=200)

    def verify(self, request):
        ring = request.headers.get("x-ring", "").encode()
        if not hmac.compare_digest(ring, self.settings["secret"].encode()):
            raise AuthError("This is not one of our pigeons.")

    def receive(self, request):
        try:
            return (self._event(json.loads(request.body)),), None
        except (ValueError, KeyError, TypeError) as error:
            raise PayloadError("The letter cannot be read.") from error

    def sync(self, folder, cursor, since):
        seen = int(cursor or 0)
        for start in range(seen, len(ROOF), 2):
            letters = ROOF[start : start + 2]
            end = start + len(letters)
            yield SyncPage(tuple(map(self._event, letters)), str(end), end == len(ROOF))

    def parse(self, event):
        letter = event.payload
        return [
            Inbound(
                external_id=letter["id"],
                sent=event.occurred,
                author=Address(letter["from"], letter["from"].title()),
                conversation=letter["from"],
                text=letter["text"],
            )
        ]

    def send(self, message, remember):
        [recipient] = message.recipients
        if len(message.text) > self.capabilities.text_limit:
            raise RejectedError("Too heavy for a pigeon.")
        FLOWN.append((recipient.external_id, message.text.strip()))
        return Sent(external_id=f"p-{message.uuid}")

    def health(self):
        return [Check("ring", bool(self.settings["secret"]))]

    @staticmethod
    def _event(letter):
        moment = datetime.fromtimestamp(letter["at"], timezone.utc).replace(tzinfo=None)
        return Event("message", f"message:{letter['id']}", letter, moment, letter["from"])
