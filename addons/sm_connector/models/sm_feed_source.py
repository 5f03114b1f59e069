import secrets

from odoo import api, fields, models
from odoo.exceptions import AccessError, ValidationError

from odoo.addons.integration_base.exceptions import IntegrationError
from odoo.addons.integration_base.http_client import (
    ApiKeyAuth,
    BasicAuth,
    BearerAuth,
    HttpClient,
    NoAuth,
)

from ..transports import HttpRequest, HttpTransport, Paging, SqlServer, SqlTransport
from ..transports.sql_text import as_query
from ..transports.sql_transport import OwnDatabase, cluster_id
from ..transports.watermark import earlier

HTTP_SECONDS = 60  # for each piece of an answer
DOWNLOAD_SECONDS = 4 * 3600
SYSTEM = "base.group_system"
#: Whoever could change one of these could have the stored secret sent to his own server.
SYSTEM_FIELDS = ("url", "auth", "auth_name", "ca_bundle")


class SmFeed(models.Model):
    """Feeds that come over the network: a web service, or the master's own database."""

    _inherit = "sm.feed"

    url = fields.Char("Address", help="https://… of the list of these records.")
    auth = fields.Selection(
        [
            ("none", "None"),
            ("basic", "User and password"),
            ("bearer", "Token (Bearer)"),
            ("api_key", "Key in a header"),
            ("api_key_query", "Key in the address"),
        ],
        "Credentials",
        required=True,
        default="none",
    )
    auth_name = fields.Char(
        "User or Name of the Key",
        help="The user's name; or the name of the header or of the parameter that holds the key.",
    )
    auth_secret = fields.Char("Password, Token or Key", groups=SYSTEM, copy=False)
    ca_bundle = fields.Char(
        "File With Certificates",
        help="File of the server with the certificates to trust, when the other side has one of "
        "its own making. Certificates are always checked.",
    )
    paging = fields.Selection(
        [
            ("none", "All at once"),
            ("link", "Each page names the next one"),
            ("offset", "By counting records"),
            ("cursor", "By a mark from page to page"),
        ],
        "Pages",
        required=True,
        default="none",
    )
    page_size = fields.Integer("Records per Page", default=500)
    size_param = fields.Char("Parameter for the Size", default="limit")
    offset_param = fields.Char("Parameter for the First Record", default="offset")
    cursor_param = fields.Char("Parameter for the Mark", default="cursor")
    next_name = fields.Char(
        "Next Page Is Named In",
        help="Name of a response header, path in the JSON (meta.next), or attribute of the root of "
        "the XML. A link in the header Link needs nothing here.",
    )
    since_param = fields.Char("Parameter for Changes Since", help="For example modified_since.")
    sql_host = fields.Char("Server", groups=SYSTEM)
    sql_port = fields.Integer("Port", groups=SYSTEM, default=5432)
    sql_database = fields.Char("Database", groups=SYSTEM)
    sql_user = fields.Char("User", groups=SYSTEM)
    sql_password = fields.Char("Password", groups=SYSTEM, copy=False)
    sql_sslmode = fields.Selection(
        [
            ("verify-full", "Encrypted, certificate and name checked"),
            ("verify-ca", "Encrypted, certificate checked"),
            ("require", "Encrypted"),
            ("prefer", "Encrypted when possible"),
            ("disable", "Not encrypted"),
        ],
        "Encryption",
        groups=SYSTEM,
        default="verify-full",
    )
    sql_query = fields.Text(
        "Query", groups=SYSTEM, help="One SELECT, or the name of a table or view."
    )
    sql_timeout = fields.Integer("Time Limit (seconds)", groups=SYSTEM, default=300)
    since_column = fields.Char(
        "Column With the Time of Change",
        help="Tells since when to ask the next time. Its greatest value is remembered, in the time "
        "of Silicon Master.",
    )
    overlap_minutes = fields.Integer(
        "Overlap (minutes)",
        default=15,
        help="This much before the newest change is asked for again: what was being saved "
        "meanwhile must not be missed.",
    )
    watermark = fields.Char("Newest Change Read", readonly=True, copy=False)

    _page_size_positive = models.Constraint(
        "CHECK (page_size BETWEEN 1 AND 100000)", "A page has one record at least."
    )
    _overlap_positive = models.Constraint(
        "CHECK (overlap_minutes BETWEEN 0 AND 10080)", "The overlap is a week at most."
    )
    _sql_timeout_positive = models.Constraint(
        "CHECK (sql_timeout BETWEEN 1 AND 86400)", "A query may take a second, or a day."
    )

    @api.constrains("transport", "url", "paging", "size_param", "offset_param", "cursor_param")
    def _check_http(self):
        for feed in self.filtered(lambda feed: feed.transport == "http"):
            if not feed.url:
                raise ValidationError(self.env._("Say from which address this feed is read."))
            try:
                HttpClient(feed.url).close()
            except IntegrationError as error:
                raise ValidationError(
                    self.env._(
                        "The address has to begin with https://, and to hold no password.\n%(why)s",
                        why=error,
                    )
                ) from error
            names = {
                "link": ["size_param"],
                "offset": ["size_param", "offset_param"],
                "cursor": ["size_param", "cursor_param", "next_name"],
            }
            for name in names.get(feed.paging, ()):
                if not feed[name]:
                    label = feed._fields[name].get_description(self.env, ["string"])["string"]
                    raise ValidationError(
                        self.env._("To read page by page, fill in: %(field)s", field=label)
                    )

    @api.constrains("transport", "sql_host", "sql_database", "sql_user", "sql_query", "sql_port")
    def _check_sql(self):
        for feed in self.sudo().filtered(lambda feed: feed.transport == "sql"):
            if not (feed.sql_host and feed.sql_database and feed.sql_user):
                raise ValidationError(
                    self.env._("Say on which server, in which database and as whom to read.")
                )
            if not 0 < feed.sql_port < 65536:
                raise ValidationError(self.env._("There is no port %(port)s.", port=feed.sql_port))
            try:
                as_query(feed.sql_query or "")
            except IntegrationError as error:
                raise ValidationError(
                    self.env._("The query cannot be used.\n%(why)s", why=error)
                ) from error

    @api.constrains("mode", "transport", "since_column", "since_param")
    def _check_delta(self):
        for feed in self.filtered(lambda feed: feed.mode == "delta"):
            if feed.transport != "file" and not feed.since_column:
                raise ValidationError(
                    self.env._("Say which column tells when a record was changed.")
                )
            if feed.transport == "http" and not feed.since_param:
                raise ValidationError(
                    self.env._("Say by which parameter the changes since a moment are asked for.")
                )

    @api.model_create_multi
    def create(self, vals_list):
        """Override to keep addresses to the administrators of the server."""
        for vals in vals_list:
            self._check_system_fields(vals)
        return super().create(vals_list)

    def write(self, vals):
        """Override to keep addresses to the administrators of the server."""
        self._check_system_fields(vals)
        return super().write(vals)

    def _check_system_fields(self, vals):
        """Refuse to let anybody else choose where a stored secret is sent.

        :raise AccessError: the user is no administrator of the whole database
        """
        if self.env.su or self.env.user.has_group(SYSTEM):
            return
        empty = {"auth": "none"}
        for name in SYSTEM_FIELDS:
            if name not in vals or self and all(feed[name] == vals[name] for feed in self):
                continue
            if self or (vals[name] or empty.get(name, False)) != empty.get(name, False):
                raise AccessError(
                    self.env._(
                        "Only an administrator with access to the Settings may change where the "
                        "data of Silicon Master is fetched from."
                    )
                )

    # === TRANSPORTS === #

    def _get_http_transport(self):
        request = HttpRequest(
            self.url or "",
            Paging(
                self.paging,
                self.page_size,
                self.size_param or "",
                self.offset_param or "",
                self.cursor_param or "",
                self.next_name or "",
            ),
            since=(self.since_param, since) if (since := self._get_since()) else None,
            suffix="" if self.format == "auto" else f".{self.format}",
        )
        client = HttpClient(
            request.url,
            self._get_http_auth(),
            timeout=HTTP_SECONDS,
            ca_bundle=self.ca_bundle or None,
            max_seconds=DOWNLOAD_SECONDS,
        )
        return HttpTransport(client, request, self._get_spool_folder(), self.last_path or "")

    def _get_http_auth(self):
        name, secret = self.auth_name or "", self.auth_secret or ""
        if self.auth == "basic":
            return BasicAuth(name, secret)
        if self.auth == "bearer":
            return BearerAuth(secret)
        if self.auth == "api_key":
            return ApiKeyAuth(name or "X-Api-Key", secret)
        if self.auth == "api_key_query":
            return ApiKeyAuth(name or "api_key", secret, "query")
        return NoAuth()

    def _get_sql_transport(self):
        server = SqlServer(
            self.sql_host or "",
            self.sql_database or "",
            self.sql_user or "",
            self.sql_password or "",
            self.sql_port,
            self.sql_sslmode or "verify-full",
            self.ca_bundle or "",
            self.sql_timeout,
        )
        since = self._get_since()
        return SqlTransport(
            server,
            self.sql_query or "",
            self._get_own_database(),
            (self.since_column, since) if since else None,
        )

    def _get_own_database(self):
        """Return what tells this database, and hold the lock that shows it until the next commit.

        :rtype: OwnDatabase
        """
        key = secrets.randbits(62)
        cr = self.env.cr
        cr.execute("SELECT pg_advisory_xact_lock_shared(%s)", [key])
        return OwnDatabase(key, cluster_id(cr), cr.dbname)

    def _get_since(self):
        """Return the moment from which changes are asked for; empty when all is wanted."""
        if self.mode != "delta" or not self.since_column:
            return ""
        complete = self.backend_id.feed_ids.filtered(
            lambda feed: feed.mode == "full" and feed.entity == self.entity
        )
        mark = self.watermark or complete.watermark
        return earlier(mark, self.overlap_minutes) if mark else ""
