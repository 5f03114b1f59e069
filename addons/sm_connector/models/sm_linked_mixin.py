from odoo import api, fields, models
from odoo.fields import Domain
from odoo.orm.models import NO_ACCESS
from odoo.tools import SQL


class SmLinkedMixin(models.AbstractModel):
    """What every record that comes from the master shows: its key there."""

    _name = "sm.linked.mixin"
    _description = "Silicon Master Linked Record"
    _inherit = ["sm.load.mixin", "sm.owned.mixin"]

    sm_code = fields.Char(
        "Silicon Master Key", compute="_compute_sm_code", search="_search_sm_code"
    )
    sm_synced_at = fields.Datetime("Last Change in Silicon Master", compute="_compute_sm_code")
    sm_is_missing = fields.Boolean(
        "Gone From Silicon Master", compute="_compute_sm_code", search="_search_sm_is_missing"
    )
    # apart from `sm_link_ids`, whose cached value is what the user's companies let him see
    sm_binding_link_ids = fields.Many2many(
        "sm.link", compute="_compute_sm_binding_link_ids", groups=NO_ACCESS, string="Binding Links"
    )

    @api.depends("sm_link_ids.external_id", "sm_link_ids.state", "sm_link_ids.synced_at")
    @api.depends_context("allowed_company_ids")
    def _compute_sm_code(self):
        companies = self.env.companies
        for record in self:
            # sudo: the key is no secret within the company, and reps have no access to the links
            links = record.sudo().sm_link_ids.filtered(
                lambda link: (
                    link.state != "retired"
                    and (self.env.su or link.backend_id.company_id in companies)
                )
            )
            record.sm_code = ", ".join(links.mapped("external_id")) or False
            record.sm_synced_at = max(filter(None, links.mapped("synced_at")), default=False)
            record.sm_is_missing = bool(links) and all(
                link.state in ("missing", "archived") for link in links
            )

    @api.depends("sm_link_ids.state")
    def _compute_sm_binding_link_ids(self):
        inverse = self._fields["sm_link_ids"].inverse_name
        # sudo: a record is bound whoever looks at it
        links = (
            self.env["sm.link"]
            .sudo()
            .search([(inverse, "in", self.ids), ("state", "in", self._sm_binding_states)])
            .grouped(inverse)
        )
        none = self.env["sm.link"]
        for record in self:
            record.sm_binding_link_ids = links.get(record._origin, none)

    def _sm_links(self):
        """Override: those in a state that binds."""
        return self.sudo().sm_binding_link_ids

    def _sm_bound(self):
        """Override: of many records by one query, of one by its cached links."""
        if len(self) == 1:
            return self if self._sm_links() else self.browse()
        inverse = self._fields["sm_link_ids"].inverse_name
        self.env["sm.link"].flush_model([inverse, "state"])
        rows = self.env.execute_query(
            SQL(
                "SELECT DISTINCT %(column)s FROM sm_link"
                " WHERE %(column)s = ANY(%(ids)s) AND state = ANY(%(states)s)",
                column=SQL.identifier(inverse),
                ids=self.ids,
                states=list(self._sm_binding_states),
            )
        )
        return self.browse(id_ for (id_,) in rows)

    @api.depends("sm_link_ids.state", "sm_link_ids.backend_id")
    def _compute_sm_owned_fields(self):
        return super()._compute_sm_owned_fields()

    def _linked(self, domain):
        """Return a domain on the links as a domain on the records."""
        inverse = self._fields["sm_link_ids"].inverse_name
        domain = [*domain, (inverse, "!=", False)]
        if not self.env.su:
            domain.append(("backend_id.company_id", "in", self.env.companies.ids))
        # sudo: reps have no access to the links
        links = self.env["sm.link"].sudo()._search(domain)
        return Domain("id", "in", links.subselect(inverse))

    @api.model
    def _search_sm_code(self, operator, value):
        if operator not in ("in", "ilike", "=ilike", "like"):
            return NotImplemented
        live = ("state", "!=", "retired")
        if operator != "in" or False not in value:
            return self._linked([("external_id", operator, value), live])
        keys = [key for key in value if key]
        return ~self._linked([live]) | self._linked([("external_id", "in", keys), live])

    @api.model
    def _search_sm_is_missing(self, operator, value):
        if operator != "in":
            return NotImplemented
        return self._linked([("state", "in", ("missing", "archived"))])
