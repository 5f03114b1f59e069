import re
from urllib.parse import urlsplit

from dateutil.relativedelta import relativedelta
from psycopg2.errors import UniqueViolation

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain

from odoo.addons.integration_base.exceptions import AuthError
from odoo.addons.integration_base.http_client import is_loopback
from odoo.addons.integration_base.transaction import run_apart

from ..providers.iadvize.provider import FOLDERS, LINK
from ..providers.iadvize.tokens import API_URL, Credentials
from .omni_iadvize_token import SharedTokens, user_key

MOST_MONTHS = 60
#: Conversations that are going on are looked at again for so many days; iAdvize ends them earlier.
OPEN_DAYS = 30
OPEN_LIMIT = 1000
#: Minutes between two looks at what is going on, unless somebody chooses otherwise.
SYNC_MINUTES = 2
#: A page that nothing has come of for so long is none that Messenger can be left to.
PAGE_HOURS = 24
#: Names of custom data which web sites use for numbers of orders, and of customers.
ORDER_KEYS = "order, orderNumber, orderId, commande, numeroCommande, bestelnummer"
CUSTOMER_KEYS = "customer, customerNumber, customerId, client, numeroClient, klantnummer"
_SEPARATOR = re.compile(r"[,;\n]+")
#: With what a token is had: another value makes another token.
_CREDENTIAL_FIELDS = frozenset(
    {"iadvize_user", "iadvize_password", "iadvize_platform", "iadvize_url"}
)


