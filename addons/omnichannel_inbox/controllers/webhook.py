from functools import partial

from psycopg2.errors import SerializationFailure
from werkzeug.exceptions import HTTPException

from odoo import http
from odoo.http import Response, request

from odoo.addons.integration_base.exceptions import AuthError, IntegrationError
from odoo.addons.integration_base.log import get_logger

from ..providers.base import WebhookRequest
from ..waker import wake
from ..webhook_guard import WebhookGuard

_logger = get_logger(__name__)

#: Bytes of the largest body that is read: after an outage Meta tells a thousand events at once, any
#: of which may hold a text of 2,000 characters, or addresses of files.
MAX_BYTES = 8 * 2**20
#: Bytes of the largest body that is verified for somebody of whom much was refused.
SMALL_BYTES = 64 * 2**10
WAIT = (("Retry-After", "60"),)
#: Times another request may store the very same at the very same moment.
ATTEMPTS = 3

guard = WebhookGuard()


class OmniWebhook(http.Controller):
    """The one door by which the outside tells what is new."""

    @http.route(
        "/omni/webhook/<string:token>",
        type="http",
        auth="public",
        methods=["GET", "POST"],
        csrf=False,
        save_session=False,
        max_content_length=MAX_BYTES,
    )
    def webhook(self, token, **_query):
        """Verify, store, wake, answer; nothing is looked up and nobody is called.

        202: stored, now or before. 404: there is no such channel. 403: the request does not show
        that it comes from the other side; nothing is stored. 400: it cannot be read. 429: too many
        of these. 5xx: it was not stored, and has to come again.
        """
        incoming = request.httprequest
        remote = incoming.remote_addr or ""
        # no sudo: what follows asks the cache and speaks SQL, and an environment is not for nothing
        channels = request.env["omni.channel"]
        target = channels._webhook_targets().get(token)
        if not target:
            return _answer(404)
        channel_id, provider_class, settings, cron_id = target
        stranger = f"{channel_id} {remote}"
        # behind a proxy everybody comes from one address: what is in order and costs next to
        # nothing to verify is heard whatever others send
        is_shut = guard.is_shut(stranger)
        is_small = incoming.method == "GET" or 0 < (incoming.content_length or 0) <= SMALL_BYTES
        if is_shut and not is_small:
            return _answer(429, WAIT)
        try:
            body = incoming.get_data(cache=False)
        except HTTPException as error:  # larger than allowed
            return _answer(error.code or 400)
        heard = WebhookRequest(
            method=incoming.method,
            query=incoming.args,
            headers={name.lower(): value for name, value in incoming.headers},
            body=body,
            remote=remote,
            query_string=incoming.query_string,
        )
        try:
            provider = provider_class(settings)
            provider.verify(heard)
            events, reply = provider.receive(heard)
        except AuthError as error:
            if is_shut:
                return _answer(429, WAIT)
            if guard.refuse(stranger) == 1:
                _logger.warning("Webhook of channel %s: refused %s: %s", channel_id, remote, error)
                # sudo: whoever speaks to a webhook is nobody
                channels.sudo().browse(channel_id)._note_refused()
            return _answer(403)
        except IntegrationError as error:
            guard.refuse(stranger)
            _logger.info("Webhook of channel %s: not understood: %s", channel_id, error)
            return _answer(400)
        if events:
            _store(channel_id, events, cron_id)
        if reply is None:
            return _answer(202)
        return Response(reply.body, status=reply.status, content_type=reply.content_type)


def _store(channel_id, events, cron_id):
    """Store events, and wake the scheduler when they are there for good."""
    store = request.env["omni.event"]._store_of
    for attempt in range(ATTEMPTS):
        try:
            is_new = store(channel_id, events)
        except SerializationFailure:
            # the same was stored by another request meanwhile: look again, which costs nothing
            if attempt == ATTEMPTS - 1:
                raise
            request.env.cr.rollback()
        else:
            break
    if is_new:
        request.env.cr.postcommit.add(partial(wake, request.env.cr.dbname, cron_id=cron_id))


def _answer(status, headers=()):
    return Response("", status=status, headers=list(headers))
