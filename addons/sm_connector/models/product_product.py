from odoo import api, fields, models
from odoo.tools import format_date
from odoo.tools.misc import formatLang


def _quantity(env, product):
    stock = product.sm_stock_total
    return formatLang(env, stock, digits=0 if stock == int(stock) else 2)


class ProductProduct(models.Model):
    _name = "product.product"
    _inherit = ["product.product", "sm.linked.mixin"]

    sm_link_ids = fields.One2many(
        "sm.link", "product_id", "Silicon Master Links", groups="sm_connector.group_sm_user"
    )
    sm_ean = fields.Char("EAN in Silicon Master", copy=False, help="As given, right or wrong.")
    sm_is_discontinued = fields.Boolean("Discontinued", copy=False)
    sm_supplier_code = fields.Char("Supplier in Silicon Master", copy=False)
    sm_remarks = fields.Text("Remarks in Silicon Master", copy=False)
    # written set-based every night
    sm_stock_total = fields.Float("In Stock", digits="Product Unit", copy=False, readonly=True)
    sm_restock_state = fields.Selection(
        [
            ("none", "Nothing on order"),
            ("known", "Date known"),
            ("unknown", "Date to be announced"),
        ],
        "Restock",
        copy=False,
        readonly=True,
    )
    sm_restock_date = fields.Date("Restock Date", copy=False, readonly=True)
    sm_stock_ids = fields.One2many("sm.stock", "product_id", "Stock per Shop", copy=False)
    sm_incoming_ids = fields.One2many("sm.incoming", "product_id", "Incoming Goods", copy=False)
    sm_availability = fields.Char("Availability", compute="_compute_sm_availability")

    @api.depends("sm_stock_total", "sm_restock_state", "sm_restock_date", "sm_is_discontinued")
    @api.depends_context("lang")
    def _compute_sm_availability(self):
        """One sentence for a rep on the phone; never promises more than the master knows."""
        for product in self:
            if product.sm_stock_total > 0:
                text = self.env._("In stock: %(quantity)s", quantity=_quantity(self.env, product))
            elif product.sm_is_discontinued:
                text = self.env._("Discontinued, out of stock")
            elif product.sm_restock_state == "known" and product.sm_restock_date:
                text = self.env._(
                    "Expected on %(date)s",
                    date=format_date(self.env, product.sm_restock_date),
                )
            elif product.sm_restock_state == "unknown":
                text = self.env._("On order, date to be announced")
            else:
                text = self.env._("Out of stock, nothing on order")
            product.sm_availability = text if product.sm_restock_state else False


class ProductTemplate(models.Model):
    _name = "product.template"
    _inherit = ["product.template", "sm.load.mixin", "sm.owned.mixin"]

    sm_code = fields.Char(
        "Silicon Master Key", compute="_compute_sm_code", search="_search_sm_code"
    )
    # what the form of an article without variants shows
    sm_synced_at = fields.Datetime("Last Change in Silicon Master", compute="_compute_sm_variant")
    sm_is_missing = fields.Boolean("Gone From Silicon Master", compute="_compute_sm_variant")
    sm_ean = fields.Char("EAN in Silicon Master", compute="_compute_sm_variant")
    sm_is_discontinued = fields.Boolean("Discontinued", compute="_compute_sm_variant")
    sm_supplier_code = fields.Char("Supplier in Silicon Master", compute="_compute_sm_variant")
    sm_remarks = fields.Text("Remarks in Silicon Master", compute="_compute_sm_variant")
    sm_stock_total = fields.Float("In Stock", digits="Product Unit", compute="_compute_sm_variant")
    sm_restock_date = fields.Date("Restock Date", compute="_compute_sm_variant")
    sm_availability = fields.Char("Availability", compute="_compute_sm_variant")
    sm_stock_ids = fields.Many2many(
        "sm.stock", string="Stock per Shop", compute="_compute_sm_variant"
    )
    sm_incoming_ids = fields.Many2many(
        "sm.incoming", string="Incoming Goods", compute="_compute_sm_variant"
    )

    def _compute_sm_code(self):
        for template in self:
            codes = template.with_context(active_test=False).product_variant_ids.mapped("sm_code")
            template.sm_code = ", ".join(filter(None, codes)) or False

    def _compute_sm_variant(self):
        """The master knows no variants: an article is a product with one variant."""
        names = [
            name for name, field in self._fields.items() if field.compute == "_compute_sm_variant"
        ]
        for template in self:
            variants = template.with_context(active_test=False).product_variant_ids
            variant = variants if len(variants) == 1 else variants.browse()
            for name in names:
                template[name] = variant[name]

    def _sm_links(self):
        """Override: what variants share is their article's too."""
        variants = self.with_context(active_test=False).sudo().product_variant_ids
        return self.env["sm.link"].sudo().union(*(variant._sm_links() for variant in variants))

    def _sm_bound(self):
        """Override: see :meth:`_sm_links`."""
        variants = self.with_context(active_test=False).sudo().product_variant_ids
        return self.browse(variants._sm_bound().product_tmpl_id.ids)

    def _sm_is_in_reach(self, field, backend):
        """Override: the cost that a template shows is its article's, a company's own."""
        variant_field = self.env["product.product"]._fields[field.name]
        return super()._sm_is_in_reach(variant_field, backend)

    def _sm_owned(self):
        """Override: of several variants only what they share is meant."""
        owned = super()._sm_owned()
        if owned and len(self.with_context(active_test=False).product_variant_ids) > 1:
            shared = self.env["product.product"]._fields
            owned = {name: link for name, link in owned.items() if shared[name].inherited}
        return owned

    @api.model
    def _search_sm_code(self, operator, value):
        return [("product_variant_ids.sm_code", operator, value)]
