from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain

from ..identity import rules

RESULTS = [
    ("ticket", "Opens a ticket"),
    ("history", "Joins the customer's history"),
    ("ignore", "Is left alone"),
]
KINDS = [
    ("colleague", "Colleagues"),
    ("supplier", "Suppliers"),
    ("customer", "Known customers"),
    ("unknown", "Strangers"),
    ("bulk", "Newsletters and mailing lists"),
    ("automatic", "Machines (automatic messages)"),
]


class OmniRule(models.Model):
    """What becomes of a message that starts something new, by who sent it and where to.

    The first rule that holds decides; without any, a ticket is opened. What belongs to a thread
    with a ticket always goes there, whatever the rules say.
    """

    _name = "omni.rule"
    _description = "Rule of the Inbox"
    _order = "sequence, id"
    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=20)
    active = fields.Boolean(default=True)
    channel_ids = fields.Many2many(
        "omni.channel",
        string="Channels",
        domain="company_id and [('company_id', '=', company_id)] or []",
        help="Empty: all channels.",
    )
    company_id = fields.Many2one("res.company", help="Empty: all companies.")
    sender_kind = fields.Selection(
        KINDS,
        "Sent By",
        help="Colleagues: your users, and addresses in the domains of your companies.",
    )
    sender_patterns = fields.Text(
        "Sender Is",
        help="Addresses, domains or patterns with *, one a line: jan@example.com, example.com, "
        "noreply@*.",
    )
    recipient_patterns = fields.Text(
        "Sent To", help="Addresses in To or Cc, one a line: what is sent to an alias, for example."
    )
    list_patterns = fields.Text("Mailing List Is", help="Names of mailing lists, one a line.")
    subject_words = fields.Text("Subject Has", help="Words or phrases, one a line; any of them.")
    folder_ids = fields.Many2many("omni.folder", string="Folders")
    partner_category_ids = fields.Many2many(
        "res.partner.category", string="Tags of the Contact", help="The contact has one of them."
    )
    result = fields.Selection(RESULTS, "What Happens", required=True, default="ticket")
    team_id = fields.Many2one(
        "crm.team",
        domain="[('use_tickets', '=', True)]",
        help="Empty: the team of the channel.",
    )
    category_id = fields.Many2one("crm.ticket.category", "Ticket Category")
    tag_ids = fields.Many2many("crm.tag", string="Ticket Tags")
    summary = fields.Char(compute="_compute_summary")

    # === COMPUTE METHODS === #

    @api.depends(
        "sender_kind",
        "sender_patterns",
        "recipient_patterns",
        "list_patterns",
        "subject_words",
        "folder_ids",
        "partner_category_ids",
    )
    @api.depends_context("lang")
    def _compute_summary(self):
        kinds = dict(self._fields["sender_kind"]._description_selection(self.env))
        for rule in self:
            senders = ", ".join(rules.split_patterns(rule.sender_patterns))
            parts = [
                kinds.get(rule.sender_kind),
                senders and self.env._("from %(addresses)s", addresses=senders),
                rule.recipient_patterns
                and self.env._(
                    "to %(addresses)s",
                    addresses=", ".join(rules.split_patterns(rule.recipient_patterns)),
                ),
                rule.list_patterns
                and self.env._(
                    "list %(names)s", names=", ".join(rules.split_patterns(rule.list_patterns))
                ),
                rule.subject_words
                and self.env._(
                    "subject has “%(words)s”", words="”, “".join(rules.lines(rule.subject_words))
                ),
                rule.folder_ids
                and self.env._("in %(folders)s", folders=", ".join(rule.folder_ids.mapped("name"))),
                rule.partner_category_ids
                and self.env._(
                    "tagged %(tags)s", tags=", ".join(rule.partner_category_ids.mapped("name"))
                ),
            ]
            rule.summary = " · ".join(filter(None, parts)) or self.env._("Everything")

    @api.constrains("sender_patterns", "recipient_patterns")
    def _check_patterns(self):
        for rule in self:
            for text in (rule.sender_patterns, rule.recipient_patterns):
                for pattern in rules.split_patterns(text):
                    if not rules.is_pattern(pattern):
                        raise ValidationError(
                            self.env._(
                                "“%(pattern)s” is neither an address nor a domain. Write for "
                                "example jan@example.com, example.com or noreply@*.",
                                pattern=pattern,
                            )
                        )

    @api.constrains("company_id", "channel_ids", "team_id")
    def _check_companies(self):
        for rule in self:
            # sudo: the team may be one that its author does not see
            companies = (
                rule.company_id | rule.channel_ids.company_id | rule.sudo().team_id.company_id
            )
            if len(companies) > 1 and (rule.company_id or rule.team_id.company_id):
                raise ValidationError(
                    self.env._(
                        "“%(rule)s” has a channel or a team of another company.", rule=rule.name
                    )
                )

    # === RULES OF A CHANNEL === #

    @api.model
    def _for_channel(self, channel):
        """Return the rules of a channel in their order, as plain values.

        :param channel: `omni.channel`
        :rtype: list[identity.rules.Rule]
        """
        # sudo: what comes in is judged by all rules, whoever takes it in
        found = self.sudo().search(
            Domain("channel_ids", "in", [*channel.ids, False])
            & Domain("company_id", "in", [*channel.company_id.ids, False])
        )
        return [
            rules.Rule(
                id=rule.id,
                result=rule.result,
                kind=rule.sender_kind or "",
                senders=rules.split_patterns(rule.sender_patterns),
                recipients=rules.split_patterns(rule.recipient_patterns),
                lists=rules.split_patterns(rule.list_patterns),
                subjects=rules.lines(rule.subject_words),
                folders=frozenset(
                    folder.key for folder in rule.folder_ids if folder.channel_id == channel
                ),
                tags=frozenset(rule.partner_category_ids.ids),
            )
            for rule in found
            if not rule.folder_ids or channel in rule.folder_ids.channel_id
        ]

    def _case_values(self, company):
        """Return what a ticket opened by this rule gets.

        :param company: `res.company` of the ticket
        :rtype: dict
        """
        self.ensure_one()
        values = {}
        if self.team_id and self.team_id.company_id in (company, company.browse()):
            values["team_id"] = self.team_id.id
        if self.category_id:
            values["category_id"] = self.category_id.id
        if self.tag_ids:
            values["tag_ids"] = [fields.Command.set(self.tag_ids.ids)]
        return values
