from odoo import Command, models

from ..pipeline.appliers import APPLIERS


class SmBackend(models.Model):
    _inherit = "sm.backend"

    def _add_new_entities(self):
        """Give masters that are older than an entity its feed and the codes of the shipped export.

        A feed that somebody removed or archived on purpose is not brought back by an upgrade twice:
        only the upgrade that brings the entity calls this.
        """
        for backend in self.with_context(active_test=False):
            there = set(backend.feed_ids.mapped("entity"))
            backend.feed_ids = [
                Command.create({"entity": entity, "pattern": applier.pattern})
                for entity, applier in APPLIERS.items()
                if entity not in there
            ]
            self.env["sm.code"]._load_known_codes(backend)
