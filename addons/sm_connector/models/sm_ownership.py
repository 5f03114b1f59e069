"""Which fields the mappings give to the master, looked up once and forgotten with each change."""

from collections import defaultdict

from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import ormcache

from ..contract.base import FILL, MASTER
from ..pipeline.appliers import APPLIERS
from .sm_owned_mixin import ENTITY_OF

# what says that a record is the master's
BINDING = {"backend_id", "entity", "external_id", "state"} | {
    applier.link_field for applier in APPLIERS.values()
}


class SmLink(models.Model):
    """Whoever cut or moved a link would have the record; not even `sudo` does."""

    _inherit = "sm.link"

    def write(self, vals):
        if BINDING & vals.keys():
            self._sm_check_unbound()
        return super().write(vals)

    @api.ondelete(at_uninstall=True)
    def _unlink_except_bound(self):
        self._sm_check_unbound()

    def _sm_check_unbound(self):
        """Refuse to touch links that bind a record.

        :raise UserError: it is not the synchronisation that does
        """
        if self and self.env["sm.owned.mixin"]._sm_is_guarded():
            raise UserError(
                self.env._(
                    "Only the synchronisation and the merge of contacts say which records belong "
                    "to %(master)s.",
                    master=self[0].backend_id.sudo().name,
                )
            )


class SmFieldMapping(models.Model):
    _inherit = "sm.field.mapping"

    @api.model
    @ormcache()
    def _sm_fields_by_owner(self):
        """Return which fields of Odoo the mappings give to the master.

        :return: ``{(backend id, model, "master" or "fill"): fields}``, of the active masters
        :rtype: dict[tuple, frozenset[str]]
        """
        result = {}
        for feed in self._sm_feeds_that_rule():
            owner_of = {line.target: line.ownership for line in feed.mapping_ids}
            for model, sources in APPLIERS[feed.entity].owners.items():
                fields_by_owner = defaultdict(set)
                for name, source in sources.items():
                    owner = MASTER if source is None else owner_of.get(source)
                    fields_by_owner[owner].add(name)
                for owner in (MASTER, FILL):
                    key = (feed.backend_id.id, model, owner)
                    result[key] = result.get(key, frozenset()) | fields_by_owner[owner]
        for (backend_id, model, owner), names in result.items():
            if owner == FILL:  # two feeds of an entity may differ
                result[backend_id, model, FILL] = names - result[backend_id, model, MASTER]
        return result

    @api.model
    def _sm_feeds_that_rule(self):
        """Return the feeds of each master and entity; those switched off where there are no others:
        a feed that rests does not give its records away."""
        feeds = (
            self.env["sm.feed"]
            .sudo()
            .with_context(active_test=False)
            .search([("backend_id.active", "=", True)])
        )
        active = {(feed.backend_id, feed.entity) for feed in feeds if feed.active}
        return feeds.filtered(
            lambda feed: feed.active or (feed.backend_id, feed.entity) not in active
        )

    @api.model
    @ormcache("model")
    def _sm_ownable(self, model):
        """Return the fields of a model that some master owns."""
        return frozenset().union(
            *(
                names
                for (_backend_id, name, owner), names in self._sm_fields_by_owner().items()
                if name == model and owner == MASTER
            )
        )

    @api.model
    def _sm_forget_owners(self):
        """Make a change of the mappings count from now on, in every process."""
        self.env.registry.clear_cache()
        for model in ENTITY_OF:
            self.env[model].invalidate_model(["sm_owned_fields"], flush=False)

    @api.model_create_multi
    def create(self, vals_list):
        mappings = super().create(vals_list)
        self._sm_forget_owners()
        return mappings

    def write(self, vals):
        result = super().write(vals)
        self._sm_forget_owners()
        return result

    def unlink(self):
        result = super().unlink()
        self._sm_forget_owners()
        return result


class SmFeed(models.Model):
    _inherit = "sm.feed"

    @api.model_create_multi
    def create(self, vals_list):
        feeds = super().create(vals_list)
        self.env["sm.field.mapping"]._sm_forget_owners()
        return feeds

    def write(self, vals):
        result = super().write(vals)
        if vals.keys() & {"active", "entity", "backend_id", "mapping_ids"}:
            self.env["sm.field.mapping"]._sm_forget_owners()
        return result

    def unlink(self):
        result = super().unlink()
        self.env["sm.field.mapping"]._sm_forget_owners()
        return result


class SmBackend(models.Model):
    _inherit = "sm.backend"

    def write(self, vals):
        result = super().write(vals)
        if "active" in vals:
            self.env["sm.field.mapping"]._sm_forget_owners()
        return result

    def unlink(self):
        result = super().unlink()
        self.env["sm.field.mapping"]._sm_forget_owners()
        return result
