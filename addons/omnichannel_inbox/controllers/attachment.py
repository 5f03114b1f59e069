from werkzeug.exceptions import Forbidden

from odoo import http
from odoo.exceptions import AccessError, MissingError, UserError
from odoo.http import request

from ..models.omni_inbox import USER_GROUP
from ..models.omni_inbox_thread import PICTURES

#: Largest file taken from a browser, in bytes: what a mailbox carries at most.
UPLOAD_MAX = 150 * 1024 * 1024
#: What strangers send can do nothing, even when somebody opens its address by itself.
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


class OmniAttachment(http.Controller):
    @http.route(
        "/omni/attachment/upload",
        type="http",
        auth="user",
        methods=["POST"],
        max_content_length=UPLOAD_MAX,
    )
    def upload(self, ufile, case_id="", **_post):
        """Take a file for an answer that is being written: it lies on the draft of the user.

        :param str case_id: id of the ticket; empty or 0: a new mail
        :return: the file as in a thread, or ``{"error"}``, as JSON
        """
        inbox = request.env["omni.inbox"]
        try:
            case = inbox._case(int(case_id)) if case_id and int(case_id) else inbox._no_case()
            draft = request.env["omni.draft"]._begin(case)
            attachment = request.env["ir.attachment"].create(
                {
                    "name": ufile.filename or request.env._("File"),
                    "raw": ufile.read(),
                    "res_model": draft._name,
                    "res_id": draft.id,
                }
            )
            return request.make_json_response(inbox._attachment_data(attachment))
        except (UserError, ValueError) as error:
            text = str(error) if isinstance(error, UserError) else request.env._("No such ticket.")
            return request.make_json_response({"error": text}, status=400)

    @http.route(
        "/omni/attachment/<int:attachment_id>",
        type="http",
        auth="user",
        methods=["GET"],
        readonly=True,
    )
    def download(self, attachment_id, preview="", **_query):
        """A file of a message, to be saved; with ``preview`` a picture that can be shown.

        Never anything a browser would run: whoever sent it is a stranger.
        """
        if not request.env.user.has_group(USER_GROUP):
            raise Forbidden()
        attachment = request.env["omni.inbox"]._attachment(attachment_id)
        if not attachment:
            raise request.not_found()
        try:
            stream = request.env["ir.binary"]._get_stream_from(attachment)
        except (AccessError, MissingError) as error:
            raise request.not_found() from error
        is_shown = bool(preview) and attachment.mimetype in PICTURES
        if not is_shown:
            stream.mimetype = "application/octet-stream"
        response = stream.get_response(
            as_attachment=not is_shown, immutable=True, content_security_policy=None
        )
        response.headers.update(HEADERS)
        return response
