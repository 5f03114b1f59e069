from urllib.parse import urlencode

from markupsafe import Markup
from werkzeug.exceptions import BadRequest, Forbidden

from odoo import http
from odoo.http import request

#: Longest number or name, in characters.
MAX_LENGTH = 128
#: How long an open tab has time to show the call, in milliseconds.
PATIENCE = 2_000
BUS_TYPE = "threecx_bridge/call"
TAB_URL = "/odoo/action-threecx_bridge.threecx_call_pop_action"
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'none'"
    ),
    # there is a telephone number in the address
    "Referrer-Policy": "no-referrer",
}


class ThreecxPop(http.Controller):
    @http.route("/threecx/pop", type="http", auth="user", methods=["GET"], readonly=False)
    def pop(self, number="", name="", **_query):
        """The page that the 3CX client opens when the telephone rings: has the call shown in an
        Odoo tab of the user that is open already, and closes itself.

        It changes nothing: whoever makes a user open it shows him a pop-up, no more.
        """
        if not request.env.user.has_group("threecx_bridge.group_threecx_user"):
            raise Forbidden(request.env._("You have no access to the telephone in Odoo."))
        number, name = number.strip(), name.strip()
        if len(number) > MAX_LENGTH or len(name) > MAX_LENGTH:
            raise BadRequest(request.env._("This is no telephone number."))
        # a plus that was not escaped arrives as a blank
        if number and number.isdecimal() and request.params["number"].startswith(" "):
            number = f"+{number}"
        data = request.env["threecx.call"].pop_data(number, name)
        request.env.user._bus_send(BUS_TYPE, data)
        response = request.render(
            "threecx_bridge.pop_page",
            {
                "doctype": Markup("<!DOCTYPE html>"),
                "key": data["key"],
                "patience": PATIENCE,
                "tab_url": f"{TAB_URL}?{urlencode({'number': number, 'name': name})}",
            },
        )
        response.headers.update(HEADERS)
        return response
