from odoo import api, fields, models

from ..pipeline.context import is_on_behalf_of_master

ORDER_STATUSES = [
    ("quotation", "Quotation"),
    ("confirmed", "Confirmed"),
    ("preparing", "In preparation"),
    ("ready", "Ready for pick-up"),
    ("shipped", "Shipped"),
    ("partial", "Partly delivered"),
    ("delivered", "Delivered"),
    ("failed", "Delivery attempt failed"),
    ("cancelled", "Cancelled"),
    ("unknown", "Not explained"),
]
ORDER_ORIGINS = [("shop", "Shop"), ("web", "Web site"), ("platform", "Resale platform")]
PAYMENT_STATES = [
    ("none", "Not paid"),
    ("deposit", "Deposit paid"),
    ("paid", "Paid"),
    ("failed", "Payment attempt failed"),
]
DOSSIER_KINDS = [
    ("aftersales", "After-sales service"),
    ("return", "Return"),
    ("exchange", "Exchange"),
    ("dispute", "Complaint"),
]
DOSSIER_STATES = [
    ("open", "Open"),
    ("waiting", "Waiting for parts"),
    ("planned", "Planned"),
    ("closed", "Closed"),
    ("refused", "Refused"),
]
CODE_KINDS = [
    ("status", "Order status"),
    ("shop", "Shop"),
    ("origin", "Order origin"),
    ("payment", "Payment state"),
    ("vat", "VAT rate"),
    ("dossier_kind", "Kind of dossier"),
    ("dossier_state", "State of dossier"),
]

# kind of code → the field that says what it means
MEANING_OF = {
    "status": "status",
    "shop": "team_id",
    "origin": "origin",
    "payment": "payment_state",
    "vat": "tax_id",
    "dossier_kind": "dossier_kind",
    "dossier_state": "dossier_state",
}
MEANING = {"code", *MEANING_OF.values()}
# the codes of the shipped export
KNOWN_STATUSES = {
    "DEV": "quotation",
    "CFM": "confirmed",
    "PRE": "preparing",
    "PAE": "ready",
    "EXP": "shipped",
    "LPA": "partial",
    "LIV": "delivered",
    "TEC": "failed",
    "ANN": "cancelled",
}
KNOWN_ORIGINS = {"M": "shop", "W": "web", "P": "platform"}
KNOWN_PAYMENTS = {"N": "none", "A": "deposit", "P": "paid", "E": "failed"}
KNOWN_DOSSIER_KINDS = {"SAV": "aftersales", "RET": "return", "ECH": "exchange", "LIT": "dispute"}
KNOWN_DOSSIER_STATES = {
    "OUV": "open",
    "ATT": "waiting",
    "PLA": "planned",
    "CLO": "closed",
    "REF": "refused",
}


