from odoo import api, fields, models
from odoo.tools import SQL

from ..pipeline.appliers import APPLIERS, ENTITIES


class SmLink(models.Model):
    """The master's key of an Odoo record.

    The foreign keys are typed so that a merge in Odoo re-points them, and nothing is unique on the
    Odoo side, because a merge deletes the rows which break a unique index.
    """

    _name = "sm.link"
    _description = "Silicon Master Link"
    _order = "entity, external_id"
    _rec_name = "external_id"

    backend_id = fields.Many2one("sm.backend", "Silicon Master", required=True, ondelete="cascade")
    entity = fields.Selection(ENTITIES, required=True)
    external_id = fields.Char("Silicon Master Key", required=True)
    partner_id = fields.Many2one(
        "res.partner", "Contact", ondelete="cascade", index="btree_not_null"
    )
    product_id = fields.Many2one(
        "product.product", "Article", ondelete="cascade", index="btree_not_null"
    )
    order_id = fields.Many2one("sale.order", ondelete="cascade", index="btree_not_null")
    record_name = fields.Char("Name in Odoo", compute="_compute_record_name")
    state = fields.Selection(
        [
            ("linked", "Linked"),
            ("missing", "Missing"),
            ("archived", "Archived"),
            ("closed", "Closed"),
            ("retired", "Retired"),
        ],
        required=True,
        default="linked",
        help="Missing: not in the last export. Archived: missing for several exports. Closed: a "
        "finished order that is no longer exported. Retired: the master gave the key to another.",
    )
    is_primary = fields.Boolean(
        "Rules",
        default=True,
        help="Of several keys of one record, merged in Odoo, one says what it is like; the others "
        "are only remembered.",
    )
    missing_count = fields.Integer("Exports Without It")
    missing_since = fields.Datetime()
    source_hash = fields.Binary(attachment=False, exportable=False)
    content_hash = fields.Binary(attachment=False, exportable=False)
    synced_at = fields.Datetime("Last Change", help="When the master last changed this record.")

    _key_uniq = models.UniqueIndex(
        "(backend_id, entity, external_id) WHERE state != 'retired'",
        "This key is already linked.",
    )

    @api.depends("entity", *(applier.link_field for applier in APPLIERS.values()))
    def _compute_record_name(self):
        for link in self:
            # sudo: a name to recognise the record by; opening it takes the rights on it
            link.record_name = link.sudo()[APPLIERS[link.entity].link_field].display_name

    @api.depends("entity", "external_id")
    def _compute_display_name(self):
        for link in self:
            link.display_name = link.external_id

    def _sm_move_in(self):
        """Settle who rules the records that these links were just moved to.

        A key that already was there rules on, else the first that came; it is applied again by the
        next run, since the record has something else than the master says.
        """
        ruled = set()
        for link in self.search(
            [
                ("id", "not in", self.ids),
                ("partner_id", "in", self.partner_id.ids),
                ("is_primary", "=", True),
                ("state", "in", ("linked", "missing")),
            ]
        ):
            ruled.add((link.backend_id, link.partner_id))
        for link in self.sorted(lambda link: (link.state != "linked", link.id)):
            place = (link.backend_id, link.partner_id)
            is_primary = place not in ruled and link.state in ("linked", "missing")
            link.write({"is_primary": is_primary, "source_hash": False, "content_hash": False})
            if is_primary:
                ruled.add(place)

    @api.model
    def _plan_again(self, code):
        """Make the next run apply the records that a code concerns, whether they changed or not.

        :param sm.code code: a code whose meaning changed
        """
        self.flush_model()
        for entity, applier in APPLIERS.items():
            if code.kind not in applier.code_columns:
                continue
            column = applier.code_columns[code.kind]
            carries = (
                SQL(
                    "EXISTS (SELECT 1 FROM %s r WHERE r.id = l.%s AND r.%s = %s)",
                    SQL.identifier(applier.table()),
                    SQL.identifier(applier.link_field),
                    SQL.identifier(column),
                    code.id,
                )
                if column
                else SQL("TRUE")
            )
            self.env.cr.execute(
                SQL(
                    "UPDATE sm_link l SET source_hash = NULL, content_hash = NULL"
                    " WHERE l.backend_id = %s AND l.entity = %s AND l.state = 'linked' AND %s",
                    code.backend_id.id,
                    entity,
                    carries,
                )
            )
        self.invalidate_model(["source_hash", "content_hash"])

    @api.model
    def _plan_records_of(self, partner):
        """Make the next run apply what belongs to a customer again, whether it changed or not."""
        self.env.flush_all()
        for applier in APPLIERS.values():
            if not applier.customer_columns:
                continue
            columns = [SQL.identifier("r", column) for column in applier.customer_columns]
            self.env.cr.execute(
                SQL(
                    "UPDATE sm_link l SET source_hash = NULL, content_hash = NULL"
                    " FROM %s r WHERE r.id = l.%s AND %s IN (%s)",
                    SQL.identifier(applier.table()),
                    SQL.identifier(applier.link_field),
                    partner.id,
                    SQL(", ").join(columns),
                )
            )
        self.invalidate_model(["source_hash", "content_hash"])

    def action_open_record(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": APPLIERS[self.entity].model,
            "res_id": self[APPLIERS[self.entity].link_field].id,
            "view_mode": "form",
        }
