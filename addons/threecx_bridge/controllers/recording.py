from tempfile import NamedTemporaryFile

from markupsafe import Markup
from werkzeug.exceptions import Forbidden
from werkzeug.utils import send_file

from odoo import http
from odoo.http import Response, content_disposition, request

from odoo.addons.integration_base.exceptions import IntegrationError, RejectedError
from odoo.addons.integration_base.log import get_logger

from ..models.threecx_call import RECORDING_GROUP

_logger = get_logger(__name__)

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; media-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


class ThreecxRecording(http.Controller):
    @http.route(
        "/threecx/recording/<int:call_id>",
        type="http",
        auth="user",
        methods=["GET"],
        readonly=True,
    )
    def recording(self, call_id, **_query):
        """The sound of a call, which 3CX hands out for this once; nothing of it stays in Odoo.

        A call that the user may not see is not there for him.
        """
        if not request.env.user.has_group(RECORDING_GROUP):
            raise Forbidden(request.env._("You have no access to the recordings of calls."))
        call = request.env["threecx.call"].search([("id", "=", call_id)])
        if not call or not call._is_within_reach():
            raise request.not_found()
        _logger.info("User %s listens to the recording of call %s.", request.env.uid, call.id)
        # without a name of its own as soon as the answer has it open
        with NamedTemporaryFile(prefix="threecx-") as file:
            try:
                media_type, suffix = call._download_recording(file)
            except IntegrationError as error:
                _logger.info("Call %s: its recording cannot be heard: %s", call.id, error)
                return self._sorry(call, error)
            file.flush()
            # a browser that asks for the file in pieces gets pieces
            sound = send_file(
                file.name, request.httprequest.environ, mimetype=media_type, etag=False
            )
        sound.headers.remove("Last-Modified")
        sound.headers.update(HEADERS)
        sound.headers["Content-Disposition"] = content_disposition(
            f"call-{call.id}{suffix}", "inline"
        )
        return Response(sound)

    def _sorry(self, call, error):
        """The page that says why there is nothing to hear."""
        is_gone = isinstance(error, RejectedError) and error.code == 404
        response = request.render(
            "threecx_bridge.recording_page",
            {
                "doctype": Markup("<!DOCTYPE html>"),
                "reason": call._explain_silence(error),
                "other_url": call.recording_url,
            },
            status=404 if is_gone else 503,
        )
        response.headers.update(HEADERS)
        return response
