from collections import defaultdict

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from odoo.addons.integration_base.exceptions import AuthError, IntegrationError
from odoo.addons.integration_base.tools import email as email_tools


class ThreecxPbx(models.Model):
    """Who has which extension."""

    _inherit = "threecx.pbx"

    free_user_ids = fields.Many2many(
        "res.users",
        string="Users Without Extension",
        compute="_compute_free_user_ids",
        help="They may use the telephone in Odoo, and no extension is known of them.",
    )
    free_user_count = fields.Integer(compute="_compute_free_user_ids")
    free_extension_count = fields.Integer(
        "Extensions Without User", compute="_compute_free_extension_count"
    )

    @api.depends("extension_ids.user_id", "company_id")
    def _compute_free_user_ids(self):
        for pbx in self:
            users = pbx._users()
            pbx.free_user_ids = users - pbx.extension_ids.user_id
            pbx.free_user_count = len(pbx.free_user_ids)

    @api.depends("extension_ids.user_id")
    def _compute_free_extension_count(self):
        for pbx in self:
            pbx.free_extension_count = len(pbx.extension_ids.filtered(lambda ext: not ext.user_id))

    def _users(self):
        """Who may telephone with this system in Odoo."""
        self.ensure_one()
        group = self.env.ref("threecx_bridge.group_threecx_user")
        domain = Domain("all_group_ids", "in", group.ids) & Domain("share", "=", False)
        domain &= Domain("company_ids", "in", self.company_id.ids)
        # sudo: an administrator of the telephone need not be one of the users
        return self.env["res.users"].sudo().search(domain, order="name, id").sudo(self.env.su)

    # === BUTTONS === #

    def action_import_extensions(self):
        """Button: ask 3CX for its extensions, then see whose they are."""
        self.ensure_one()
        self.check_access("write")
        if not self.has_api:
            raise UserError(
                self.env._(
                    "3CX can only be asked for its extensions with an API key (3CX Enterprise). "
                    "Otherwise add them below, or let each colleague enter his own in his "
                    "preferences."
                )
            )
        try:
            count = self._import_extensions()
        except IntegrationError as error:
            raise UserError(self._explain(error)) from error
        self._map_extensions()
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "title": self.display_name,
                "message": self.env._("%(count)s extensions read from 3CX.", count=count),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def action_map_extensions(self):
        """Button: find the users of the extensions that have none."""
        self.check_access("write")
        self._map_extensions()

    def action_open_mapping(self):
        """Button: who has which extension."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Who has which extension"),
            "res_model": "threecx.pbx",
            "res_id": self.id,
            "views": [(self.env.ref("threecx_bridge.threecx_pbx_view_form_mapping").id, "form")],
        }

    @api.model
    def action_open_mapping_default(self):
        """Menu: as `action_open_mapping`, of the only telephone system; else choose one."""
        pbxs = self.search([("company_id", "in", self.env.companies.ids)])
        if len(pbxs) == 1:
            return pbxs.action_open_mapping()
        action = self.env["ir.actions.act_window"]._for_xml_id("threecx_bridge.threecx_pbx_action")
        return action | {"name": self.env._("Who has which extension")}

    # === IMPORT === #

    def _import_extensions(self):
        """Read the extensions of the telephone system, and archive those that it has no more.

        :rtype: int
        :raise IntegrationError: it does not tell
        """
        self.ensure_one()
        found, followed = {}, set()
        with self._api() as api_client:
            is_complete = True
            try:
                for user in api_client.users():
                    if user.number and user.enabled:
                        found[user.number] = {
                            "name": user.name,
                            "email": user.email,
                            "registered": user.is_registered,
                        }
            except AuthError as error:
                if error.code != 403:
                    raise
                is_complete = False  # no XAPI: only the extensions listed for the client are seen
            for info in api_client.dns():
                if not info.is_extension:
                    continue
                followed.add(info.dn)
                devices = [device for device in info.devices if device.is_registered]
                found.setdefault(info.dn, {}).update(
                    devices=[device_values(device) for device in devices],
                    registered=bool(devices),
                )
        self._save_extensions(found, is_complete)
        self._note_followed(followed)
        return len(found)

    def _note_followed(self, numbers):
        """:param set numbers: of the extensions that the API client may use"""
        for extension in self.extension_ids:
            if extension.is_followed != (extension.number in numbers):
                extension.is_followed = not extension.is_followed

    def _save_extensions(self, found, is_complete):
        """:param dict found: values of extensions, by number
        :param bool is_complete: whether an extension that is not among them has gone
        """
        known = self.env["threecx.extension"].with_context(active_test=False)
        known = known.search([("pbx_id", "=", self.id)])
        by_number = {extension.number: extension for extension in known}
        new = []
        for number, values in found.items():
            extension = by_number.get(number)
            if not extension:
                new.append({"pbx_id": self.id, "number": number, **values})
                continue
            values = {"active": True, **values}
            changed = {
                name: value
                for name, value in values.items()
                if (extension[name] or False) != (value or False)
            }
            if changed:
                extension.write(changed)
        self.env["threecx.extension"].create(new)
        if is_complete and found:
            gone = known.filtered(
                # an extension entered in Odoo may be one that 3CX does not list
                lambda ext: (
                    ext.active
                    and ext.number not in found
                    and ext.mapped_by not in ("manual", "extension")
                )
            )
            gone.action_archive()

    # === WHOSE IS IT === #

    def _map_extensions(self):
        """Give the extensions to the users with the same e-mail address, else to those who carry
        the number. What was decided by hand stays, as long as he is here."""
        for pbx in self:
            users = pbx._users()
            by_email = _unique(users, lambda user: _emails(user))
            by_number = _unique(users, lambda user: filter(None, [user.threecx_extension]))
            for extension in pbx.extension_ids:
                if extension.user_id and not extension.user_id.active:
                    extension._assign(users.browse(), False)  # who has left has no telephone
                if extension.mapped_by == "manual":
                    continue
                email = email_tools.normalize(extension.email)
                user, mapped_by = by_email.get(email), "email"
                if not user:
                    user, mapped_by = by_number.get(extension.number), "extension"
                if user and (extension.user_id, extension.mapped_by) != (user, mapped_by):
                    extension._assign(user, mapped_by)


def device_values(device):
    """What is kept of a telephone of an extension.

    :param Device device: as the telephone system lists it
    :rtype: dict
    """
    return {"id": device.device_id, "name": device.user_agent or device.device_id}


def _emails(user):
    addresses = (email_tools.normalize(text) for text in (user.email, user.login))
    return {address for address in addresses if address}


def _unique(users, keys):
    """The users by something that only one of them has."""
    found = defaultdict(set)
    for user in users:
        for key in keys(user):
            found[key].add(user)
    return {key: owners.pop() for key, owners in found.items() if len(owners) == 1}
