from odoo import fields, models
from odoo.fields import Domain
from odoo.tools import format_date, formatLang

from ..pipeline import evidence
from ..pipeline.appliers import APPLIERS
from ..pipeline.match import COLUMNS, UNANSWERED
from .sm_labels import field_label


class SmMatchCandidate(models.Model):
    """An Odoo record that a row of the master may be."""

    _name = "sm.match.candidate"
    _description = "Silicon Master Match Candidate"

    match_id = fields.Many2one("sm.match", required=True, ondelete="cascade", index=True)
    partner_id = fields.Many2one(
        "res.partner", "Contact", ondelete="cascade", index="btree_not_null"
    )
    product_id = fields.Many2one(
        "product.product", "Article", ondelete="cascade", index="btree_not_null"
    )
    order_id = fields.Many2one("sale.order", ondelete="cascade", index="btree_not_null")
    evidence = fields.Char(help="By what it is claimed; empty when it is only shown beside others.")

    def _get_board(self, match):
        """Return the comparison of a row with its candidates, for the match screen.

        :return: ``columns`` (the candidates, best first) and ``rows`` (the fields: label, what the
            master sends, and for each candidate its value and verdict); None when the row is
            no longer kept
        :rtype: dict
        """
        if not match.record:
            return None
        column = COLUMNS[match.entity]
        # sudo: who answers the question may see what it is about
        records = self.sudo().mapped(column).with_context(active_test=False).exists()
        home = match.backend_id.company_id.country_id.code
        compared = {
            record.id: evidence.COMPARE[match.entity](
                match.external_id, match.record, record._sm_match_values(), home
            )
            for record in records
        }
        records = records.sorted(lambda record: (-compared[record.id].score, record.id))
        rows = []
        for position, name in enumerate(evidence.FIELDS[match.entity]):
            cells = [compared[record.id].facts[position] for record in records]
            master = evidence.master_value(match.entity, name, match.external_id, match.record)
            if not master and not any(cell.ours for cell in cells):
                continue
            rows.append(
                {
                    "name": name,
                    "label": self._label(name),
                    "master": master,
                    "cells": [{"value": cell.ours, "verdict": cell.verdict} for cell in cells],
                }
            )
        return {
            "can_decide": match.state in UNANSWERED,
            "columns": [self._column(match, record, compared[record.id]) for record in records],
            "rows": rows,
        }

    def _label(self, name):
        labels = {
            "name": self.env._("Name"),
            "address": self.env._("Address"),
            "phones": self.env._("Telephone"),
            "total": self.env._("Total"),
        }
        return labels.get(name) or field_label(self.env, name)

    def _column(self, match, record, compared):
        own = record.sudo(False)  # what else is known of it is for those who may read it
        strengths = {
            "strong": self.env._("Very likely"),
            "medium": self.env._("Likely"),
            "weak": self.env._("Unsure"),
        }
        return {
            "res_id": record.id,
            "res_model": record._name,
            "title": record.display_name,
            "is_archived": "active" in record._fields and not record.active,
            "is_chosen": record == match._get_record(),
            "strength": compared.strength,
            "strength_label": strengths[compared.strength],
            "facts": own._sm_match_facts() if own.has_access("read") else [],
            "rivals": self._rivals(match, record),
        }

    def _rivals(self, match, record):
        """Return the other rows of the master that may be this record too."""
        others = self.search(
            [
                (COLUMNS[match.entity], "=", record.id),
                ("match_id.state", "in", UNANSWERED),
                ("match_id", "!=", match.id),
            ]
        ).match_id
        return [{"id": other.id, "name": other.display_name} for other in others]

    def action_link(self):
        """Decide for this candidate."""
        self.ensure_one()
        return self.match_id.action_link(self[APPLIERS[self.match_id.entity].link_field].id)


class ResPartner(models.Model):
    _inherit = "res.partner"

    def _sm_match_values(self):
        """Return what a contact is compared by."""
        self.ensure_one()
        return {
            "name": self.name,
            "code": self.ref,
            "vat": self.vat,
            "email": self.email,
            "phones": [number for number in (self.phone, self.mobile) if number],
            "street": self.street,
            "zip": self.zip,
            "city": self.city,
            "country_code": self.country_id.code,
        }

    def _sm_match_facts(self):
        """Hook: what else helps to tell which contact is meant.

        :return: labels and values, to be shown in this order
        :rtype: list[dict]
        """
        self.ensure_one()
        facts = []
        if self.env["sale.order"].has_access("read"):
            domain = Domain("partner_id", "child_of", self.id)
            [(count, last)] = self.env["sale.order"]._read_group(
                domain, aggregates=["__count", "date_order:max"]
            )
            facts.append({"label": self.env._("Orders"), "value": str(count)})
            if last:
                value = format_date(self.env, last)
                facts.append({"label": self.env._("Last order"), "value": value})
        message = self.message_ids[:1]
        if message:
            value = format_date(self.env, message.date)
            facts.append({"label": self.env._("Last message"), "value": value})
        facts.append(
            {
                "label": self.env._("In Odoo since"),
                "value": format_date(self.env, self.create_date),
            }
        )
        return facts


class ProductProduct(models.Model):
    _inherit = "product.product"

    def _sm_match_values(self):
        """Return what an article is compared by."""
        self.ensure_one()
        return {
            "name": self.name,
            "code": self.default_code,
            "ean": self.barcode,
            "price": formatLang(self.env, self.list_price, digits=2),
            "amount": self.list_price,
        }

    def _sm_match_facts(self):
        """Return what else helps to tell which article is meant."""
        self.ensure_one()
        return [
            {"label": self.env._("Category"), "value": self.categ_id.display_name or ""},
            {
                "label": self.env._("In Odoo since"),
                "value": format_date(self.env, self.create_date),
            },
        ]


class SaleOrder(models.Model):
    _inherit = "sale.order"

    def _sm_match_values(self):
        """Return what an order is compared by."""
        self.ensure_one()
        links = self.partner_id.sudo().sm_link_ids.filtered(lambda link: link.state != "retired")
        return {
            "number": self.name,
            "date": fields.Date.to_string(fields.Datetime.context_timestamp(self, self.date_order)),
            "customer_code": ", ".join(links.mapped("external_id")) or self.partner_id.display_name,
            "total": formatLang(self.env, self.amount_total, digits=2),
            "amount": self.amount_total,
        }

    def _sm_match_facts(self):
        """Return what else helps to tell which order is meant."""
        self.ensure_one()
        return [
            {"label": self.env._("Customer"), "value": self.partner_id.display_name or ""},
            {
                "label": self.env._("In Odoo since"),
                "value": format_date(self.env, self.create_date),
            },
        ]