class SmCode(models.Model):
    """What a code of the master means in Odoo.

    A code that nobody has explained yet is added by the synchronisation itself, without a meaning,
    so that it can be explained here; the rows that carry it are accepted meanwhile.
    """

    _name = "sm.code"
    _description = "Silicon Master Code"
    _order = "backend_id, kind, sequence, code"

    backend_id = fields.Many2one(
        "sm.backend",
        "Silicon Master",
        required=True,
        ondelete="cascade",
        index=True,
        default=lambda self: self.env["sm.backend"].search([], limit=1),
    )
    kind = fields.Selection(CODE_KINDS, required=True)
    sequence = fields.Integer(default=10)
    code = fields.Char(required=True, help="The code exactly as Silicon Master writes it.")
    name = fields.Char("Meaning", translate=True, help="How reps call it.")
    status = fields.Selection(
        ORDER_STATUSES,
        help="Quotation stays a quotation in Odoo, Cancelled is cancelled, all else is a confirmed "
        "and locked sales order.",
    )
    origin = fields.Selection(ORDER_ORIGINS)
    payment_state = fields.Selection(PAYMENT_STATES)
    dossier_kind = fields.Selection(DOSSIER_KINDS)
    dossier_state = fields.Selection(DOSSIER_STATES)
    team_id = fields.Many2one("crm.team", "Sales Team", ondelete="set null")
    tax_id = fields.Many2one("account.tax", "Sales Tax", ondelete="set null")
    is_explained = fields.Boolean("Explained", compute="_compute_is_explained", store=True)

    hint = fields.Char("As Long as It Is Not Explained", compute="_compute_hint")

    _code_uniq = models.UniqueIndex(
        "(backend_id, kind, code)", "This code is already in the table of its kind."
    )

    @api.depends("kind", *MEANING_OF.values())
    def _compute_is_explained(self):
        for code in self:
            meaning = code[MEANING_OF[code.kind or "status"]]
            is_unknown = code.kind == "status" and meaning == "unknown"
            code.is_explained = bool(meaning) and not is_unknown

    @api.depends("is_explained", "kind")
    @api.depends_context("lang")
    def _compute_hint(self):
        """What happens as long as nobody says what the code means."""
        hints = {
            "status": self.env._("Its orders are kept as confirmed, with the code as status."),
            "shop": self.env._("Its orders belong to no sales team."),
            "origin": self.env._("Its orders have no origin."),
            "payment": self.env._("Its orders show no payment state."),
            "vat": self.env._("Rows with this rate need attention until a tax is chosen."),
            "dossier_kind": self.env._("Its dossiers show the code."),
            "dossier_state": self.env._("Its dossiers count as open and show the code."),
        }
        for code in self:
            code.hint = not code.is_explained and hints.get(code.kind)

    @api.depends("code", "name", "kind", *MEANING_OF.values())
    @api.depends_context("lang")
    def _compute_display_name(self):
        names = [name for name in MEANING_OF.values() if self._fields[name].type == "selection"]
        fields_get = self.fields_get(names, ["selection"])
        labels = {name: dict(field["selection"]) for name, field in fields_get.items()}
        for code in self:
            name = MEANING_OF.get(code.kind)
            meaning = name in labels and code.is_explained and labels[name].get(code[name])
            code.display_name = code.name or meaning or code.code

    def write(self, vals):
        """Override to apply a new meaning to the records that carry the code, in the next run."""
        result = super().write(vals)
        if MEANING & vals.keys() and not is_on_behalf_of_master():
            for code in self:
                # sudo: who explains codes has no access to the links
                self.env["sm.link"].sudo()._plan_again(code)
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_plan_again(self):
        """Let the next run put back what goes with a deleted code: status, shop, stock."""
        for code in self:
            # sudo: see write()
            self.env["sm.link"].sudo()._plan_again(code)

    # === WHAT IS KNOWN FROM THE START === #

    @api.model
    def _load_known_codes(self, backend):
        """Fill the tables of a master with the codes of the shipped export that it lacks."""
        known = {
            "status": KNOWN_STATUSES,
            "origin": KNOWN_ORIGINS,
            "payment": KNOWN_PAYMENTS,
            "dossier_kind": KNOWN_DOSSIER_KINDS,
            "dossier_state": KNOWN_DOSSIER_STATES,
        }
        there = {(code.kind, code.code) for code in backend.code_ids}
        self.create(
            [
                {
                    "backend_id": backend.id,
                    "kind": kind,
                    "sequence": 10 * position,
                    "code": code,
                    MEANING_OF[kind]: meaning,
                }
                for kind, codes in known.items()
                for position, (code, meaning) in enumerate(codes.items(), start=1)
                if (kind, code) not in there
            ]
        )

    @api.model
    def _add_unknown(self, backend, kind, code):
        """Add a code that nobody has explained yet.

        A shop gets a sales team of its name and a VAT rate the company's sales tax, because nothing
        else could be meant; a status, origin or payment code stays unexplained.
        """
        vals = {"backend_id": backend.id, "kind": kind, "code": code, "sequence": 999}
        if kind == "shop":
            teams = self.env["crm.team"].search(
                [("company_id", "in", [False, backend.company_id.id])]
            )
            team = teams.filtered(lambda team: team.name.upper() == code.upper())[:1]
            if not team:
                team = teams.create({"name": code, "company_id": backend.company_id.id})
            vals |= {"name": code, "team_id": team.id}
        elif kind == "vat":
            vals |= {"name": f"{code} %"}
        elif kind == "status":
            vals |= {"status": "unknown"}
        return self.create(vals)

    @api.model
    def _find_sales_tax(self, company, rate):
        """Return the company's plain sales tax of ``rate`` percent, its default one first."""
        taxes = (
            self.env["account.tax"]
            .search(
                [
                    *self.env["account.tax"]._check_company_domain(company),
                    ("active", "=", True),  # the load itself also sees what is archived
                    ("type_tax_use", "=", "sale"),
                    ("amount_type", "=", "percent"),
                    ("amount", "=", rate),
                    ("country_id", "=", company.account_fiscal_country_id.id),
                ]
            )
            .filtered(lambda tax: not tax.price_include)
        )
        return (taxes & company.account_sale_tax_id) or taxes[:1]
