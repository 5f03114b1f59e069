import re
import secrets
from datetime import timedelta
from urllib.parse import quote, urlsplit

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import SQL

from odoo.addons.integration_base.exceptions import AuthError
from odoo.addons.integration_base.tools import email as email_tools

from ..signature import TOKEN_LIMIT, read_jwt
from .omni_inbox import USER_GROUP

#: Who signs the tokens of the desk.
ISSUER = "iadvize"
#: The one provider with a desk that shows a panel.
PANEL_PROVIDER = "iadvize"
#: From where the desk is served (docs/build-apps.md of iAdvize, "App development").
ORIGINS = "https://sd.iadvize.com https://ha.iadvize.com"
LIBRARY_URL = (
    "https://static.iadvize.com/conversation-panel-app-lib/2.9.0/idzcpa.umd.production.min.js"
)
#: Stands for the reference of an article in its address.
REFERENCE = "{reference}"
_LOOPBACK = frozenset({"localhost", "127.0.0.1"})
#: What can stand in a header without ending a directive of it.
_HOST = re.compile(r"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?")
_PATH = re.compile(r"[\w/.~%@+-]*", re.ASCII)


class PanelRefused(Exception):  # noqa: N818 (it is an answer, not an error)
    """The panel is not shown to somebody.

    :ivar str code: of `OmniIadvizePanel._refusal`
    :ivar user: `res.users` in whose language it is said, when it is known who he is
    :ivar str email: his address, when iAdvize has told it
    """

    def __init__(self, code, user=None, email="", reason=""):
        super().__init__(reason or code)
        self.code, self.user, self.email = code, user, email


