import ipaddress
import re

from werkzeug.exceptions import abort

from odoo import SUPERUSER_ID, models
from odoo.http import request
from odoo.tools import SQL

from odoo.addons.base.models.res_users import INDEX_SIZE
from odoo.addons.integration_base.log import get_logger

_logger = get_logger(__name__)

#: A key of this scope opens the routes of ``auth="threecx"`` and nothing else.
KEY_SCOPE = "odoo.plugin.threecx"

#: Longest body of a request, in bytes, by path; what is not named may have ``MAX_BODY``.
MAX_BODY = 16 * 1024
MAX_BODY_TEXT = 512 * 1024
MAX_BODY_BY_PATH = {"/threecx/journal": MAX_BODY_TEXT, "/threecx/chat": MAX_BODY_TEXT}
#: Longest query string, in bytes.
MAX_QUERY = 2 * 1024

RATE_PARAMETER = "threecx_bridge.requests_per_minute"
#: Requests a minute of one telephone system to one route.
RATE = 600
#: Wrong keys a minute from one address.
BAD_KEY_RATE = 30

_KEY = re.compile(r"bearer ([0-9a-f]{40})", re.IGNORECASE)


class IrHttp(models.AbstractModel):
    """``auth="threecx"``: a telephone system with its scoped key.

    The cheapest checks come first, so that a flood is refused before a key is hashed: address,
    size, form of the key, whether anybody has a key that begins like it, rate, and then the key.
    """

    _inherit = "ir.http"

    @classmethod
    def _auth_method_threecx(cls):
        # a cookie that comes along does not count and is not renewed
        request.session.can_save = False
        env = request.env(user=SUPERUSER_ID, su=True)
        pbxs = env["threecx.pbx"].search_fetch(
            [("user_id.active", "=", True)], ["user_id", "company_id", "allowed_ips"]
        )
        pbxs = cls._threecx_check_source(pbxs)
        cls._threecx_check_size()
        key = cls._threecx_check_form(env)
        pbx = cls._threecx_check_claim(pbxs, key)
        cls._threecx_check_rate(pbx)
        cls._threecx_check_key(pbx, key)
        request.update_env(user=pbx.user_id.id)
        request.update_context(**request.env.user.context_get())

    @classmethod
    def _threecx_check_source(cls, pbxs):
        """Only the telephone systems that may speak from this address are left.

        Behind a proxy, the address is the client's when Odoo runs in proxy mode.
        """
        source = _source()
        admitted = pbxs.filtered(
            lambda pbx: (
                not pbx.allowed_ips or any(source in network for network in pbx._allowed_networks())
            )
        )
        if pbxs and not admitted:
            cls._threecx_refuse(403, "This address may not speak to Odoo.")
        return admitted

    @classmethod
    def _threecx_check_size(cls):
        limit = MAX_BODY_BY_PATH.get(_path(), MAX_BODY)
        if (request.httprequest.content_length or 0) > limit:
            cls._threecx_refuse(413, "Too long.")
        if len(request.httprequest.query_string) > MAX_QUERY:
            cls._threecx_refuse(414, "Too long.")

    @classmethod
    def _threecx_check_form(cls, env):
        header = request.httprequest.headers.get("Authorization", "")
        match = _KEY.fullmatch(header)
        if not match:
            cls._threecx_refuse_key(env, "none")
        return match[1].lower()

    @classmethod
    def _threecx_check_claim(cls, pbxs, key):
        """The telephone system that has a key beginning like this one: whose rate counts, and
        nobody else's key is ever hashed."""
        env = pbxs.env
        users = pbxs.user_id
        rows = env.execute_query(
            SQL(
                """
                SELECT user_id FROM res_users_apikeys
                 WHERE "index" = %s AND scope = %s AND user_id = ANY(%s)
                """,
                key[:INDEX_SIZE],
                KEY_SCOPE,
                users.ids,
            )
        )
        owners = {user_id for [user_id] in rows}
        pbx = pbxs.filtered(lambda pbx: pbx.user_id.id in owners)[:1]
        if not pbx:
            cls._threecx_refuse_key(env, "none")
        return pbx

    @classmethod
    def _threecx_check_rate(cls, pbx):
        """A system that asks too often waits; guessing the rest of a key is cut off sooner, and
        does not use up what the system itself may ask."""
        limits = pbx.env["threecx.rate.limit"]
        if limits._hits(_bad_keys(pbx.id)) >= BAD_KEY_RATE:
            cls._threecx_refuse_rate(limits)
        # each route counts for itself: a flood of look-ups does not lose the report of a call
        parameter = pbx.env["ir.config_parameter"].get_param(RATE_PARAMETER)
        rate = int(parameter) if (parameter or "").isdecimal() else RATE
        if limits._hit(f"pbx:{pbx.id}:{_path()}") > rate:
            cls._threecx_refuse_rate(limits)

    @classmethod
    def _threecx_check_key(cls, pbx, key):
        """Compared in constant time by Odoo. A key of the whole API is no key for this."""
        user_id = pbx.env["res.users.apikeys"]._check_credentials(scope=KEY_SCOPE, key=key)
        if user_id != pbx.user_id.id:
            cls._threecx_refuse_key(pbx.env, pbx.id)

    @classmethod
    def _threecx_refuse_key(cls, env, claimed):
        """No key, or a wrong one: all are told the same."""
        limits = env["threecx.rate.limit"]
        if limits._hit(_bad_keys(claimed)) > BAD_KEY_RATE:
            cls._threecx_refuse_rate(limits)
        _logger.info("3CX: wrong key from %s", request.httprequest.remote_addr)
        cls._threecx_refuse(401, "The key is missing or wrong.", ("WWW-Authenticate", "Bearer"))

    @classmethod
    def _threecx_refuse_rate(cls, limits):
        wait = str(limits._retry_after())
        cls._threecx_refuse(429, "Too many requests.", ("Retry-After", wait))

    @classmethod
    def _threecx_refuse(cls, status, message, *headers):
        """Answer at once, whatever the request was.

        :raise werkzeug.exceptions.HTTPException: always
        """
        abort(request.make_json_response({"error": message}, headers=headers, status=status))


def _path():
    return request.httprequest.path.rstrip("/")


def _source():
    """Address of the client.

    :rtype: ipaddress.IPv4Address | ipaddress.IPv6Address
    """
    source = ipaddress.ip_address(request.httprequest.remote_addr)
    return getattr(source, "ipv4_mapped", None) or source


def _bad_keys(claimed):
    """Name of the count of wrong keys: by address, or its network as providers give them out."""
    source = _source()
    if source.version == 6:
        source = ipaddress.ip_network((source, 64), strict=False)
    return f"key:{claimed}:{source}"
