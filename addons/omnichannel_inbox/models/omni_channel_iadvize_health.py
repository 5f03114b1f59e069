from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools.translate import LazyTranslate

from ..providers.iadvize.plan import make_plan
from ..providers.iadvize.schema import Schema

_lt = LazyTranslate(__name__)

#: Hours without a word of iAdvize, while customers write, after which it is reported.
SILENT_HOURS = 24
#: What is not imported when something is not there, by the key of what is wanted.
MISSING_TEXTS = {
    "message_id": _lt("Messages have no id: they are known by their place in the conversation."),
    "operator_email": _lt(
        "Operators have no e-mail address: which colleague has answered is shown by name only."
    ),
    "operators": _lt("Who takes part is known by what they write only."),
    "tags": _lt("Tags are not imported."),
    "tag_name": _lt("Tags are not imported."),
    "rating": _lt("Satisfaction is known only when iAdvize tells of it."),
    "rating_score": _lt("Satisfaction is known only when iAdvize tells of it."),
    "purchases": _lt("Purchases are known only when iAdvize tells of them."),
    "purchase_order": _lt("Purchases are known only when iAdvize tells of them."),
    "custom_entries": _lt("What your web site tells of visitors is not imported."),
    "custom_value": _lt("What your web site tells of visitors is not imported."),
    "visitor_user": _lt(
        "Nobody is known by authenticated messaging: no visitor is identified for certain."
    ),
    "visitor_email": _lt("E-mail addresses of visitors are not imported."),
    "visitor_phone": _lt("Telephone numbers of visitors are not imported."),
    "visitor_postcode": _lt("Postcodes of visitors are not imported."),
    "project": _lt("Conversations do not say to which project they belong: all are imported."),
    "closed_list": _lt(
        "Closed conversations cannot be listed: earlier ones are not brought in, and one that "
        "iAdvize could not tell us of stays unknown."
    ),
}
REQUIRED_TEXT = _lt("Without it conversations cannot be imported.")


class OmniChannel(models.Model):
    """How a project of iAdvize is: what its schema does not have, and whether it still tells."""

    _inherit = "omni.channel"

    iadvize_schema_date = fields.Datetime(
        "Schema Read On",
        compute="_compute_iadvize_missing",
        compute_sudo=True,
        help="When iAdvize last told what its conversations consist of.",
    )
    iadvize_missing = fields.Text(
        "Not Imported", compute="_compute_iadvize_missing", compute_sudo=True
    )
    iadvize_suppressed = fields.Boolean("Messenger Left Out", compute="_compute_iadvize_suppressed")

    # === COMPUTE METHODS === #

    @api.depends("provider", "iadvize_user")
    @api.depends_context("lang")
    def _compute_iadvize_missing(self):
        for channel in self:
            channel.iadvize_schema_date = self.env["omni.iadvize.schema"]._of(channel).read_on
            lines = [
                self._iadvize_missing_text(finding.key, finding.path, finding.state)
                for finding in channel._iadvize_findings()
            ]
            channel.iadvize_missing = "\n".join(lines) or False

    @api.depends("iadvize_messenger", "company_id", "provider")
    def _compute_iadvize_suppressed(self):
        for channel in self:
            channel.iadvize_suppressed = (
                channel.provider == "iadvize" and channel._iadvize_is_messenger_elsewhere()
            )

    def _iadvize_findings(self):
        """What is wanted and not there; nothing as long as the schema was not read.

        :return: tuple of `Finding`
        """
        self.ensure_one()
        # sudo: what is kept of it is for nobody's eyes
        schema = Schema.load(self.env["omni.iadvize.schema"].sudo()._of(self).content)
        return make_plan(schema).findings if schema else ()

    @api.model
    def _iadvize_missing_text(self, key, path, state):
        """What it means that something is not there, for a person.

        :param str key: of what is wanted
        :param str path: where it was looked for
        :param str state: ``missing`` or ``deprecated``
        :rtype: str
        """
        meaning = self.env._(  # pylint: disable=translation-not-lazy
            MISSING_TEXTS.get(key, REQUIRED_TEXT)
        )
        if state == "deprecated":
            return self.env._(
                "%(path)s is about to be given up by iAdvize, and is not used. %(meaning)s",
                path=path,
                meaning=meaning,
            )
        return self.env._("%(path)s does not exist. %(meaning)s", path=path, meaning=meaning)

    # === HEALTH === #

    def _test_connection(self):
        """Override: what is missing is said in words."""
        if self.provider != "iadvize":
            return super()._test_connection()
        return self.env["omni.iadvize.setup"]._setup_test(self._provider())

    def _watchdog_findings(self):
        """Override: what is missing for importing, and a webhook that has fallen silent."""
        findings = super()._watchdog_findings()
        if self.provider != "iadvize" or not self.is_enabled:
            return findings
        # sudo: whoever runs the watchdog
        if not self.sudo().secret:
            findings.append(
                self.env._(
                    "The secret of the app of iAdvize is not entered: nothing that it tells can be "
                    "accepted. Conversations are known only when they are closed."
                )
            )
        elif self._iadvize_is_untold():
            findings.append(
                self.env._(
                    "Customers write, and iAdvize has told nothing for a day: look at the webhooks "
                    "of the app, their address and their secret. What is closed is fetched."
                )
            )
        findings += [
            self._iadvize_missing_text(finding.key, finding.path, finding.state)
            for finding in self._iadvize_findings()
            if finding.is_required
        ]
        return findings

    def _iadvize_is_untold(self):
        """Whether conversations come in that iAdvize has not told of.

        :rtype: bool
        """
        self.ensure_one()
        since = fields.Datetime.now() - timedelta(hours=SILENT_HOURS)
        mine = Domain("channel_id", "=", self.id)
        # sudo: whether something came in, not what; for whoever runs the watchdog
        messages_sudo = self.env["omni.message"].sudo()
        has_written = messages_sudo.search_count(
            mine
            & Domain("direction", "=", "in")
            & Domain("sent", ">=", since)
            & Domain("sent", "<", fields.Datetime.now() - timedelta(hours=1)),
            limit=1,
        )
        if not has_written:
            return False
        # sudo: see above
        events_sudo = self.env["omni.event"].sudo()
        return not events_sudo.search_count(
            mine
            & Domain("received", ">=", since)
            & Domain("dedupe_key", "=like", "v2.conversation.%"),
            limit=1,
        )

    # === BUTTONS === #

    def action_iadvize_setup(self):
        """Button: the steps of setting up, for this channel."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "omnichannel_inbox.omni_iadvize_setup_action"
        )
        action["context"] = {"default_channel_id": self.id, "default_step": "webhook"}
        return action
