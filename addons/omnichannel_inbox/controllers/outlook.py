import json
import secrets

from werkzeug.exceptions import Forbidden, NotFound

from odoo import http
from odoo.exceptions import AccessError, UserError
from odoo.http import request
from odoo.tools import consteq, hmac

from odoo.addons.integration_base.exceptions import IntegrationError
from odoo.addons.integration_base.log import get_logger
from odoo.addons.integration_base.tools.email import normalize

from ..providers.outlook.tokens import Login, challenge_of, claims_of, new_verifier

_logger = get_logger(__name__)

CALLBACK = "/omni/outlook/signed_in"
_SESSION = "omni_outlook"
#: Shown in the layout of the portal, at one address in all languages.
_PAGE = {"website": True, "multilang": False, "sitemap": False}


class OutlookController(http.Controller):
    """Signing in at Microsoft for a mailbox, and the page on which its owner decides."""

    # -- signing in ----------------------------------------------------------------------------

    @http.route(
        "/omni/outlook/sign_in/<int:channel_id>",
        type="http",
        auth="user",
        methods=["GET"],
        **_PAGE,
    )
    def sign_in(self, channel_id):
        """Begin: send the browser to Microsoft. Only this browser can end what it began."""
        channel_sudo = self._channel(channel_id)
        nonce, verifier = secrets.token_urlsafe(16), new_verifier()
        request.session[_SESSION] = {"nonce": nonce, "verifier": verifier}
        state = {"id": channel_id, "nonce": nonce, "csrf_token": _csrf_token(channel_id, nonce)}
        try:
            login = Login(channel_sudo.outlook_account_id._credentials())
        except IntegrationError as error:
            return self._page(channel_sudo, error=str(error))
        url = login.authorize_url(
            _redirect_uri(),
            json.dumps(state),
            challenge_of(verifier),
            channel_sudo.outlook_mailbox if channel_sudo.outlook_owner_id else "",
        )
        return request.redirect(url, local=False)

    @http.route(CALLBACK, type="http", auth="user", methods=["GET"], **_PAGE)
    def signed_in(self, code=None, state=None, error=None, error_description=None, **_kw):
        """End: Microsoft sends the browser back, with a code or a reason."""
        channel_id, nonce = _read_state(state)
        channel_sudo = self._channel(channel_id)
        kept = request.session.pop(_SESSION, None) or {}
        if not kept.get("nonce") or not consteq(kept["nonce"].encode(), nonce.encode()):
            raise Forbidden()
        if error or not code:
            reason = (error_description or error or "").splitlines()[:1]
            return self._page(channel_sudo, error="".join(reason)[:500] or "?")
        login = Login(channel_sudo.outlook_account_id._credentials())
        try:
            token = login.redeem(code, _redirect_uri(), kept["verifier"])
        except IntegrationError as failure:
            return self._page(channel_sudo, error=str(failure))
        if not token.refresh:
            reason = request.env._("Microsoft gave no lasting access (offline_access).")
            return self._page(channel_sudo, error=reason)
        who = _who(token)
        if channel_sudo.outlook_owner_id and who != channel_sudo.outlook_mailbox:
            reason = request.env._(
                "You signed in as %(who)s, and this is the mailbox %(mailbox)s.",
                who=who or "?",
                mailbox=channel_sudo.outlook_mailbox,
            )
            return self._page(channel_sudo, error=reason)
        channel_sudo._outlook_signed_in(token)
        _logger.info("%s: signed in by user %s", channel_sudo, request.env.uid)
        if channel_sudo.outlook_owner_id:
            return request.redirect(f"/omni/outlook/mailbox/{channel_id}")
        return request.redirect(f"/odoo/omni.channel/{channel_id}")

    # -- whose mailbox it is -------------------------------------------------------------------

    @http.route("/omni/outlook/mailbox/<int:channel_id>", type="http", auth="user", **_PAGE)
    def mailbox(self, channel_id, decision=None):
        """The page on which the owner of a personal mailbox decides; a GET changes nothing."""
        # sudo: an owner need not be a user of the inbox; he is shown nothing but his own mailbox
        channel_sudo = request.env["omni.channel"].sudo().browse(channel_id).exists()
        if not channel_sudo or channel_sudo.outlook_owner_id != request.env.user:
            raise NotFound()
        if request.httprequest.method == "POST":
            if decision == "agree":
                if channel_sudo.outlook_method == "delegated":
                    return request.redirect(f"/omni/outlook/sign_in/{channel_id}")
                channel_sudo._outlook_agree()
            elif decision == "withdraw":
                channel_sudo._outlook_withdraw()
            return request.redirect(f"/omni/outlook/mailbox/{channel_id}")
        return self._page(channel_sudo)

    def _page(self, channel_sudo, error=""):
        values = {
            "channel": channel_sudo,
            "error": error,
            "is_owner": channel_sudo.outlook_owner_id == request.env.user,
            "since": channel_sudo._outlook_since(),
        }
        return request.render("omnichannel_inbox.outlook_mailbox_page", values)

    # -- certificate ---------------------------------------------------------------------------

    @http.route(
        "/omni/outlook/certificate/<int:account_id>", type="http", auth="user", methods=["GET"]
    )
    def certificate(self, account_id):
        """The certificate, without its key, to be uploaded at Microsoft."""
        account = request.env["omni.outlook.account"].browse(account_id)
        try:
            certificate = account.exists().certificate
        except AccessError as error:
            raise NotFound() from error
        if not certificate:
            raise NotFound()
        return request.make_response(
            certificate,
            [
                ("Content-Type", "application/x-pem-file"),
                ("Content-Disposition", "attachment; filename=odoo.cer"),
                ("X-Content-Type-Options", "nosniff"),
            ],
        )

    # -- who may -------------------------------------------------------------------------------

    def _channel(self, channel_id):
        """The mailbox for which this user may sign in.

        :rtype: omni.channel
        """
        channel = request.env["omni.channel"].browse(channel_id)
        # sudo: the owner of a mailbox need not be a user of the inbox
        channel_sudo = channel.sudo().exists()
        if not channel_sudo:
            raise NotFound()
        checked = channel_sudo if channel_sudo.outlook_owner_id else channel
        try:
            checked._check_outlook_sign_in()
        except (AccessError, UserError) as error:
            raise NotFound() from error
        return channel_sudo


def _redirect_uri():
    return f"{request.env['omni.outlook.setup'].get_base_url()}{CALLBACK}"


def _csrf_token(channel_id, nonce):
    """By which we know that it was us, for this user, who sent the browser to Microsoft."""
    # sudo: the secret of the database signs, and is not shown
    env = request.env(su=True)
    return hmac(env, "omni-outlook-sign-in", (channel_id, request.env.uid, nonce))


def _read_state(state):
    try:
        kept = json.loads(state)
        channel_id, nonce = int(kept["id"]), str(kept["nonce"])
        token = str(kept["csrf_token"])
    except (KeyError, TypeError, ValueError) as error:
        raise Forbidden() from error
    if not consteq(token.encode(), _csrf_token(channel_id, nonce).encode()):
        raise Forbidden()
    return channel_id, nonce


def _who(token):
    """The address of whoever signed in: the token came from Microsoft, not by the browser."""
    claims = claims_of(token.id_token)
    return normalize(str(claims.get("preferred_username") or claims.get("email") or "")) or ""