class OmniChannel(models.Model):
    """A project at iAdvize: by which access it is read, and what of it.

    How it is and what it does not tell is in ``omni_channel_iadvize_health``.
    """

    _inherit = "omni.channel"

    iadvize_user = fields.Char(
        "API User",
        copy=False,
        tracking=True,
        help="The address of a user of iAdvize made for Odoo: with a password of its own, without "
        "a second factor or the sign-in of the company.",
    )
    iadvize_password = fields.Char("Password", groups="base.group_system", copy=False)
    iadvize_platform = fields.Selection(
        [("ha", "HA (ha.iadvize.com)"), ("sd", "SD (sd.iadvize.com)")],
        "Platform",
        default="ha",
        tracking=True,
        help="As in the address of the desk.",
    )
    iadvize_projects = fields.Char(
        "Projects",
        tracking=True,
        help="Their ids, separated by commas. Empty: all that the user may see.",
    )
    iadvize_messenger = fields.Selection(
        [
            ("auto", "Left to the Messenger channel, as long as there is one"),
            ("never", "Never imported from here"),
            ("always", "Always imported from here"),
        ],
        "Messenger in iAdvize",
        default="auto",
        tracking=True,
        help="A page that is connected to Odoo and to iAdvize would bring every message twice. One "
        "that does not work takes nothing away: access refused, or nothing heard of it for a day.",
    )
    iadvize_order_keys = fields.Char(
        "Custom Data: Orders",
        default=ORDER_KEYS,
        help="Under these names your web site tells iAdvize the number of an order.",
    )
    iadvize_customer_keys = fields.Char(
        "Custom Data: Customers",
        default=CUSTOMER_KEYS,
        help="Under these names your web site tells iAdvize the number of a customer.",
    )
    iadvize_history_months = fields.Integer(
        "Months of Earlier Chats",
        help="Closed conversations that are brought in at the first connection. They are kept with "
        "the customers as history and open no ticket.",
    )
    iadvize_url = fields.Char("Address of the API", groups="base.group_system", default=API_URL)
    iadvize_link = fields.Char(
        "Address of a Conversation",
        default=LINK,
        help="Where a conversation is opened at the desk; {platform} and {conversation} are "
        "filled in. iAdvize documents this address nowhere: open a conversation, and compare.",
    )

    _iadvize_history_months_sane = models.Constraint(
        f"CHECK (iadvize_history_months BETWEEN 0 AND {MOST_MONTHS})",
        "History goes back five years at most.",
    )

    @api.onchange("provider")
    def _onchange_provider_iadvize(self):
        """What is given to other channels does not fit: the secret is the one of the app."""
        if self.provider == "iadvize":
            self.sync_minutes = SYNC_MINUTES
            if self.env.user._is_system():
                self.secret = False

    # === CONSTRAINTS === #

    @api.constrains("provider", "iadvize_user", "iadvize_projects", "iadvize_link")
    def _check_iadvize(self):
        for channel in self.filtered(lambda channel: channel.provider == "iadvize"):
            if not channel.iadvize_user:
                raise ValidationError(self.env._("A project of iAdvize needs an API user."))
            wrong = [one for one in channel._iadvize_projects() if not one.isdigit()]
            if wrong:
                raise ValidationError(
                    self.env._(
                        "“%(project)s” is no id of a project: it is a number, as in the address of "
                        "the administration of iAdvize.",
                        project=wrong[0],
                    )
                )
            link = channel.iadvize_link or ""
            if link and not _is_safe(link, is_any_host=True):
                raise ValidationError(
                    self.env._("The address of a conversation begins with https://.")
                )

    @api.constrains("iadvize_url")
    def _check_iadvize_url(self):
        for channel in self:
            if channel.iadvize_url and not _is_safe(channel.iadvize_url):
                raise ValidationError(
                    self.env._(
                        "“%(url)s” is no address of iAdvize: it is %(default)s.",
                        url=channel.iadvize_url,
                        default=API_URL,
                    )
                )

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        """Override: a project has its folders, and its secret is the one that iAdvize has made."""
        vals_list = [
            {"sync_minutes": SYNC_MINUTES, **_tidy(vals)}
            if vals.get("provider") == "iadvize"
            else vals
            for vals in vals_list
        ]
        channels = super().create(vals_list)
        for channel, vals in zip(channels, vals_list, strict=True):
            if channel.provider != "iadvize":
                continue
            if "secret" not in vals:
                # sudo: whoever makes the channel need not see its secret
                channel.sudo().secret = False
            if not channel.folder_ids:
                channel._iadvize_create_folders()
            channel._iadvize_ensure_token()
        return channels

    def write(self, vals):
        """Override: a password never goes to another address than the one it was given for, and a
        changed access is tried at once."""
        vals = _tidy(vals)
        if "iadvize_url" in vals and "iadvize_password" not in vals:
            for channel in self.filtered("iadvize_url"):
                if channel.iadvize_url != vals["iadvize_url"]:
                    channel.iadvize_password = False
        res = super().write(vals)
        ours = self.filtered(lambda channel: channel.provider == "iadvize")
        if ours and not _CREDENTIAL_FIELDS.isdisjoint(vals):
            for channel in ours:
                channel._iadvize_ensure_token()
            # sudo: whoever renews a password need not see what is kept of reading
            self.env["omni.iadvize.schema"].sudo().search([("channel_id", "in", ours.ids)]).unlink()
            ours.sudo().write({"next_sync": False})
            ours.folder_ids._mark_dirty()
        if ours and not {"iadvize_history_months", "start_date"}.isdisjoint(vals):
            for channel in ours:
                # sudo: the cursor tells whether anything was read yet
                channel.folder_ids.filtered(
                    lambda folder: folder.key == "closed" and not folder.sudo().cursor
                ).since = channel._iadvize_since()
        return res

    def _iadvize_create_folders(self):
        """What is read by asking: nothing tells of messages, and events get lost."""
        self.ensure_one()
        names = {"open": self.env._("Going On"), "closed": self.env._("Closed")}
        return self.env["omni.folder"].create(
            [
                {
                    "channel_id": self.id,
                    "key": key,
                    "role": role,
                    "name": names[key],
                    "since": self._iadvize_since() if key == "closed" else False,
                }
                for key, role in FOLDERS
            ]
        )

    def _iadvize_since(self):
        """From when on closed conversations are read the first time.

        :rtype: datetime.datetime
        """
        self.ensure_one()
        start = self.start_date or fields.Datetime.now()
        return start - relativedelta(months=self.iadvize_history_months)

    # === PROVIDER === #

    def _iadvize_settings(self):
        """Settings of `IadvizeProvider`, called by `_provider_settings`.

        :rtype: dict
        """
        self.ensure_one()
        credentials = self._iadvize_credentials()
        return {
            "credentials": credentials,
            "tokens": SharedTokens(self.env.registry, credentials),
            # sudo: what iAdvize says of its own interface, for whoever works on the channel
            "schema": self.env["omni.iadvize.schema"].sudo()._of(self).content or None,
            "remember_schema": self._iadvize_remember_schema,
            "projects": tuple(self._iadvize_projects()),
            "is_messenger_elsewhere": self._iadvize_is_messenger_elsewhere(),
            "order_keys": _words(self.iadvize_order_keys),
            "customer_keys": _words(self.iadvize_customer_keys),
            "link": self.iadvize_link or "",
            "open": tuple(self._iadvize_open()),
        }

    def _iadvize_webhook_settings(self):
        """Settings by which requests are verified: the secret is enough.

        :rtype: dict
        """
        return {}

    def _iadvize_credentials(self):
        """Who we are to iAdvize. Never give it to a client.

        :rtype: Credentials
        :raise AuthError: nothing is set up
        """
        self.ensure_one()
        # sudo: the provider needs the password, whoever causes the work
        channel_sudo = self.sudo()
        if not self.iadvize_user:
            raise AuthError(self.env._("The API user of iAdvize is not set up."))
        return Credentials(
            user=self.iadvize_user,
            password=channel_sudo.iadvize_password or "",
            platform=self.iadvize_platform or "ha",
            url=channel_sudo.iadvize_url or API_URL,
        )

    def _iadvize_ensure_token(self):
        """The row in which the token of the API user is kept."""
        self.ensure_one()
        if self.iadvize_user:
            # sudo: nobody may touch tokens
            self.env["omni.iadvize.token"].sudo()._ensure(user_key(self._iadvize_credentials()))

    def _iadvize_remember_schema(self, schema):
        """Keep what the schema has, whatever becomes of the work for which it was read.

        :param dict schema: as `Schema.dump` gives it
        """
        run_apart(self.env, _keep_schema, self.id, schema)
        self.env["omni.iadvize.schema"].invalidate_model()

    def _iadvize_projects(self):
        """:rtype: list[str]"""
        self.ensure_one()
        return _words(self.iadvize_projects)

    def _iadvize_is_messenger_elsewhere(self):
        """Whether what is written on Messenger comes in by another channel of the company.

        A page in service is no proof of it: one that never worked, or is refused, brings nothing.
        What is imported from here meanwhile comes once more when the page is let in again and its
        list is read: seen twice is a nuisance, not seen at all is a customer without answer.

        :rtype: bool
        """
        self.ensure_one()
        if self.iadvize_messenger != "auto":
            return self.iadvize_messenger == "never"
        heard = fields.Datetime.now() - relativedelta(hours=PAGE_HOURS)
        # sudo: it does not depend on which channels somebody may see
        channels_sudo = self.env["omni.channel"].sudo()
        return bool(
            channels_sudo.search_count(
                Domain("provider", "=", "messenger")
                & Domain("is_enabled", "=", True)
                & Domain("company_id", "in", self.company_id.ids)
                & Domain("auth_failed_since", "=", False)
                & Domain("last_success", ">=", heard),
                limit=1,
            )
        )

    def _iadvize_open(self):
        """What the channel calls the conversations that were going on when we last heard of them.

        :rtype: list[str]
        """
        self.ensure_one()
        recent = fields.Datetime.now() - relativedelta(days=OPEN_DAYS)
        # sudo: the provider reads them for everybody
        conversations_sudo = self.env["omni.conversation"].sudo()
        found = conversations_sudo.search_fetch(
            Domain("channel_id", "=", self.id)
            & Domain("is_open_there", "=", True)
            & Domain("external_id", "!=", False)
            & Domain("last_message_date", ">=", recent),
            ["external_id"],
            limit=OPEN_LIMIT,
            order="last_message_date desc, id desc",
        )
        return list(dict.fromkeys(found.mapped("external_id")))

    def _iadvize_read(self, conversation_id):
        """Read a conversation now, for somebody who sits before it at the desk.

        :param str conversation_id: what iAdvize calls it
        :return: the conversation; an empty one: there is none, or nobody has written in it yet, or
            it comes in by another channel
        :rtype: omni.conversation
        :raise IntegrationError: iAdvize cannot be asked
        """
        self.ensure_one()
        event = self._provider().current(conversation_id)
        if event:
            # sudo: events are written by nobody
            events_sudo = self.env["omni.event"].sudo()
            events_sudo._store(self, [event])
            stored_sudo = events_sudo.search(
                [("channel_id", "=", self.id), ("dedupe_key", "=", event.dedupe_key)]
            )
            try:
                with self.env.cr.savepoint():
                    stored_sudo.with_context(omni_begin_anew=True)._process()
            except UniqueViolation:
                # the scheduler takes it in at this very moment: it is here in the next one
                self._wake("in_chat")
        return self.env["omni.conversation"].search(
            Domain("channel_id", "=", self.id) & Domain("external_id", "=", conversation_id),
            order="last_message_date desc, id desc",
            limit=1,
        )


