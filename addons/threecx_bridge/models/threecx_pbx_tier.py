from datetime import timedelta

from markupsafe import Markup

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import format_datetime

from odoo.addons.integration_base.exceptions import (
    AuthError,
    IntegrationError,
    RejectedError,
    RetryableError,
)
from odoo.addons.integration_base.http_client import HttpClient

from .threecx_pbx_api import TIMEOUT

#: A template from which nothing was heard for so many days is not live any more.
TEMPLATE_DAYS = 14
WORKS, PARTLY, MISSING = range(3)
#: The listener says that it is there about three times a minute.
LISTENER_MINUTES = 5


class ThreecxPbx(models.Model):
    """What the telephone system can do: by what was seen, not by what was promised."""

    _inherit = "threecx.pbx"

    api_state = fields.Selection(
        [
            ("unknown", "Not tried"),
            ("ok", "Works"),
            ("denied", "Refused"),
            ("failed", "Does not answer"),
        ],
        "Live Interface",
        default="unknown",
        required=True,
        readonly=True,
        copy=False,
    )
    api_message = fields.Char("Live Interface Says", readonly=True, copy=False)
    api_checked = fields.Datetime("Tested On", readonly=True, copy=False)
    followed_count = fields.Integer("Extensions That Can Be Followed", readonly=True, copy=False)
    test_result = fields.Text("What Came Back", readonly=True, copy=False)
    tier = fields.Selection(
        [
            ("0", "Calls by click"),
            ("1", "Caller names and call reports"),
            ("2", "Server-side calls and live events"),
        ],
        "Level",
        compute="_compute_tier",
        compute_sudo=True,
        help="The highest level that was seen to work. Each adds to the one before, and works "
        "without the next.",
    )
    tier_reason = fields.Html(
        "What Works", compute="_compute_tier_reason", compute_sudo=True, sanitize=False
    )
    is_template_live = fields.Boolean(compute="_compute_is_template_live")
    is_listener_live = fields.Boolean(compute="_compute_is_listener_live")

    # === COMPUTE METHODS === #

    @api.depends("last_lookup", "last_journal")
    def _compute_is_template_live(self):
        since = fields.Datetime.now() - timedelta(days=TEMPLATE_DAYS)
        for pbx in self:
            heard = pbx._template_heard()
            pbx.is_template_live = bool(heard and heard > since)

    @api.depends("last_event", "listener_enabled")
    def _compute_is_listener_live(self):
        since = fields.Datetime.now() - timedelta(minutes=LISTENER_MINUTES)
        for pbx in self:
            heard = pbx.last_event
            pbx.is_listener_live = bool(pbx.listener_enabled and heard and heard > since)

    @api.depends("has_api", "api_state", "is_template_live")
    def _compute_tier(self):
        for pbx in self:
            if pbx.has_api and pbx.api_state == "ok":
                pbx.tier = "2"
            else:
                pbx.tier = "1" if pbx.is_template_live else "0"

    @api.depends(
        "tier",
        "edition",
        "version",
        "last_pop",
        "is_listener_live",
        "api_message",
        "followed_count",
    )
    @api.depends_context("lang", "tz")
    def _compute_tier_reason(self):
        for pbx in self:
            lines = (pbx._tier_line_click(), pbx._tier_line_template(), pbx._tier_line_live())
            pbx.tier_reason = Markup("").join(self._render_line(*line) for line in lines)

    def _template_heard(self):
        """When the CRM template was last seen at work, if ever."""
        self.ensure_one()
        return max(filter(None, (self.last_lookup, self.last_journal)), default=None)

    # === THREE LINES: (HOW FAR, WHAT IT IS, WHY, WHAT IS MISSING OR WOULD CHANGE) === #

    def _tier_line_click(self):
        if self.url:
            why = self.env._("Works with every edition of 3CX.")
        else:
            why = self.env._(
                "Calls go through the telephone app of each computer, as long as no address is "
                "given above."
            )
        if self.last_pop:
            why += " " + self.env._(
                "3CX last showed a caller in Odoo on %(date)s.", date=self._moment(self.last_pop)
            )
            gain = ""
        else:
            gain = self.env._(
                "3CX has not shown a caller in Odoo yet. Each colleague enters the address given "
                "under “Calling” in his 3CX client, as the page to open on ringing."
            )
        return WORKS, self.env._("Call by click, callers shown on ringing"), why, gain

    def _tier_line_template(self):
        title = self.env._("Caller names on the telephone, calls kept by themselves")
        gain = self.env._(
            "With it: the telephone shows the customer's name, every outside call is noted on the "
            "contact, and a missed call is never forgotten."
        )
        heard = self._template_heard()
        if self.is_template_live:
            parts = []
            if self.last_lookup:
                parts.append(
                    self.env._(
                        "3CX last asked for a name on %(date)s.",
                        date=self._moment(self.last_lookup),
                    )
                )
            if self.last_journal:
                parts.append(
                    self.env._(
                        "3CX last reported a call on %(date)s.",
                        date=self._moment(self.last_journal),
                    )
                )
                gain = ""
            else:
                gain = self.env._(
                    "No call has been reported yet. That happens when the first outside call ends."
                )
            return WORKS, title, " ".join(parts), gain
        if heard:
            why = self.env._(
                "Nothing was heard from the template since %(date)s. It may have been removed from "
                "3CX, or its key revoked.",
                date=self._moment(heard),
            )
        elif self.edition in ("free", "smb"):
            why = self.env._(
                "This 3CX (%(edition)s) cannot load a CRM template: PRO or Enterprise can.",
                edition=self._edition_label(),
            )
        else:
            why = self.env._(
                "3CX has not asked anything yet. Load the template into 3CX: see “Caller names and "
                "call reports” below. It needs 3CX PRO or Enterprise."
            )
        return MISSING, title, why, gain

    def _tier_line_live(self):
        title = self.env._("The telephone rings by itself, live calls on every screen")
        gain = self.env._(
            "With it: a click makes your own telephone ring at once, incoming calls appear in Odoo "
            "without any setting at the colleagues', and one sees who is on the phone."
        )
        if self.tier == "2":
            why = self.env._(
                "3CX %(edition)s %(version)s answered on %(date)s; %(count)s extensions can be "
                "followed.",
                edition=self._edition_label(),
                version=self.version or "",
                date=self._moment(self.api_checked),
                count=self.followed_count,
            )
            return WORKS if self.is_listener_live else PARTLY, title, why, self._listener_line()
        if not self.has_api:
            why = self.env._(
                "No API key of 3CX is entered. It needs 3CX V20 Enterprise, from 8 simultaneous "
                "calls."
            )
        elif self.api_state == "unknown":
            why = self.env._("Not tried yet: press “Test”.")
        else:
            why = self.api_message or self.env._("It does not work.")
        return MISSING, title, why, gain

    def _listener_line(self):
        if self.is_listener_live:
            return self.env._("The listener is connected.")
        if not self.listener_enabled:
            return self.env._("Switch on “Follow calls live” below to see calls while they ring.")
        if not self.last_event:
            return self.env._("The listener was never heard of: is it started on the server?")
        return self.env._(
            "The listener was last heard of on %(date)s: it is not running, or cannot reach 3CX.",
            date=self._moment(self.last_event),
        )

    def _moment(self, moment):
        return format_datetime(self.env, moment, dt_format="short") if moment else ""

    def _edition_label(self):
        return dict(self._fields["edition"]._description_selection(self.env)).get(self.edition, "")

    @api.model
    def _render_line(self, progress, title, why, gain):
        """One line of what works, for the screen.

        :rtype: Markup
        """
        colour, icon, state = {
            WORKS: ("text-success", "fa-check-circle", self.env._("Works")),
            PARTLY: ("text-warning", "fa-adjust", self.env._("Partly")),
            MISSING: ("text-muted", "fa-circle-o", self.env._("Not yet")),
        }[progress]
        more = Markup('<div class="text-muted">%s</div>') % gain if gain else Markup("")
        return Markup(
            '<div class="d-flex gap-3 py-2 border-bottom">'
            '<div class="text-nowrap %s" style="min-width: 7em">'
            '<i class="fa %s fa-lg me-2" title="%s"></i>%s</div>'
            "<div><strong>%s</strong><div>%s</div>%s</div></div>"
        ) % (colour, icon, state, state, title, why, more)

    # === TEST === #

    def _test_connection(self):
        """Override: look what the telephone system can do, and keep what came back.

        :raise IntegrationError: something that is set up does not work
        """
        self.ensure_one()
        lines, errors = [], []
        for look in (self._look_webclient, self._look_api):
            try:
                lines += look()
            except IntegrationError as error:
                lines.append(f"✗ {self._explain(error)}")
                errors.append(error)
        self.write({"test_result": "\n".join(lines), "api_checked": fields.Datetime.now()})
        if errors:
            # first what it means, then what was said
            raise IntegrationError(f"{self._explain(errors[0])}\n{errors[0]}") from errors[0]

    def _look_webclient(self):
        """Whether the address is that of a web client; a sentence of what came back."""
        if not self.url:
            return [self.env._("– No address entered: calls go through the telephone app.")]
        client = HttpClient(self.url, timeout=TIMEOUT, ca_bundle=self.sudo().ca_bundle or None)
        with client:
            answer = client.peek(f"{self.url}/webclient/")
        return [
            self.env._(
                "✓ The web client answers at %(url)s (HTTP %(status)s).",
                url=self.url,
                status=answer.status,
            )
        ]

    def _look_api(self):
        """Whether the telephone system can be asked to call; sentences of what came back."""
        if not self.has_api:
            if self.api_state != "unknown":
                self.write({"api_state": "unknown", "api_message": False})
            return [self.env._("– No API key entered: server-side calls were not tried.")]
        try:
            with self._api() as api_client:
                lines = self._look_license(api_client)
                numbers = api_client.dns()
        except IntegrationError as error:
            self._note_api_failure(error)
            raise
        followed = {number.dn for number in numbers if number.is_extension}
        self._note_followed(followed)
        self.write(
            {
                "api_state": "ok",
                "api_message": False,
                "api_resumes": False,
                "followed_count": len(followed),
            }
        )
        if followed:
            lines.append(
                self.env._(
                    "✓ Extensions that can be followed and made to call: %(numbers)s.",
                    numbers=", ".join(sorted(followed)),
                )
            )
        else:
            lines.append(
                self.env._(
                    "✗ No extension can be followed. List them in the console of 3CX, at the API "
                    "client made for Odoo."
                )
            )
        return lines

    def _look_license(self, api_client):
        """Edition and version, when the client may ask for them; sentences of what came back.

        :param ThreecxApi api_client: of this telephone system
        """
        try:
            found = api_client.license()
        except AuthError as error:
            if error.code != 403:
                raise
            # what was read before may be of another licence
            self.write({"edition": False, "version": False, "sim_calls": 0})
            return [
                self.env._(
                    "✗ The edition, the users and the call log cannot be read: the API client of "
                    "3CX has no access to the Configuration API (XAPI), or the edition is not "
                    "Enterprise."
                )
            ]
        self.write(
            {
                "edition": found.edition or False,
                "version": found.version,
                "sim_calls": found.max_sim_calls,
            }
        )
        return [
            self.env._(
                "✓ 3CX accepted the key: %(product)s, version %(version)s, %(calls)s simultaneous "
                "calls.",
                product=found.product_code,
                version=found.version,
                calls=found.max_sim_calls,
            )
        ]

    def _note_api_failure(self, error):
        """What an error says of the live interface.

        :param IntegrationError error: what the telephone system answered
        """
        is_refusal = isinstance(error, (AuthError, RejectedError))
        self.sudo().write(
            {
                "api_state": "denied" if is_refusal else "failed",
                "api_message": self._explain(error),
            }
        )

    def _explain(self, error):
        """What an error means, for people.

        :param IntegrationError error: of the conversation with the telephone system
        :rtype: str
        """
        if isinstance(error, AuthError) and error.code == 403:
            return self.env._(
                "3CX knows the API client and refuses it: it has no access to Call Control "
                "(department and role), or the edition is not Enterprise with 8 simultaneous calls."
            )
        if isinstance(error, AuthError):
            return self.env._(
                "3CX does not accept the API key: enter the client ID and the key once more, or "
                "make a new one in the console of 3CX."
            )
        if isinstance(error, RetryableError):
            return self.env._("%(url)s does not answer, or answers with an error.", url=self.url)
        if getattr(error, "code", None) == "tls":
            return self.env._("The certificate of %(url)s cannot be trusted.", url=self.url)
        if isinstance(error, RejectedError):
            return self.env._(
                "%(url)s does not answer as a 3CX does: is the address right?", url=self.url
            )
        return str(error)

    # === WATCHDOG === #

    @api.model
    def _watchdog_domain(self):
        """Override: only a live interface is expected to be heard of all the time; no call for a
        day is nothing unusual for a template."""
        return super()._watchdog_domain() & Domain("api_state", "!=", "unknown")

    def _watchdog_findings(self):
        """Override to miss the listener too."""
        findings = super()._watchdog_findings()
        if self.listener_enabled and self.tier == "2":
            self.invalidate_recordset(["is_listener_live"])  # depends on the clock
            if not self.is_listener_live:
                findings.append(self._listener_line())
        return findings
