"""What the CRM template of a telephone system calls (see ``threecx/template.py``)."""

from werkzeug.exceptions import RequestEntityTooLarge, abort

from odoo import http
from odoo.http import request

from odoo.addons.integration_base.exceptions import PayloadError

from ..models.ir_http_threecx import MAX_BODY, MAX_BODY_TEXT
from ..threecx.journal import parse_call, parse_chat
from ..threecx.template import VERSION_HEADER

#: Longest value of a request but for transcripts and chats, in characters.
MAX_VALUE = 2_000
MAX_NUMBER = 64
LONG_VALUES = {"transcription", "summary", "chatmessages"}

OPTIONS = {
    "type": "http",
    "auth": "threecx",
    "csrf": False,
    "save_session": False,
    "readonly": False,
}


class ThreecxCrmTemplate(http.Controller):
    """Answers are JSON. A look-up that finds nobody is a success with an empty list."""

    @http.route("/threecx/lookup", methods=["GET", "POST"], max_content_length=MAX_BODY, **OPTIONS)
    def lookup(self, **_query):
        """Who is this: by ``number`` in the query, or by ``email`` or ``search`` in the body (in
        the query they would stay in the logs of every server on the way)."""
        pbx = _pbx()
        values = _query_values() if request.httprequest.method == "GET" else _payload()
        pbx._stamp("last_lookup", _template_version())
        if values.get("number"):
            # a plus that was not escaped arrives as a blank
            number = values["number"]
            number = f"+{number[1:]}" if number.startswith(" ") else number
            contacts = pbx._lookup_number(number) if len(number) <= MAX_NUMBER else []
        elif values.get("email"):
            contacts = pbx._lookup_email(values["email"])
        else:
            contacts = pbx._search_contacts(values.get("search", ""))
        return request.make_json_response({"contacts": contacts})

    @http.route("/threecx/contact", methods=["POST"], max_content_length=MAX_BODY, **OPTIONS)
    def contact(self, **_query):
        """A user of the telephone's client typed in a contact."""
        values = _payload()
        number = values.get("Number", "").strip()
        email = values.get("Email", "").strip()
        if not (number or email):
            _refuse(400, "A contact needs a number or an e-mail address.")
        if len(number) > MAX_NUMBER:
            _refuse(400, "Number: too long.")
        contacts = _pbx()._create_contact(
            values.get("FirstName", ""), values.get("LastName", ""), email, number
        )
        return request.make_json_response({"contacts": contacts})

    @http.route("/threecx/journal", methods=["POST"], max_content_length=MAX_BODY_TEXT, **OPTIONS)
    def journal(self, **_query):
        """A call has ended. Repetitions change nothing."""
        pbx = _pbx()
        try:
            report = parse_call(_payload())
        except PayloadError as error:
            _refuse(400, str(error))
        call = request.env["threecx.call"]._record(pbx, report)
        pbx._stamp("last_journal", _template_version())
        # a system that is told to keep no calls is not told that something was wrong
        return request.make_json_response({"kept": bool(call)})

    @http.route("/threecx/chat", methods=["POST"], max_content_length=MAX_BODY_TEXT, **OPTIONS)
    def chat(self, **_query):
        """A chat has ended. Repetitions change nothing."""
        pbx = _pbx()
        try:
            report = parse_chat(_payload())
        except PayloadError as error:
            _refuse(400, str(error))
        chat = request.env["threecx.call"]._record_chat(pbx, report)
        pbx._stamp("last_journal", _template_version())
        return request.make_json_response({"kept": bool(chat)})


def _pbx():
    """The telephone system whose key it was; as superuser, its user may nothing."""
    pbx = request.env["threecx.pbx"].sudo().search([("user_id", "=", request.env.uid)], limit=1)
    return pbx.with_company(pbx.company_id)


def _template_version():
    version = request.httprequest.headers.get(VERSION_HEADER, "")
    return int(version) if version.isascii() and version.isdecimal() and len(version) < 6 else None


def _query_values():
    return {name: _text(value) for name, value in request.httprequest.args.items()}


def _payload():
    """The values of the body, as texts.

    :rtype: dict[str, str]
    :raise werkzeug.exceptions.HTTPException: there are none, or one is too long
    """
    try:
        values = request.get_json_data()
    except RequestEntityTooLarge:
        _refuse(413, "Too long.")
    except (ValueError, RecursionError):
        _refuse(400, "This is no JSON.")
    if not isinstance(values, dict):
        _refuse(400, "This is no object with named values.")
    texts = {}
    for name, value in values.items():
        if isinstance(value, (dict, list)):
            _refuse(400, "This is no flat object.")
        texts[_text(name)] = text = "" if value is None else _text(str(value))
        if len(text) > MAX_VALUE and name.lower() not in LONG_VALUES:
            _refuse(400, f"{name[:40]}: too long.")
    return texts


def _text(value):
    """What PostgreSQL cannot store is left out."""
    return value.replace("\x00", "").encode("utf-8", "ignore").decode()


def _refuse(status, message):
    abort(request.make_json_response({"error": message}, status=status))
