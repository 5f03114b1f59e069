from odoo import api, fields, models
from odoo.exceptions import UserError

from ..contract import CONTRACTS, SILICON_MASTER_FR
from ..pipeline.sheet import reference
from .sm_labels import field_label

# the master's own words
YES, NO = "O", "N"
KINDS = {"delivery": "L", "invoice": "F"}
# Fields of the contract that Silicon Master gives itself, or that concern nobody who is new.
NOT_TYPED = ("code", "blocked")


class ResPartner(models.Model):
    """A customer who was met in Odoo first, and has to be typed into the master.

    Encoding stays in Silicon Master. Odoo prints what is to be typed, in the order of the master's
    columns, and finds the customer by itself the night after.
    """

    _inherit = "res.partner"

    sm_encode_state = fields.Selection(
        [
            ("to_encode", "To encode"),
            ("waiting", "Encoded, waiting for the night"),
            ("linked", "In Silicon Master"),
        ],
        "Encoding in Silicon Master",
        copy=False,
        readonly=True,
        index="btree_not_null",
        help="Customers of Odoo that Silicon Master does not have yet.",
    )
    sm_encoded_at = fields.Datetime("Encoded On", copy=False, readonly=True)
    sm_encoded_by = fields.Many2one("res.users", copy=False, readonly=True)
    sm_encode_reference = fields.Char(
        "Reference for the Remarks", compute="_compute_sm_encode_reference"
    )
    sm_encode_text = fields.Text("Sheet to Encode", compute="_compute_sm_encode_text")
    sm_encode_lines = fields.Json(
        compute="_compute_sm_encode_text", export_string_translation=False
    )

    def _compute_sm_encode_reference(self):
        for partner in self:
            partner.sm_encode_reference = partner._origin.id and reference(partner._origin.id)

    @api.depends("sm_encode_state")
    @api.depends_context("lang", "company")
    def _compute_sm_encode_text(self):
        """The sheet, as lines for a table and as text for the clipboard.

        Only of whom it is asked for: the form of every contact reads these fields.
        """
        for partner in self:
            is_asked = partner._origin.id and partner.sm_encode_state in ("to_encode", "waiting")
            lines = partner._sm_encode_lines() if is_asked else []
            partner.sm_encode_lines = lines
            partner.sm_encode_text = "\n".join(f"{column}\t{value}" for column, value in lines)

    # === THE SHEET === #

    def _sm_encode_columns(self):
        """Return ``[(column of the master, canonical field)]`` in the master's order.

        Those of the mapping of the master in charge of the company; as shipped when there is none.
        """
        company = self.company_id or self.env.company
        # sudo: who types a sheet does not see how the feeds are set up
        feed = (
            self.env["sm.feed"]
            .sudo()
            .search(
                [
                    ("entity", "=", "contact"),
                    ("backend_id.active", "=", True),
                    ("backend_id.company_id", "=", company.id),
                ],
                limit=1,
            )
        )
        rules = [(line.source, line.target) for line in feed.mapping_ids.sorted("sequence")]
        if not rules:
            rules = [(rule.source, rule.target) for rule in SILICON_MASTER_FR["contact"]]
        if any(mark in column for column, _target in rules for mark in "/@."):
            # the paths of a nested file tell a person nothing: the names of the fields
            rules = [(field_label(self.env, target), target) for _column, target in rules]
        fed = {target for _column, target in rules}
        missing = [(field_label(self.env, "remarks"), "remarks")] if "remarks" not in fed else []
        names = {item.name for item in CONTRACTS["contact"].fields}
        return [
            (column, target)
            for column, target in rules + missing
            if target in names and target not in NOT_TYPED
        ]

    def _sm_encode_lines(self):
        """Return what to type: ``[[column, value]]``; a column without value is left empty."""
        self.ensure_one()
        values = self._sm_encode_values()
        return [[column, values.get(target) or ""] for column, target in self._sm_encode_columns()]

    def _sm_encode_values(self):
        """Return what Odoo knows of the contact, by canonical field, as the master writes it."""
        self.ensure_one()
        parent = self.parent_id
        if self.is_company:
            kind = "S"
        elif parent:
            kind = KINDS.get(self.type, "C")
        else:
            kind = "P"
        is_customer = self.customer_rank or self.sm_encode_state
        return {
            "kind": kind,
            "parent_code": parent.sm_code or parent.sm_encode_reference if parent else "",
            "name": self.name or "",
            "is_customer": YES if is_customer else NO,
            "is_supplier": YES if self.supplier_rank else NO,
            "is_professional": YES if self.is_company or self.vat else NO,
            "street": self.street,
            "street2": self.street2,
            "zip": self.zip,
            "city": self.city,
            "country_code": self.country_id.code,
            "lang": (self.lang or "")[:2].upper(),
            "vat": self.vat,
            "phone": self.phone,
            "mobile": self.mobile,
            "email": self.email,
            "website": self.website,
            "remarks": self.sm_encode_reference,
        }

    def _sm_encode_family(self):
        """Return the contacts to print: each one with his people and addresses that are new too."""
        children = self.child_ids.filtered(lambda child: not child.sm_code)
        return self | children.sorted(lambda child: (child.parent_id.id, child.id))

    # === STATES === #

    def _sm_to_encode(self):
        """Put customers on the list of those to encode, once; those of the master are not new."""
        # sudo: an order may be written by who may not change contacts
        new = self.sudo().filtered(
            lambda partner: (
                not partner.sm_encode_state
                and not partner.sm_link_ids
                and not partner.ref_company_ids
                and not any(
                    # colleagues, and who visits the web site without a name
                    not user.share or user._is_public()
                    for user in partner.with_context(active_test=False).user_ids
                )
            )
        )
        new.sm_encode_state = "to_encode"

    def action_sm_to_encode(self):
        self.check_access("read")
        known = self.filtered("sm_code")
        if known:
            raise UserError(
                self.env._(
                    "Silicon Master already has %(names)s.",
                    names=", ".join(known.mapped("display_name")),
                )
            )
        # sudo: only the state is written
        self.sudo().sm_encode_state = "to_encode"

    def action_sm_encoded(self):
        """Somebody has typed the sheet into the master: the next night will tell."""
        self.check_access("read")
        # sudo: only the state is written
        self.sudo().filtered(lambda partner: partner.sm_encode_state == "to_encode").write(
            {
                "sm_encode_state": "waiting",
                "sm_encoded_at": fields.Datetime.now(),
                "sm_encoded_by": self.env.uid,
            }
        )

    def action_sm_not_to_encode(self):
        self.check_access("read")
        # sudo: only the state is written
        self.sudo().write(
            {"sm_encode_state": False, "sm_encoded_at": False, "sm_encoded_by": False}
        )

    def action_sm_print_sheet(self):
        return self.env.ref("sm_connector.report_encode_sheet").report_action(self)

    @api.model
    def _sm_encode_linked(self):
        """Note which of the customers that were to be encoded have been found in the master."""
        self.env.flush_all()
        self.env.cr.execute(
            """
            UPDATE res_partner p SET sm_encode_state = 'linked'
             WHERE p.sm_encode_state IN ('to_encode', 'waiting')
               AND EXISTS (SELECT 1 FROM sm_link l
                            WHERE l.partner_id = p.id AND l.state = 'linked')
            """
        )
        self.invalidate_model(["sm_encode_state"])
