import json
from pathlib import Path

from werkzeug.exceptions import HTTPException

from odoo import http
from odoo.exceptions import AccessError, UserError
from odoo.http import Response, request

from odoo.addons.integration_base.log import get_logger
from odoo.addons.integration_base.transaction import is_passing

from ..models.omni_channel_panel import PanelRefused
from ..webhook_guard import WebhookGuard

_logger = get_logger(__name__)

#: Bytes of the largest request of a panel.
MAX_BYTES = 32 * 1024
#: What a panel can ask for: methods ``_do_<action>`` of `omni.iadvize.panel`.
ACTIONS = frozenset(
    {
        "answer",
        "articles",
        "canned",
        "card",
        "confirm",
        "context",
        "identify",
        "note",
        "part",
        "reject",
        "ticket",
        "undo",
    }
)
#: HTTP status of a refusal, 403 unless it is named here.
STATUS = {"absent": 401, "token": 401, "nameless": 401, "busy": 429}
FOLDER = Path(__file__).parents[1] / "static" / "panel"

#: Refused requests, by channel and address.
guard = WebhookGuard()
#: Requests of one colleague in a minute: eight chats that look every fifteen seconds are 32.
pace = WebhookGuard(limit=400)


class IadvizePanel(http.Controller):
    """The panel in the desk of iAdvize: a page in a frame, and what it asks for.

    There is no session and no cookie: frames of other sites have none. Every request shows a token
    that the desk has signed a minute ago at most.
    """

    @http.route(
        "/omni/panel/<string:token>",
        type="http",
        auth="none",
        readonly=False,
        methods=["GET"],
        save_session=False,
    )
    def page(self, token, jwt="", **_query):
        """The page, or one that says why it is not shown."""
        channel = _channel(token)
        if not channel:
            return _not_found()
        try:
            user = _enter(channel, jwt)
        except PanelRefused as refused:
            return _refused_page(channel, refused)
        lang = user.lang or "en_US"
        texts = request.env["omni.iadvize.panel"]._texts()
        html = request.env["ir.qweb"]._render(
            "omnichannel_inbox.iadvize_panel_page",
            {
                "html_lang": lang.replace("_", "-"),
                "library": channel.panel_library_url or "",
                "version": _version(),
                "panel": json.dumps({"url": f"/omni/panel/{token}", "texts": texts}),
                "texts": texts,
            },
        )
        channel._panel_used()
        return _page(channel, html)

    @http.route(
        "/omni/panel/<string:token>/<string:action>",
        type="http",
        auth="none",
        readonly=False,
        methods=["POST"],
        csrf=False,
        save_session=False,
        max_content_length=MAX_BYTES,
    )
    def act(self, token, action, **_query):
        """Something the panel asks for, as JSON; whoever asks shows his token in the header
        ``Authorization: Bearer …``.

        200: done. 400: refused, with a text for the colleague. 401, 403: he may not. 404: no such
        thing. 413: too large. 429: too often. 500: something is wrong here.
        """
        channel = _channel(token)
        if not channel or action not in ACTIONS:
            return _not_found()
        scheme, _space, jwt = request.httprequest.headers.get("Authorization", "").partition(" ")
        try:
            _enter(channel, jwt.strip() if scheme.lower() == "bearer" else "")
        except PanelRefused as refused:
            title, text = _refusal(channel, refused)
            return _json(
                {"error": {"code": refused.code, "title": title, "text": text}},
                STATUS.get(refused.code, 403),
            )
        try:
            values = _body()
        except HTTPException as error:  # larger than allowed
            return _failure(request.env._("This is too long."), error.code or 400)
        except ValueError:
            return _failure(request.env._("This request cannot be understood."), 400)
        try:
            panel = request.env["omni.iadvize.panel"]
            answer = getattr(panel, f"_do_{action}")(channel, values)
            # some of what is wrong shows no earlier
            request.env.flush_all()
            return _json(answer, 200)
        except UserError as error:
            # half of an action is none
            request.env.cr.rollback()
            status = 403 if isinstance(error, AccessError) else 400
            return _failure(str(error), status)
        except Exception as error:
            if is_passing(error):
                raise  # Odoo does it again
            request.env.cr.rollback()
            _logger.exception("Panel of channel %s: %s has failed", channel.id, action)
            return _failure(request.env._("That did not work. Try again."), 500)


