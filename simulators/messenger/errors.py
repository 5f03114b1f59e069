"""How Meta says no: the envelope of its errors, and those that a page gets."""

from aiohttp import web

from . import ids

OAUTH, METHOD = "OAuthException", "GraphMethodException"
_POLICY = "https://developers.facebook.com/docs/messenger-platform/policy-overview"

#: By code and subcode: status, kind and words. Statuses are † unless they are 400.
TABLE = {
    (1, 99): (500, OAUTH, "(#1) An unknown error occurred."),
    (2, 0): (500, OAUTH, "An unexpected error has occurred. Please retry your request later."),
    (4, 0): (400, OAUTH, "(#4) Application request limit reached"),
    (10, 0): (403, OAUTH, "(#10) Application does not have permission for this action"),
    (10, 2018065): (
        400,
        OAUTH,
        "(#10) This message is sent outside of allowed window. You need "
        "page_messaging_subscriptions permission to be able to do it. Learn more about the new "
        f"policy here: {_POLICY}",
    ),
    (10, 2018278): (
        400,
        OAUTH,
        "(#10) This message is sent outside of allowed window. Learn more about the new policy "
        f"here: {_POLICY}",
    ),
    (10, 2018300): (
        400,
        OAUTH,
        "(#10) Message failed to send because another app is controlling this thread now.",
    ),
    (10, 1893063): (400, OAUTH, "(#10) This Page is restricted from sending messages."),
    (100, 0): (400, OAUTH, "(#100) Invalid parameter"),
    (100, 33): (
        400,
        METHOD,
        "Unsupported get request. Object with ID does not exist, cannot be loaded due to missing "
        "permissions, or does not support this operation. Please read the Graph API documentation "
        "at https://developers.facebook.com/docs/graph-api",
    ),
    (100, 2018001): (400, OAUTH, "(#100) No matching user found"),
    (100, 2018008): (400, OAUTH, "(#100) Failed to fetch the file from the url"),
    (100, 2018034): (
        400,
        OAUTH,
        "(#100) Message cannot be empty, must provide valid attachment or text",
    ),
    (100, 2018109): (400, OAUTH, "(#100) Attachment size exceeds allowable limit"),
    (100, 2018218): (400, OAUTH, "(#100) No profile available for this user."),
    (190, 0): (400, OAUTH, "Invalid OAuth access token."),
    (190, 460): (
        400,
        OAUTH,
        "Error validating access token: The session has been invalidated because the user changed "
        "their password or Facebook has changed the session for security reasons.",
    ),
    (190, 463): (400, OAUTH, "Error validating access token: Session has expired."),
    (200, 0): (403, OAUTH, "(#200) Permissions error"),
    (230, 0): (403, OAUTH, "(#230) Requires pages_messaging permission to manage the object"),
    (551, 0): (400, OAUTH, "(#551) This person isn't available right now."),
    (613, 0): (400, OAUTH, "(#613) Calls to this api have exceeded the rate limit."),
    (1200, 0): (500, OAUTH, "(#1200) Temporary send message failure. Please try again later."),
}
#: Why a token does not work any more: the subcode of its error 190.
DEATHS = {"password": 460, "expired": 463, "removed": 458}


class MetaError(Exception):
    """:param int code, subcode: of Meta; :param str message: instead of that of the table
    :param int status: of HTTP, instead of that of the table
    :param dict headers: of the answer"""

    def __init__(self, code, subcode=0, message="", status=0, kind="", headers=None):
        known = TABLE.get((code, subcode)) or TABLE.get((code, 0)) or (400, OAUTH, f"(#{code})")
        super().__init__(message or known[2])
        self.code = code
        self.subcode = subcode
        self.status = status or known[0]
        self.kind = kind or known[1]
        self.headers = headers or {}

    def response(self):
        """:return Response:"""
        trace = ids.trace_id()
        error = {"message": str(self), "type": self.kind, "code": self.code}
        if self.subcode:
            error["error_subcode"] = self.subcode
        error["fbtrace_id"] = trace
        headers = {"x-fb-trace-id": trace, **self.headers}
        return web.json_response({"error": error}, status=self.status, headers=headers)


def bad_parameter(message):
    """:param str message: without its number; :return MetaError: of what was asked wrongly"""
    return MetaError(100, message=f"(#100) {message}")


def unknown_object(key):
    """:return MetaError: there is none of this id, or none for us"""
    return MetaError(
        100,
        33,
        f"Unsupported get request. Object with ID '{key}' does not exist, cannot be loaded due to "
        "missing permissions, or does not support this operation. Please read the Graph API "
        "documentation at https://developers.facebook.com/docs/graph-api",
    )
