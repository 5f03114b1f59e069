from odoo import api, fields, models
from odoo.exceptions import ValidationError

STATES = [
    ("open", "To do"),
    ("waiting", "Waiting for the customer"),
    ("done", "Done"),
]


class CrmTicketStage(models.Model):
    _name = "crm.ticket.stage"
    _description = "Ticket Stage"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    state = fields.Selection(
        STATES,
        string="Meaning",
        default="open",
        required=True,
        # Odoo copies no field of this name unless told to
        copy=True,
        help="To do: it is our turn, clocks run.\n"
        "Waiting for the customer: it is his turn, clocks stand still.\n"
        "Done: the request is settled; when the customer writes again it comes back.",
    )
    fold = fields.Boolean("Folded in Kanban")
    team_ids = fields.Many2many(
        "crm.team",
        "crm_ticket_stage_team_rel",
        "stage_id",
        "team_id",
        string="Teams",
        domain=[("use_tickets", "=", True)],
        help="Only these teams have the stage. None: all of them.",
    )
    description = fields.Text(
        translate=True, help="What has to be done in this stage, for those who work in it."
    )

    # === CRUD METHODS === #

    def write(self, vals):
        """Override: tickets of every team can always be taken up, wait, and be closed."""
        result = super().write(vals)
        if {"state", "active", "team_ids"}.intersection(vals):
            self._check_one_of_each(self.browse())
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_last(self):
        self._check_one_of_each(self)

    @api.model
    def _check_one_of_each(self, going):
        """Check that each meaning has a stage that all teams have.

        :param going: stages about to be deleted
        :raise ValidationError: naming the meaning without one
        """
        left = self.search([("team_ids", "=", False), ("id", "not in", going.ids)])
        for state, meaning in self._fields["state"]._description_selection(self.env):
            if state not in left.mapped("state"):
                raise ValidationError(
                    self.env._(
                        "All teams need a stage that means “%(meaning)s”. Add another one first.",
                        meaning=meaning,
                    )
                )