# -- who asks -------------------------------------------------------------------------------------


def _channel(token):
    """The channel of a panel, sudo."""
    return request.env["omni.channel"]._panel_channel(token)


def _enter(channel, jwt):
    """Go on as whoever the desk has vouched for, in the company of the channel.

    :rtype: recordset of `res.users`
    :raise PanelRefused: nobody is vouched for, or he may not look
    """
    stranger = f"{channel.id} {request.httprequest.remote_addr}"
    try:
        user = channel._panel_user(jwt)
    except PanelRefused as refused:
        # whoever is vouched for is let in, whatever others try from the same address
        if guard.is_shut(stranger):
            raise PanelRefused("busy") from refused
        _note(channel, refused, stranger)
        raise
    if pace.is_shut(f"{user.id}"):
        raise PanelRefused("busy", user)
    pace.refuse(f"{user.id}")
    context = {
        "lang": user.lang,
        "tz": user.tz,
        "uid": user.id,
        "allowed_company_ids": channel.company_id.ids,
    }
    request.update_env(user=user.id, context=context, su=False)
    return user


def _note(channel, refused, stranger):
    """Count a refused request; the channel says so, for a wrong secret looks just like this."""
    if guard.refuse(stranger) == 1:
        _logger.warning("Panel of channel %s: refused: %s", channel.id, refused)
    if refused.code not in ("absent", "closed"):
        reason = str(refused) if str(refused) != refused.code else ""
        words = (refused.code, refused.email, reason)
        channel._panel_note_refused(" ".join(filter(None, words)))


def _body():
    """What was sent, as a dict.

    :raise HTTPException: it is larger than allowed
    :raise ValueError: it cannot be read
    """
    try:
        values = json.loads(request.httprequest.get_data())
    except RecursionError as error:
        raise ValueError("This is nested too deeply.") from error
    if not isinstance(values, dict):
        raise ValueError("This is no object.")
    return values


# -- what is answered -----------------------------------------------------------------------------


def _refusal(channel, refused):
    """Title and text of a refusal, in the language of whoever is refused."""
    # sudo: whoever is refused is nobody here; nothing but texts is read
    panel = request.env["omni.iadvize.panel"].sudo()
    lang = (
        (refused.user and refused.user.lang)
        or panel._installed_lang(request.best_lang)
        or channel.company_id.partner_id.lang
        or "en_US"
    )
    return panel.with_context(lang=lang)._refusal(refused.code, refused.email)


def _refused_page(channel, refused):
    title, text = _refusal(channel, refused)
    # sudo: a template, filled with these texts alone
    html = (
        request.env["ir.qweb"]
        .sudo()
        ._render(
            "omnichannel_inbox.iadvize_panel_refused",
            {"title": title, "text": text, "version": _version()},
        )
    )
    return _page(channel, html, STATUS.get(refused.code, 403))


def _page(channel, html, status=200):
    headers = {
        "Content-Security-Policy": channel._panel_policy(),
        "Cache-Control": "no-store",
        "Referrer-Policy": "no-referrer",
    }
    response = Response(f"<!DOCTYPE html>\n{html}", status=status, headers=headers)
    response.content_type = "text/html; charset=utf-8"
    return response


def _json(document, status):
    response = request.make_json_response(document, status=status)
    response.headers["Cache-Control"] = "no-store"
    return response


def _failure(text, status):
    return _json({"error": {"code": "refused", "title": "", "text": text}}, status)


def _not_found():
    headers = {"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'"}
    return Response("", status=404, headers=headers)


def _version():
    """What makes browsers fetch script and style again when they have changed."""
    return str(max(path.stat().st_mtime_ns for path in FOLDER.iterdir()))
