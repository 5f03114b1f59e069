from odoo import http
from odoo.http import request

#: As long as an answer of the look-up with one contact in it.
CONTACT = {
    "id": "res.partner,12345",
    "url": "http://127.0.0.1:8069/odoo/res.partner/12345",
    "first": "",
    "last": "",
    "company": "Menuiserie 12345",
    "email": "info12345@example.com",
    "type": "Company",
    "business": "+3222012345",
    "business2": "",
    "mobile": "",
}


class Empty(http.Controller):
    """Loaded by ``--load``: beside a route of ours, it shows what Odoo itself takes."""

    @http.route(
        "/suite_bench/empty",
        type="http",
        auth="threecx",
        methods=["GET"],
        csrf=False,
        save_session=False,
        readonly=False,
        max_content_length=16 * 1024,
    )
    def empty(self, **_query):
        """Answers without asking anything: all but the look-up itself is as in the look-up."""
        return request.make_json_response({"contacts": [CONTACT]})
