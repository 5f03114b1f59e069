from odoo import fields, models

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
