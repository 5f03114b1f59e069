"""``/subscriptions``: made after a handshake with the addresses that will be told."""

import asyncio
import secrets
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import aiohttp
from aiohttp import web

from .clock import moment
from .errors import GraphError, bad_request
from .messages import READ
from .subscriptions import Subscription, read_resource

_HANDSHAKE = 10  # seconds
_TYPES = {"created", "updated", "deleted"}
_STATE_LENGTH = 128
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


class SubscriptionsApi:
    """:param Simulator simulator: whose subscriptions these are"""

    routes = (
        ("GET", "subscriptions", "list"),
        ("POST", "subscriptions", "create"),
        ("GET", "subscriptions/*", "get"),
        ("PATCH", "subscriptions/*", "change"),
        ("DELETE", "subscriptions/*", "delete"),
        ("POST", "subscriptions/*/reauthorize", "reauthorize"),
    )

    def __init__(self, simulator):
        self.simulator = simulator

    def _find(self, call, key):
        found = self.simulator.subscriptions.active.get(key)
        if found is None or found.user != call.principal.user:
            raise GraphError(404, "ResourceNotFound", "The object was not found.")
        return found

    async def list(self, call):
        value = [
            {**one.to_graph(), "clientState": None}
            for one in self.simulator.subscriptions.active.values()
            if one.user == call.principal.user
        ]
        return call.answer(
            {"@odata.context": f"{call.base}/$metadata#subscriptions", "value": value}
        )

    async def get(self, call, key):
        return self._answer(call, self._find(call, key))

    async def create(self, call):
        body = await call.body()
        for name in ("changeType", "notificationUrl", "resource", "expirationDateTime"):
            if not body.get(name):
                raise _invalid(f"Subscription validation request failed. {name} is required.")
        call.needs(*READ)
        mailbox, folder = self._resource(call, str(body["resource"]))
        kinds = frozenset(part.strip().lower() for part in str(body["changeType"]).split(","))
        if not kinds <= _TYPES:
            raise _invalid("Invalid 'changeType' attribute.")
        state = str(body.get("clientState") or "")
        if len(state) > _STATE_LENGTH:
            raise _invalid("The clientState is longer than 128 characters.")
        subscription = Subscription(
            client_id=call.principal.client_id,
            user=call.principal.user,
            resource=str(body["resource"]),
            mailbox=mailbox,
            folder=folder,
            change_types=kinds,
            change_type=str(body["changeType"]),
            url=_address(str(body["notificationUrl"]), "notificationUrl"),
            lifecycle_url=_address(
                str(body.get("lifecycleNotificationUrl") or ""), "lifecycleNotificationUrl"
            ),
            client_state=state,
            until=self._until(str(body["expirationDateTime"])),
            created=self.simulator.clock.now(),
            is_immutable=call.view().is_immutable,
        )
        for url in filter(None, (subscription.url, subscription.lifecycle_url)):
            await self._shake_hands(url)
        self.simulator.subscriptions.add(subscription)
        return self._answer(call, subscription, 201)

    async def change(self, call, key):
        subscription = self._find(call, key)
        body = await call.body()
        unknown = set(body) - {"expirationDateTime", "notificationUrl"}
        if unknown:
            raise _invalid(f"These properties cannot be changed: {', '.join(sorted(unknown))}.")
        if "notificationUrl" in body:
            url = _address(str(body["notificationUrl"]), "notificationUrl")
            await self._shake_hands(url)
            subscription.url = url
        if "expirationDateTime" in body:
            until = self._until(str(body["expirationDateTime"]))
            self.simulator.subscriptions.renew(subscription, until)
        return self._answer(call, subscription)

    async def delete(self, call, key):
        self.simulator.subscriptions.remove(self._find(call, key))
        return web.Response(status=204)

    async def reauthorize(self, call, key):
        """Notifications go on; the end stays where it was."""
        subscription = self._find(call, key)
        subscription.is_paused = False
        return web.Response(status=204)

    def _answer(self, call, subscription, status=200):
        context = f"{call.base}/$metadata#subscriptions/$entity"
        return call.answer({"@odata.context": context, **subscription.to_graph()}, status)

    def _resource(self, call, text):
        found = read_resource(text)
        if found is None:
            raise _invalid(f"Resource '{text}' is not supported by the simulator.")
        owner, folder = found
        mailbox = self.simulator.graph.mailbox(call.principal, owner)
        return mailbox, mailbox.folder(folder) if folder else None

    def _until(self, text):
        try:
            until = moment(text)
        except ValueError as error:
            raise bad_request("Cannot convert a value to a moment.", "BadRequest") from error
        minutes = (until - self.simulator.clock.now()) / 60
        ceiling = self.simulator.subscriptions.max_minutes
        if minutes > ceiling:
            raise GraphError(
                400,
                "ExtensionError",
                "Operation: Create; Exception: [Status Code: BadRequest; Reason: Subscription "
                f"expiration can only be {ceiling} minutes in the future.]",
            )
        if minutes <= 0:
            raise _invalid("The expirationDateTime lies in the past.")
        return until

    async def _shake_hands(self, url):
        """:raises GraphError: who is there does not answer as he must"""
        token = (
            "Validation: Testing client application reachability for subscription Request-Id: "
            f"{secrets.token_hex(16)}"
        )
        parts = urlsplit(url)
        query = urlencode(
            [*parse_qsl(parts.query, keep_blank_values=True), ("validationToken", token)]
        )
        timeout = aiohttp.ClientTimeout(total=_HANDSHAKE)
        headers = {"Content-Type": "text/plain; charset=utf-8"}
        try:
            async with (
                aiohttp.ClientSession(timeout=timeout) as session,
                session.post(
                    urlunsplit(parts._replace(query=query)), headers=headers, allow_redirects=False
                ) as response,
            ):
                status, kind, text = response.status, response.content_type, await response.text()
        except asyncio.TimeoutError as error:
            raise _invalid(
                "Subscription validation request timed out.", "ValidationError"
            ) from error
        except aiohttp.ClientError as error:
            raise _invalid(
                "Subscription validation request failed. Notification endpoint must respond with "
                "200 OK to validation request.",
                "ValidationError",
            ) from error
        if status != 200:
            raise _invalid(
                f"Subscription validation request failed. HTTP status code is '{status}'.",
                "ValidationError",
            )
        if text != token or kind != "text/plain":
            raise _invalid(
                "Subscription validation request failed. Response must exactly match "
                "validationToken query parameter.",
                "ValidationError",
            )


def _invalid(text, code="InvalidRequest"):
    return GraphError(400, code, text)


def _address(url, name):
    parts = urlsplit(url)
    if url and parts.scheme != "https" and parts.hostname not in _LOOPBACK:
        raise _invalid(f"Subscription validation request failed. {name} must be https.")
    return url
