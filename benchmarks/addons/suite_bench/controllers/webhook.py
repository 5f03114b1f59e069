import hashlib
import hmac

from odoo import http
from odoo.http import Response, request

#: As long as the secret of a channel.
SECRET = b"-" * 43


class EmptyWebhook(http.Controller):
    """Loaded by ``--load``: beside our webhook, it shows what Odoo itself takes."""

    @http.route(
        "/suite_bench/webhook/<string:token>",
        type="http",
        auth="public",
        methods=["GET", "POST"],
        csrf=False,
        save_session=False,
        max_content_length=2**20,
    )
    def webhook(self, token, **_query):
        """Reads the body and computes its signature, as any webhook must; does nothing with it."""
        incoming = request.httprequest
        body = incoming.get_data(cache=False)
        signature = hmac.new(SECRET, body, hashlib.sha256).hexdigest()
        hmac.compare_digest(incoming.headers.get("X-Demo-Signature", ""), f"sha256={signature}")
        return Response("", status=202)
