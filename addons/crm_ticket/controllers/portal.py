from odoo import http
from odoo.exceptions import AccessError, MissingError
from odoo.fields import Domain
from odoo.http import request
from odoo.tools import consteq

from odoo.addons.portal.controllers.portal import CustomerPortal, pager


class TicketPortal(CustomerPortal):
    """``/my/requests``: what a customer sees of his tickets.

    The portal has no access rights on tickets, whose other fields are for colleagues: these pages
    read with sudo, only what belongs to the customer, and show what is meant for him.
    """

    def _prepare_home_portal_values(self, counters):
        """Override of `portal`: the number on the tile."""
        values = super()._prepare_home_portal_values(counters)
        if "request_count" in counters:
            values["request_count"] = self._requests_sudo().search_count(self._requests_domain())
        return values

    def _requests_sudo(self):
        # sudo: the portal has no rights on tickets; always with the domain of the customer
        return request.env["crm.ticket"].sudo()

    def _requests_domain(self):
        return self._requests_sudo()._portal_domain(request.env.user.partner_id)

    def _request_searches(self):
        return {
            "all": {"label": request.env._("All"), "domain": Domain.TRUE},
            "open": {
                "label": request.env._("In progress"),
                "domain": Domain("state", "!=", "done"),
            },
            "done": {"label": request.env._("Settled"), "domain": Domain("state", "=", "done")},
        }

    def _request_orders(self):
        return {
            "date": {"label": request.env._("Newest"), "order": "create_date DESC, id DESC"},
            "number": {"label": request.env._("Number"), "order": "number DESC"},
        }

    @http.route(
        ["/my/requests", "/my/requests/page/<int:page>"], type="http", auth="user", website=True
    )
    def my_requests(self, page=1, sortby="date", filterby="all", **_kwargs):
        """The list of the requests of whoever is logged in."""
        filters, orders = self._request_searches(), self._request_orders()
        filterby = filterby if filterby in filters else "all"
        sortby = sortby if sortby in orders else "date"
        tickets_sudo = self._requests_sudo()
        domain = self._requests_domain() & filters[filterby]["domain"]
        pages = pager(
            url="/my/requests",
            url_args={"sortby": sortby, "filterby": filterby},
            total=tickets_sudo.search_count(domain),
            page=page,
            step=self._items_per_page,
        )
        values = self._prepare_portal_layout_values() | {
            "requests": tickets_sudo.search(
                domain,
                order=orders[sortby]["order"],
                limit=self._items_per_page,
                offset=pages["offset"],
            ),
            "page_name": "request",
            "pager": pages,
            "default_url": "/my/requests",
            "searchbar_sortings": orders,
            "sortby": sortby,
            "searchbar_filters": filters,
            "filterby": filterby,
        }
        return request.render("crm_ticket.portal_my_requests", values)

    @http.route("/my/requests/<int:ticket_id>", type="http", auth="public", website=True)
    def my_request(self, ticket_id, access_token=None, **_kwargs):
        """One request, for its customer or for whoever has its link."""
        try:
            ticket_sudo = self._request_sudo(ticket_id, access_token)
        except (AccessError, MissingError):
            return request.redirect("/my")
        values = {"page_name": "request", "ticket": ticket_sudo, "token": access_token}
        return request.render("crm_ticket.portal_my_request", values)

    def _request_sudo(self, ticket_id, access_token=None):
        """Return a ticket that may be shown.

        :raise MissingError: there is none
        :raise AccessError: it is somebody else's
        """
        ticket_sudo = self._requests_sudo().browse(ticket_id).exists()
        if not ticket_sudo:
            raise MissingError(request.env._("This request does not exist."))
        user = request.env.user
        token = ticket_sudo.access_token
        # bytes: what somebody made up may be no ASCII
        if token and access_token and consteq(token.encode(), access_token.encode()):
            return ticket_sudo
        if user._is_public() or not ticket_sudo._portal_is_visible(user.partner_id):
            raise AccessError(request.env._("This request is somebody else's."))
        return ticket_sudo
