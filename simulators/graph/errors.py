"""How Graph says no: the envelope of its errors, and those that a mailbox gives."""

import uuid

from aiohttp import web

from .clock import iso


class GraphError(Exception):
    """:param int status: HTTP; :param str code: of Graph; :param dict headers: of the answer"""

    def __init__(self, status, code, message, headers=None):
        super().__init__(message)
        self.status = status
        self.code = code
        self.headers = headers or {}

    def response(self, now):
        """:param float now: moment of the tenant; :return Response:"""
        request_id = str(uuid.uuid4())
        inner = {
            "date": iso(now).rstrip("Z"),
            "request-id": request_id,
            "client-request-id": request_id,
        }
        error = {"code": self.code, "message": str(self), "innerError": inner}
        headers = {"request-id": request_id, "client-request-id": request_id, **self.headers}
        return web.json_response({"error": error}, status=self.status, headers=headers)


def not_found():
    """:return GraphError: no such message, folder or attachment"""
    return GraphError(404, "ErrorItemNotFound", "The specified object was not found in the store.")


def bad_request(message, code="RequestBroker--ParseUri"):
    """:return GraphError: of what was asked wrongly"""
    return GraphError(400, code, message)


def access_denied():
    """:return GraphError: the permission is not there"""
    return GraphError(
        403, "ErrorAccessDenied", "Access is denied. Check credentials and try again."
    )
