from odoo import fields, models
from odoo.tools import sql


class SmStock(models.Model):
    """What a shop has of an article, written set-based by the synchronisation."""

    _name = "sm.stock"
    _description = "Silicon Master Stock"
    _order = "product_id, shop_id"
    _rec_name = "shop_id"

    product_id = fields.Many2one("product.product", required=True, ondelete="cascade")
    shop_id = fields.Many2one("sm.code", required=True, ondelete="cascade")
    quantity = fields.Float("In Stock", digits="Product Unit")
    display_quantity = fields.Float("Display Models", digits="Product Unit")

    _product_shop_uniq = models.UniqueIndex("(product_id, shop_id)", "One row per shop.")


class SmIncoming(models.Model):
    """A quantity of an article which the master expects on a date."""

    _name = "sm.incoming"
    _description = "Silicon Master Incoming Goods"
    _order = "product_id, date"
    _rec_name = "date"

    backend_id = fields.Many2one("sm.backend", "Silicon Master", ondelete="cascade")
    product_id = fields.Many2one("product.product", required=True, ondelete="cascade", index=True)
    date = fields.Date("Expected On", required=True)
    quantity = fields.Float(digits="Product Unit")

    def init(self):
        """Tell incoming goods of an older version whose they are: the rule on companies asks."""
        if sql.table_exists(self.env.cr, "sm_link"):
            self.env.cr.execute(
                "UPDATE sm_incoming i SET backend_id = l.backend_id FROM sm_link l"
                " WHERE l.product_id = i.product_id AND l.state != 'retired'"
                " AND i.backend_id IS NULL"
            )
