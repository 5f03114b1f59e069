"""Fetch again: one record from its form, one entity from the master's form."""

from odoo import models
from odoo.exceptions import UserError


class SmLink(models.Model):
    _inherit = "sm.link"

    def _fetch_again(self):
        """Have the next run apply these rows again, and queue it.

        :return: the action that tells the user what happens
        """
        self.env["sm.match"]._check_operator()
        # sudo: an operator asks for it, and writes nothing else
        links = self.sudo().filtered(lambda link: link.state in ("linked", "missing"))
        if not links:
            raise UserError(self.env._("This record is not in Silicon Master any more."))
        links.write({"source_hash": False, "content_hash": False})
        action = None
        for backend in links.backend_id:
            feeds = backend.feed_ids.filtered(
                lambda feed, backend=backend: (
                    feed.mode == "full"
                    and feed.entity
                    in links.filtered(lambda link: link.backend_id == backend).mapped("entity")
                )
            )
            action = backend.with_env(self.env)._fetch_feeds_again(feeds)
        return action


class SmBackend(models.Model):
    _inherit = "sm.backend"

    def _fetch_feeds_again(self, feeds):
        """Queue a run of some feeds and say where it reads.

        :param sm.feed feeds: full feeds of this master
        """
        self.ensure_one()
        if not feeds:
            raise UserError(self.env._("Silicon Master has no feed for this any more."))
        # sudo: an operator starts a run without seeing how the feeds are set up
        run, is_new = self.env["sm.run"].sudo()._queue(self.sudo(), "manual", feeds=feeds.sudo())
        if not is_new and run.state == "running":
            text = self.env._(
                "A synchronisation is running; the next one fetches the record again."
            )
            return self._notify("warning", text)
        self.env.ref("sm_connector.ir_cron_night").sudo()._trigger()
        if all(feed.transport == "file" for feed in feeds.sudo()):
            text = self.env._(
                "It is fetched again in a moment, from the newest export of Silicon Master."
            )
        else:
            text = self.env._("Silicon Master is asked again in a moment.")
        return self._notify("success", text)


class SmFeed(models.Model):
    _inherit = "sm.feed"

    def action_fetch_again(self):
        """Apply every row of this feed again, whether it changed or not."""
        self.ensure_one()
        self.env["sm.match"]._check_operator()
        self.env["sm.link"].flush_model()
        self.env.cr.execute(
            "UPDATE sm_link SET source_hash = NULL, content_hash = NULL"
            " WHERE backend_id = %s AND entity = %s AND state = 'linked'",
            [self.backend_id.id, self.entity],
        )
        self.env["sm.link"].invalidate_model(["source_hash", "content_hash"])
        return self.backend_id._fetch_feeds_again(self)


class SmLinkedMixin(models.AbstractModel):
    _inherit = "sm.linked.mixin"

    def action_sm_fetch_again(self):
        """Fetch these records again from the master: for operators, from the form."""
        # sudo: the rule on links would hide those of other companies, which are left alone
        links = self.sudo().sm_link_ids.filtered(
            lambda link: link.backend_id.company_id in self.env.companies
        )
        return links.with_env(self.env)._fetch_again()


class ProductTemplate(models.Model):
    _inherit = "product.template"

    def action_sm_fetch_again(self):
        """Fetch the article again, whose form is the template's."""
        variants = self.with_context(active_test=False).product_variant_ids
        return variants.with_context(active_test=True).action_sm_fetch_again()
