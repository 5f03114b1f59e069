"""Whose a field is: what the master owns of a linked record cannot be changed in Odoo.

The guard is a mixin, so it lies below what the models themselves do in `write`: nothing of core
reaches the database beside it. Its only exception is the pipeline, which marks its own thread; an
Odoo context or `sudo` opens nothing.
"""

from collections import defaultdict

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command, Domain

from ..contract.base import MASTER
from ..pipeline.appliers import APPLIERS
from ..pipeline.context import is_derived, is_on_behalf_of_master

# by model: the entity whose links bind its records, and its fields that an entity may own
ENTITY_OF = {model: entity for entity, applier in APPLIERS.items() for model in applier.owners}
CODE_FIELDS = {applier.model: applier.code_field for applier in APPLIERS.values()}
SHOWN_RECORDS = 5  # names in a message


def owners(model: str) -> dict:
    """Return which field of the contract feeds which field of a model."""
    entity = ENTITY_OF.get(model)
    return APPLIERS[entity].owners[model] if entity else {}


class SmOwnedMixin(models.AbstractModel):
    """Refuses to change what the master owns.

    A model says in :meth:`_sm_links` which links bind a record, and its applier in ``owners`` which
    fields follow which field of the mapping.
    """

    _name = "sm.owned.mixin"
    _description = "Silicon Master Owned Record"

    #: links in these states bind: also of what left the export for a while, or for good as history
    _sm_binding_states = ("linked", "missing", "closed")

    sm_owned_fields = fields.Json(
        "Fields of Silicon Master",
        compute="_compute_sm_owned_fields",
        export_string_translation=False,
    )

    @api.depends_context("company")
    def _compute_sm_owned_fields(self):
        """What views lock, in a fixed order; false when it is nothing."""
        for record in self:
            record.sm_owned_fields = sorted(record._sm_owned())

    # === WHAT IS OWNED === #

    def _sm_links(self):
        """Return the links that bind a record, whoever looks at it."""
        raise NotImplementedError

    def _sm_bound(self):
        """Return those of the records that a link binds."""
        raise NotImplementedError

    def _sm_owned(self):
        """Return the fields of a record that the master owns, each with its link."""
        owned = {}
        by_owner = None
        for link in self._sm_links():
            by_owner = by_owner or self.env["sm.field.mapping"]._sm_fields_by_owner()
            for name in by_owner.get((link.backend_id.id, self._name, MASTER), ()):
                field = self._fields.get(name)
                if field and self._sm_is_in_reach(field, link.backend_id):
                    owned.setdefault(name, link)
        return owned

    def _sm_is_in_reach(self, field, backend):
        """Return whether the value of a field that is at hand is the master's: another company's
        value of a company-dependent field is not."""
        return not field.company_dependent or backend.sudo().company_id == self.env.company

    @api.model
    def _sm_is_guarded(self):
        """Return whether changes are checked: for everybody but the pipeline itself."""
        return not is_on_behalf_of_master()

    # === WHAT WOULD CHANGE === #

    def _sm_changes(self, vals):
        """Return which fields of the master ``vals`` would give another value.

        :return: by record, the names that differ and those that say the same in other words
        :rtype: dict[record, tuple(set, set)]
        """
        names = self.env["sm.field.mapping"]._sm_ownable(self._name) & vals.keys()
        changes = {}
        if not names:
            return changes
        for record in self._sm_bound():
            owned = record._sm_owned()
            differing = {
                name
                for name in names & owned.keys()
                if not record._sm_is_same(name, vals[name], owned[name])
            }
            if differing:
                reworded = {name for name in differing if record._sm_is_reworded(name, vals[name])}
                changes[record] = (differing - reworded, reworded)
        return changes

    def _sm_is_same(self, name, value, link):
        """Return whether a field has a value already."""
        field = self._fields[name]
        if field.type in ("one2many", "many2many"):
            # lines are guarded themselves
            return field.type == "one2many" or self._sm_ids(name, value, link) == self._sm_ids(
                name, [], link
            )
        if field.translate and isinstance(value, dict):
            return False
        old = field.convert_to_cache(self[name], self, validate=False)
        new = field.convert_to_cache(value, self, validate=False)
        if field.type in ("float", "monetary"):
            return abs((old or 0.0) - (new or 0.0)) < 1e-9
        return old == new or not old and not new

    def _sm_ids(self, name, commands, link):
        """Return the ids that a many2many field would hold after ``commands``."""
        ids = set(self[name].ids)
        for command in commands or ():
            match command:
                case [Command.SET, _, new]:
                    ids = set(new)
                case [Command.CLEAR, *_]:
                    ids = set()
                case [Command.LINK, id_, *_]:
                    ids.add(id_)
                case [Command.UNLINK | Command.DELETE, id_, *_]:
                    ids.discard(id_)
                case [Command.CREATE | Command.UPDATE, *_]:
                    ids.add(None)
                case _:
                    ids.add(getattr(command, "id", command))
        return {id_ for id_ in ids if not self._sm_is_foreign(name, id_, link)}

    def _sm_is_foreign(self, name, id_, link):
        """Return whether a value of a many2many field belongs to a company that is not the
        master's: companies that share an article have taxes of their own."""
        other = self.env[self._fields[name].comodel_name].sudo().browse(id_)
        if not id_ or "company_id" not in other:
            return False
        return bool(other.company_id) and other.company_id != link.backend_id.company_id

    def _sm_is_reworded(self, name, value):
        """Return whether a value says the same as what is there, so that it need not be written."""
        return False

    # === DOORS === #

    @api.model_create_multi
    def create(self, vals_list):
        """Override to refuse a second record under a key of the master."""
        code_field = CODE_FIELDS.get(self._name)
        if code_field and self._sm_is_guarded():
            for vals in vals_list:
                if vals.get(code_field):
                    self._sm_refuse_known_code(vals[code_field], vals.get("company_id"))
        return super().create(vals_list)

    def write(self, vals):
        """Override to refuse other values for what the master owns.

        A value that is there already passes, so core may write what it has read. What Odoo copies
        by itself from other records leaves the master's fields alone.
        """
        if not self._sm_is_guarded() or not self._ids:
            return super().write(vals)
        code_field = CODE_FIELDS.get(self._name)
        if code_field and vals.get(code_field):
            for record in self:
                if record[code_field] != vals[code_field]:
                    company_id = record.company_id.id if "company_id" in record else False
                    record._sm_refuse_known_code(vals[code_field], company_id)
        changes = self._sm_changes(vals)
        if not changes:
            return super().write(vals)
        refused = {record: names for record, (names, _reworded) in changes.items() if names}
        if refused and not is_derived(set().union(*refused.values())):
            raise self._sm_refusal(refused)
        groups = defaultdict(list)
        for record in self:
            left_out = frozenset().union(*changes.get(record, ()))
            groups[left_out].append(record.id)
        for left_out, ids in groups.items():
            rest = {name: value for name, value in vals.items() if name not in left_out}
            if rest:
                super(SmOwnedMixin, self.browse(ids)).write(rest)
        return True

    # also when a client says that it is uninstalling: its context is its own
    @api.ondelete(at_uninstall=True)
    def _unlink_except_owned(self):
        if not self._sm_is_guarded():
            return
        refused = {record: () for record in self._sm_bound() if record._sm_owned()}
        if refused:
            raise self._sm_refusal(refused)

    def _update_field_translations(self, field_name, translations, digest=None, source_lang=""):
        """Override: the master's texts are its own in every language."""
        if self._sm_is_guarded() and field_name in self._sm_owned():
            for lang, text in translations.items():
                if text != self.with_context(lang=lang)[field_name]:
                    raise self._sm_refusal({self: {field_name}})
        return super()._update_field_translations(
            field_name, translations, digest=digest, source_lang=source_lang
        )

    def copy_data(self, default=None):
        """Override: a copy is not the master's record, so it does not bear its key."""
        vals_list = super().copy_data(default=default)
        code_field = CODE_FIELDS.get(self._name)
        for record, vals in zip(self, vals_list, strict=True):
            if code_field in vals and code_field not in (default or ()) and record._sm_owned():
                del vals[code_field]
        return vals_list

    # === REFUSALS === #

    def _sm_refuse_known_code(self, code, company_id):
        """Refuse a key under which a master has another record that the user can come across.

        :param company_id: the company of the record; false when it is to belong to all
        :raise UserError: it has
        """
        entity = ENTITY_OF[self._name]
        applier = APPLIERS[entity]
        domain = Domain(
            [
                ("entity", "=", entity),
                ("external_id", "=", code),
                ("state", "in", self._sm_binding_states),
                ("backend_id.active", "=", True),
                (applier.link_field, "not in", [False, *self.ids]),
            ]
        )
        companies = self.env.companies
        if company_id:
            domain &= Domain("backend_id.company_id", "=", company_id)
        else:
            seen = Domain(f"{applier.link_field}.company_id", "in", [False, *companies.ids])
            domain &= Domain("backend_id.company_id", "in", companies.ids) | (
                Domain("backend_id.is_shared", "=", True) & seen
            )
        # sudo: who may not read the links has to respect them too
        links = self.env["sm.link"].sudo().search(domain)
        own = links.filtered(lambda link: link.backend_id.company_id in companies)
        if own:
            raise UserError(
                self.env._(
                    "%(master)s already has a record of the number %(code)s, and so has Odoo. "
                    "Please use that one.",
                    master=own[0].backend_id.name,
                    code=code,
                )
            )
        if links:  # another company's master is none of the user's business
            raise UserError(
                self.env._(
                    "Odoo already has a record of the number %(code)s. Please use that one.",
                    code=code,
                )
            )

    def _sm_refusal(self, refused):
        """Return the error for changes that are not Odoo's to make.

        :param refused: by record, the fields; none when the record as a whole is meant
        """
        # sudo: whom to ask is no secret
        backend = next(iter(refused))._sm_links().sudo().backend_id[:1]
        labels = self._sm_labels({name for names in refused.values() for name in names})
        records = self.browse([record.id for record in refused]).sudo()
        shown = "; ".join(
            str(record.display_name or record.id) for record in records[:SHOWN_RECORDS]
        )
        if len(records) > SHOWN_RECORDS:
            shown = self.env._(
                "%(records)s and %(count)s more",
                records=shown,
                count=len(records) - SHOWN_RECORDS,
            )
        if not self.env.user._is_internal():
            return UserError(self._sm_customer_text(labels, backend))
        who = backend.responsible_id.name
        lines = [
            self.env._(
                "%(fields)s of %(records)s belongs to %(master)s.",
                fields=labels,
                records=shown,
                master=backend.name,
            )
            if labels
            else self.env._(
                "%(records)s belongs to %(master)s.", records=shown, master=backend.name
            ),
            self.env._("Please change it there: it is here the next morning."),
        ]
        if who:
            lines.append(self.env._("Questions? Ask %(name)s.", name=who))
        return UserError("\n".join(lines))

    def _sm_labels(self, names):
        """Return what a person calls fields, as one text."""
        described = self.fields_get(names, ["string"]) if names else {}
        strings = {
            described[name]["string"] if name in described else self._fields[name].string
            for name in names
        }
        return ", ".join(sorted(strings))

    def _sm_customer_text(self, labels, backend):
        """Return the refusal in words for a customer: what, and whom he may ask."""
        company = backend.company_id
        contact = " · ".join(filter(None, (company.name, company.phone, company.email)))
        if not labels:
            return self.env._(
                "This is kept by our customer service and cannot be changed here. "
                "Please ask us: %(contact)s",
                contact=contact,
            )
        return self.env._(
            "Our customer service keeps these details and they cannot be changed here: "
            "%(fields)s. Please ask us: %(contact)s",
            fields=labels,
            contact=contact,
        )

    # === VIEWS === #

    @api.model
    def _get_view(self, view_id=None, view_type="form", **options):
        """Override to make the master's fields read-only in every form and list, whoever made it.

        The result is cached by `base`, and which fields of a record are meant is read with it.
        """
        arch, view = super()._get_view(view_id, view_type, **options)
        if view_type in ("form", "list"):
            _lock_fields(self, arch)
        return arch, view


def _lock_fields(model, node):
    """Add to the fields in a node, and in the views inside it, when they are read-only."""
    names = owners(model._name)
    for child in node:
        if child.tag != "field":
            _lock_fields(model, child)
            continue
        name = child.get("name")
        field = model._fields.get(name)
        if field is None:
            continue
        if name in names:
            add_condition(child, "readonly", f"'{name}' in (sm_owned_fields or [])", field.readonly)
        if field.relational and len(child):
            _lock_fields(model.env[field.comodel_name], child)


def add_condition(node, attribute, condition, default=False):
    """Make an attribute of a node of a view true under one more condition.

    :param bool default: what it is when the view says nothing
    """
    value = (node.get(attribute) or str(default)).strip()
    if value in ("1", "True", "true"):
        return
    if value not in ("0", "False", "false"):
        condition = f"({value}) or {condition}"
    node.set(attribute, condition)