class OmniChannel(models.Model):
    """The panel that stands beside a conversation in the desk of iAdvize: where it is, and who may
    see it."""

    _inherit = "omni.channel"

    panel_token = fields.Char(
        groups="base.group_system",
        copy=False,
        readonly=True,
        default=lambda self: secrets.token_urlsafe(32),
    )
    panel_url = fields.Char(
        "Address of the Panel",
        compute="_compute_panel_url",
        groups="base.group_system",
        help="To be entered in iAdvize as address of the panel app, exactly as it is here.",
    )
    panel_secret = fields.Char(
        "Secret of the Panel",
        groups="base.group_system",
        copy=False,
        help="The secret of the connector in iAdvize: the desk signs with it who looks.",
    )
    panel_origins = fields.Char(
        "Shown In",
        groups="base.group_system",
        default=ORIGINS,
        help="The addresses of the desk, with a space between them. In the frame of any other page "
        "the panel is not shown.",
    )
    panel_library_url = fields.Char(
        "Library of the Desk",
        groups="base.group_system",
        default=LIBRARY_URL,
        help="The script of iAdvize by which the panel speaks with the desk. Nobody but iAdvize "
        "should serve it: it sees what the panel shows.",
    )
    panel_article_url = fields.Char(
        "Address of an Article",
        help="Where customers see an article in the web shop, with {reference} in place of its "
        "reference. Without it articles cannot be sent to customers as cards.",
    )
    panel_last_used = fields.Datetime(readonly=True, copy=False)
    panel_last_refused = fields.Datetime(readonly=True, copy=False)
    panel_refusal = fields.Char("Refusal", readonly=True, copy=False)
    panel_refusal_text = fields.Char("Refused Because", compute="_compute_panel_refusal_text")

    _panel_token_uniq = models.UniqueIndex("(panel_token)", "Two channels share a panel.")

    # === COMPUTE METHODS === #

    @api.depends("panel_token", "provider")
    def _compute_panel_url(self):
        for channel in self:
            channel.panel_url = (
                f"{channel.get_base_url()}/omni/panel/{channel.panel_token}"
                if channel.provider == PANEL_PROVIDER and channel.panel_token
                else False
            )

    @api.depends("panel_refusal")
    @api.depends_context("lang")
    def _compute_panel_refusal_text(self):
        panels = self.env["omni.iadvize.panel"]
        for channel in self:
            code, _space, detail = (channel.panel_refusal or "").partition(" ")
            title = panels._refusal(code)[0] if code else ""
            channel.panel_refusal_text = ": ".join(filter(None, (title, detail)))

    # === CONSTRAINTS === #

    @api.constrains("panel_origins")
    def _check_panel_origins(self):
        for channel in self:
            for origin in (channel.panel_origins or "").split():
                if _origin(origin) != origin:
                    raise ValidationError(
                        self.env._(
                            "“%(text)s” is not the address of a desk. Write it like"
                            " https://ha.iadvize.com, without anything behind the name.",
                            text=origin,
                        )
                    )

    @api.constrains("panel_library_url")
    def _check_panel_library_url(self):
        for channel in self:
            url = channel.panel_library_url
            if url and not (_origin(url) and url.startswith(f"{_origin(url)}/")):
                raise ValidationError(
                    self.env._("The library of the desk needs an address that begins with https.")
                )

    @api.constrains("panel_article_url")
    def _check_panel_article_url(self):
        for channel in self:
            url = channel.panel_article_url
            if url and not (_is_safe(url) and REFERENCE in url.partition("://")[2]):
                raise ValidationError(
                    self.env._(
                        "The address of an article begins with https, and has {reference} where its"
                        " reference belongs."
                    )
                )

    # === BUTTONS === #

    def action_panel_renew(self):
        """Button: the old address shows nothing any more."""
        for channel in self:
            channel.panel_token = secrets.token_urlsafe(32)

    # === WHO LOOKS === #

    @api.model
    def _panel_channel(self, token):
        """The channel of a panel.

        :param str token: from the address
        :rtype: recordset of `omni.channel`, sudo; empty when there is none
        """
        if not token:
            # sudo: the answer is of one kind, with a channel or without
            return self.sudo().browse()
        # sudo: whoever opens the page is nobody yet
        return self.sudo().search(
            [("panel_token", "=", token), ("provider", "=", PANEL_PROVIDER)], limit=1
        )

    def _panel_user(self, jwt):
        """Who looks, by the token that the desk has signed; checked with every request.

        :param str jwt: JSON Web Token
        :return: an active colleague who answers customers and sees this channel
        :rtype: recordset of `res.users`, one
        :raise PanelRefused: it is nobody who may look
        """
        self.ensure_one()
        if not self.is_enabled or not self.panel_secret:
            raise PanelRefused("closed")
        if not jwt:
            raise PanelRefused("absent")
        if len(jwt) > TOKEN_LIMIT:
            raise PanelRefused("token", reason="The token is too long.")
        try:
            claims = read_jwt(jwt, self.panel_secret, issuer=ISSUER, audience=self.panel_url)
        except AuthError as error:
            raise PanelRefused("token", reason=str(error)) from error
        email = email_tools.normalize(str(claims.get("email") or ""))
        if not email:
            raise PanelRefused("nameless")
        user = self._panel_user_of(email)
        self._check_panel_user(user, email)
        return user

    def _panel_user_of(self, email):
        """:raise PanelRefused: no colleague has this address, or several have"""
        # sudo: whoever looks is nobody yet. Customers with a portal do not count, whatever they
        # have written into their address
        users = self.env["res.users"].sudo().with_context(active_test=True)
        found = users.search(
            [
                ("share", "=", False),
                "|",
                ("login", "=ilike", email.replace("_", r"\_").replace("%", r"\%")),
                ("partner_id.email_normalized", "=", email),
            ],
            limit=2,
        )
        if not found:
            raise PanelRefused("stranger", email=email)
        if len(found) > 1:
            raise PanelRefused("several", email=email)
        return found

    def _check_panel_user(self, user, email):
        """:raise PanelRefused: he does not answer customers, not for this company or team"""
        if not user.with_user(user).has_group(USER_GROUP):
            raise PanelRefused("group", user, email)
        if self.company_id not in user.company_ids:
            raise PanelRefused("company", user, email)
        seen = self.with_user(user).with_context(allowed_company_ids=self.company_id.ids)
        if not seen.has_access("read"):
            raise PanelRefused("team", user, email)

    def _panel_used(self):
        """Remember that it works, now and then; written past the cache: nothing depends on it."""
        self._panel_note(SQL("panel_last_used = %s", fields.Datetime.now()), "panel_last_used")

    def _panel_note_refused(self, reason):
        """Remember that somebody was refused, and why: a wrong secret looks just like this.

        :param str reason: code of `PanelRefused`, and what else is known, with a space between them
        """
        now = fields.Datetime.now()
        self._panel_note(
            SQL("panel_last_refused = %s, panel_refusal = %s", now, reason[:200]),
            "panel_last_refused",
        )

    def _panel_note(self, assignment, name):
        self.env.cr.execute(
            SQL(
                "UPDATE omni_channel SET %(assignment)s WHERE id IN %(ids)s"
                " AND (%(name)s IS NULL OR %(name)s < %(before)s)",
                assignment=assignment,
                name=SQL.identifier(name),
                ids=self._ids,
                before=fields.Datetime.now() - timedelta(minutes=1),
            )
        )
        self.invalidate_recordset([name, "panel_refusal"])

    # === WHERE IT IS SHOWN === #

    def _panel_policy(self):
        """The Content-Security-Policy of the page: in the frames of the desk only, with our own
        script and that of the desk.

        :rtype: str
        """
        self.ensure_one()
        origins = [_origin(origin) for origin in (self.panel_origins or "").split()]
        frames = " ".join(filter(None, origins)) or "'none'"
        library = _origin(self.panel_library_url or "")
        scripts = f"'self' {library}" if library else "'self'"
        return (
            f"default-src 'none'; script-src {scripts}; style-src 'self'; img-src 'self' data:;"
            f" connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors {frames}"
        )

    def _panel_article_link(self, product):
        """Where a customer sees an article; nothing when that is not known. Override to know it.

        :param product: `product.product`
        :rtype: str
        """
        self.ensure_one()
        if not self.panel_article_url or not product.default_code:
            return ""
        return self.panel_article_url.replace(REFERENCE, quote(product.default_code, safe=""))


def _origin(url):
    """The origin of an address, as a header names it; empty when it is none that is safe."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return ""
    host = parts.hostname or ""
    if not _HOST.fullmatch(host) or not _PATH.fullmatch(parts.path) or parts.query:
        return ""
    if parts.scheme != "https" and not (parts.scheme == "http" and host in _LOOPBACK):
        return ""
    if parts.username is not None or parts.password is not None or parts.fragment:
        return ""
    return f"{parts.scheme}://{host}" + (f":{port}" if port else "")


def _is_safe(url):
    """Whether an address can be given to customers."""
    begin, _slash, _rest = url.partition("://")[2].partition("/")
    scheme = url.partition("://")[0]
    return bool(_origin(f"{scheme}://{begin}")) and not re.search(r"[\s\"'<>\\]", url)
