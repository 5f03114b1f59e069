from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import format_date, format_datetime

from .omni_proof import DAYS, MOST_DAYS


class OmniProof(models.Model):
    """What the screen of the proof shows: days by channels."""

    _inherit = "omni.proof"

    @api.model
    def get_screen(self, days=DAYS):
        """RPC: the last days of all channels in service, as they were counted last.

        :param int days: how many, today included
        :return: ``days`` (``date``, ``label``, ``is_today``), ``channels`` (``id``, ``name``,
            ``icon``, ``can_tell``, ``counted``, ``error``, ``cells`` by date), ``totals``,
            ``can_act``
        :rtype: dict
        """
        self.check_access("read")
        days = min(max(int(days), 1), MOST_DAYS)
        channels = self.env["omni.channel"].search([("is_enabled", "=", True)])
        # sudo: what was missing and has come since is no longer missing
        self.env["omni.proof.gap"].sudo()._look_again(channels)
        todays = channels.mapped(lambda channel: channel._proof_today())
        today = max(todays, default=fields.Date.context_today(self))
        shown = [today - timedelta(days=number) for number in range(days)]
        proofs = self.search(
            Domain("channel_id", "in", channels.ids)
            & Domain("day", "in", [fields.Date.to_string(day) for day in shown])
        )
        by_channel = proofs.grouped("channel_id")
        return {
            "days": [
                {
                    "date": fields.Date.to_string(day),
                    "label": format_date(self.env, day, date_format="EEE d/MM"),
                    "is_today": day == today,
                }
                for day in shown
            ],
            "channels": [
                self._screen_channel(channel, by_channel.get(channel, self.browse()))
                for channel in channels
            ],
            "totals": self._screen_totals(channels, proofs),
            "can_act": self.env.user.has_group("crm_ticket.group_ticket_admin"),
        }

    @api.model
    def _screen_channel(self, channel, proofs):
        """One row of the screen."""
        counted = max(filter(None, proofs.mapped("counted")), default=False)
        newest = proofs.sorted("counted", reverse=True)[:1]
        return {
            "id": channel.id,
            "name": channel.display_name,
            "icon": channel.icon,
            "can_tell": not newest or newest.is_compared or bool(newest.error),
            "counted": bool(counted)
            and self.env._(
                "Counted on %(date)s",
                date=format_datetime(self.env, counted, dt_format="short"),
            ),
            "error": newest.error or "",
            "cells": {fields.Date.to_string(proof.day): proof._screen_cell() for proof in proofs},
        }

    def _screen_cell(self):
        """One day of a channel."""
        self.ensure_one()
        return {
            "id": self.id,
            "state": self.state,
            "here": self.stored_count,
            "there": self.provider_count if self.is_compared else False,
            "text": self.text,
        }

    @api.model
    def _screen_totals(self, channels, proofs):
        # sudo: how many there are may be known to who may see the channel
        events_sudo = self.env["omni.event"].sudo()
        return {
            "missing": sum(proofs.mapped("missing_count")),
            "dead": events_sudo.search_count(
                [("channel_id", "in", channels.ids), ("state", "=", "dead")]
            ),
            "is_counted": bool(proofs),
        }

    @api.model
    def fetch_missing(self, days=DAYS):
        """RPC: have all that is missing in the last days fetched.

        :param int days: how many, today included
        :return: a notification
        """
        self._check_admin()
        since = fields.Date.today() - timedelta(days=min(max(int(days), 1), MOST_DAYS))
        channels = self.env["omni.channel"].search([("is_enabled", "=", True)])
        gaps = self.env["omni.proof.gap"].search(
            [
                ("channel_id", "in", channels.ids),
                ("fate", "=", "missing"),
                ("proof_id.day", ">=", since),
            ]
        )
        return gaps._fetch()
