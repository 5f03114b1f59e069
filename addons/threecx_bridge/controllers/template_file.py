from odoo import http
from odoo.http import content_disposition, request


class ThreecxTemplateFile(http.Controller):
    @http.route("/threecx/template/<int:pbx_id>", type="http", auth="user", methods=["GET"])
    def template(self, pbx_id):
        """The CRM template of a telephone system, for its administrator. No key is in it."""
        pbx = request.env["threecx.pbx"].browse(pbx_id).exists()
        if not pbx:
            raise request.not_found()
        pbx._check_may_configure()
        return request.make_response(
            pbx._render_template(),
            headers=[
                ("Content-Type", "application/xml; charset=utf-8"),
                ("Content-Disposition", content_disposition("odoo_3cx.xml")),
                ("Cache-Control", "no-store"),
            ],
        )