def _keep_schema(env, channel_id, schema):
    # sudo: whoever caused it to be read
    env["omni.iadvize.schema"].sudo()._keep(channel_id, schema)


def _words(text):
    """What stands between commas."""
    return [word.strip() for word in _SEPARATOR.split(text or "") if word.strip()]


def _tidy(vals):
    """What people paste: spaces around, and a slash after an address."""
    names = ("iadvize_user", "iadvize_password", "iadvize_projects", "iadvize_link")
    tidied = {name: vals[name].strip() for name in names if isinstance(vals.get(name), str)}
    if isinstance(vals.get("iadvize_url"), str):
        tidied["iadvize_url"] = vals["iadvize_url"].strip().rstrip("/")
    return {**vals, **tidied}


def _is_safe(url, is_any_host=False):
    """Whether an address may be spoken to: iAdvize's, or of this machine, for the simulator."""
    try:
        parts = urlsplit(url)
        host, _port = (parts.hostname or "").lower(), parts.port
    except ValueError:
        return False
    if parts.username or not host:
        return False
    if is_loopback(host):
        return parts.scheme in ("http", "https")
    if parts.scheme != "https":
        return False
    if is_any_host:
        return True
    is_theirs = host == "iadvize.com" or host.endswith(".iadvize.com")
    return is_theirs and not (parts.query or parts.fragment or parts.path.strip("/"))
