"""``graph.microsoft.com/v1.0``: who asks, may he, does he ask too much; then who answers."""

import asyncio

from .attachments import Attachments
from .call import VERSION, Call, segments, shape
from .delta import Delta
from .drafts import Drafts
from .errors import GraphError, access_denied, bad_request
from .messages import Messages
from .subscriptions_api import SubscriptionsApi


class Graph:
    """:param Simulator simulator: whose face this is"""

    def __init__(self, simulator):
        self.simulator = simulator
        self.delta = Delta(simulator)
        self.attachments = Attachments(simulator)
        self._routes = {}
        rooms = (self.delta, Messages(), Drafts(), self.attachments, SubscriptionsApi(simulator))
        for room in rooms:
            for method, pattern, handler in room.routes:
                self._routes.setdefault(pattern, {})[method] = getattr(room, handler)

    def add_routes(self, router):
        router.add_route("*", VERSION + "/{path:.*}", self.serve)
        self.attachments.add_routes(router)

    async def serve(self, request):
        """:return Response: of any request to Graph; :raises GraphError:"""
        principal = self._principal(request)
        raw = request.raw_path.partition("?")[0][len(VERSION) :]
        pattern, values = shape(segments(raw))
        pattern, values = _shortened(pattern, values)
        handlers = self._routes.get(pattern)
        if handlers is None:
            raise bad_request(
                f"Resource not found for the segment '{pattern.split('/')[-1]}'.", "BadRequest"
            )
        handler = handlers.get(request.method)
        if handler is None:
            raise GraphError(405, "Request_BadRequest", "Specified HTTP method is not allowed.")
        mailbox = None
        if pattern.startswith("users/*"):
            mailbox = self.mailbox(principal, values[0])
        call = Call(request, self.simulator, principal, mailbox)
        if mailbox is None:
            return await handler(call, *values)
        key = (principal.client_id, mailbox.address)
        throttle = self.simulator.throttle
        throttle.enter(key, request.content_length or 0)
        try:
            await asyncio.sleep(self.simulator.faults.slow)
            return await handler(call, *values)
        finally:
            throttle.leave(key)

    def _principal(self, request):
        principal, wrong = self.simulator.login.check(request.headers.get("Authorization"))
        if principal is None:
            raise GraphError(
                401,
                "InvalidAuthenticationToken",
                wrong,
                {
                    "WWW-Authenticate": 'Bearer realm="", authorization_uri='
                    '"https://login.microsoftonline.com/common/oauth2/authorize", '
                    'client_id="00000003-0000-0000-c000-000000000000"'
                },
            )
        return principal

    def mailbox(self, principal, key):
        """:raises GraphError: there is none, or it is not for him"""
        directory = self.simulator.directory
        if not key:
            if not principal.user:
                raise bad_request(
                    "/me request is only valid with delegated authentication flow.", "BadRequest"
                )
            key = principal.user
        mailbox = self.simulator.exchange.mailbox(key)
        if mailbox is None:
            if key.lower() in self.simulator.users_without_mailbox:
                raise GraphError(
                    404,
                    "MailboxNotEnabledForRESTAPI",
                    "The mailbox is either inactive, soft-deleted, or is hosted on-premise.",
                )
            raise GraphError(404, "ErrorInvalidUser", f"The requested user '{key}' is invalid.")
        address = mailbox.address.lower()
        if principal.user:
            shared = directory.delegates.get(principal.user, ())
            if address != principal.user and address not in shared:
                raise access_denied()
        elif directory.mailboxes is not None and address not in directory.mailboxes:
            if directory.policy == "application_access_policy":
                raise GraphError(403, "ErrorAccessDenied", "Access to OData is disabled.")
            raise access_denied()
        return mailbox


def _shortened(pattern, values):
    """A message may be named through its folder, which says nothing more about it."""
    head = "users/*/mailFolders/*/"
    if pattern.startswith((head + "messages/*", head + "childFolders/*")):
        is_message = pattern.startswith(head + "messages/*")
        rest = pattern[len(head) :]
        values = [values[0], *values[2:]]
        pattern = "users/*/" + (
            rest if is_message else rest.replace("childFolders", "mailFolders", 1)
        )
        return _shortened(pattern, values)
    return pattern, values
