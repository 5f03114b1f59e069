from odoo import api, fields, models


class SmBackend(models.Model):
    """Who sees a master's contacts and articles: its own company, or all of them."""

    _inherit = "sm.backend"

    is_shared = fields.Boolean(
        "Shared by All Companies",
        default=lambda self: self._is_alone(),
        help="Contacts and articles of this master can be used by every company. Otherwise they "
        "belong to the master's company and nobody else sees them. Orders always belong to it, and "
        "so do stock, keys and everything else of the synchronisation.",
    )

    @api.model
    def _is_alone(self):
        """Return whether there is one company: then there is nobody to hide anything from."""
        return self.env["res.company"].sudo().search_count([], limit=2) < 2

    def write(self, vals):
        """Override to let a change count for what is there already."""
        result = super().write(vals)
        if vals.keys() & {"is_shared", "company_id"}:
            for backend in self:
                backend._move_records()
        return result

    def _move_records(self):
        """Give the records of this master to its company, or to all.

        Set-based, as there may be a hundred thousand. Left alone is what is not this master's
        alone, and contacts of people who log in: their company is that of the user.
        """
        self.env.flush_all()
        company_id = None if self.is_shared else self.company_id.id
        params = {"backend": self.id, "company": company_id}
        only = """
            NOT EXISTS (SELECT 1 FROM sm_link o
                         WHERE o.{column} = l.{column} AND o.backend_id != l.backend_id
                           AND o.state != 'retired')
        """
        self.env.cr.execute(
            f"""
            UPDATE res_partner p SET company_id = %(company)s
              FROM sm_link l
             WHERE l.partner_id = p.id AND l.backend_id = %(backend)s AND l.state != 'retired'
               AND p.company_id IS DISTINCT FROM %(company)s
               AND {only.format(column="partner_id")}
               AND NOT EXISTS (SELECT 1 FROM res_users u WHERE u.partner_id = p.id)
            """,
            params,
        )
        self.env.cr.execute(
            f"""
            UPDATE product_template t SET company_id = %(company)s
              FROM sm_link l JOIN product_product p ON p.id = l.product_id
             WHERE p.product_tmpl_id = t.id AND l.backend_id = %(backend)s
               AND l.state != 'retired' AND t.company_id IS DISTINCT FROM %(company)s
               AND {only.format(column="product_id")}
            """,
            params,
        )
        self.env["res.partner"].invalidate_model(["company_id"])
        self.env["product.template"].invalidate_model(["company_id"])
        self.env["product.product"].invalidate_model(["company_id"])
