from odoo import fields, models


class ResUsers(models.Model):
    _inherit = "res.users"

    omni_signature_ids = fields.One2many(
        "omni.signature",
        "user_id",
        "Signatures in the Inbox",
        help="Stand below your answers to customers, one per channel if you like.",
    )
    omni_then = fields.Selection(
        [("wait", "waits for the customer"), ("close", "is closed"), ("open", "stays open")],
        "After an Answer, the Ticket",
        default="wait",
        help="What the button of the composer does unless you choose otherwise.",
    )

    @property
    def SELF_READABLE_FIELDS(self):
        return super().SELF_READABLE_FIELDS + ["omni_signature_ids", "omni_then"]

    @property
    def SELF_WRITEABLE_FIELDS(self):
        return super().SELF_WRITEABLE_FIELDS + ["omni_signature_ids", "omni_then"]
