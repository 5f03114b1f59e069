from odoo import fields, models


class ThreecxKeyShow(models.AbstractModel):
    """Shows a new key. Abstract: the key is in no table but as a hash."""

    _name = "threecx.key.show"
    _description = "New Key of a Telephone System"

    # the form asks for it
    id = fields.Id()
    key = fields.Char(readonly=True)
