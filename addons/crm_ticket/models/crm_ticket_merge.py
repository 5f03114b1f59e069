from odoo import api, fields, models
from odoo.exceptions import UserError

from .crm_ticket_sla_status import UNFINISHED

#: How near a state is to us: a merge never closes what is open.
RANK = {"open": 2, "waiting": 1, "done": 0}
STATUS_FIELDS = ("state", "deadline", "soon_date", "ended", "remaining_hours", "is_escalated")


class CrmTicketMerge(models.Model):
    """One ticket that became part of another one, and what it takes to part them again."""

    _name = "crm.ticket.merge"
    _description = "Merge of Tickets"
    _order = "id DESC"
    _rec_name = "source_id"

    source_id = fields.Many2one(
        "crm.ticket", "Merged", required=True, index=True, ondelete="cascade"
    )
    target_id = fields.Many2one("crm.ticket", "Into", required=True, index=True, ondelete="cascade")
    user_id = fields.Many2one("res.users", "By", required=True, readonly=True)
    snapshot = fields.Json(help="How both tickets were, and what was moved.")
    is_undone = fields.Boolean("Undone", readonly=True)

    def action_undo(self):
        """Part the tickets again, as they were.

        What somebody changed on the remaining ticket since then stays changed.

        :return: action that opens the ticket that is back
        :rtype: dict
        :raise UserError: when it was undone before, or the remaining ticket was merged itself
        """
        for log in self:
            # sudo: whoever may change both tickets may undo their merge
            log_sudo = log.sudo()
            source = log_sudo.source_id.with_env(self.env)
            target = log_sudo.target_id.with_env(self.env)
            (source + target).check_access("write")
            if log_sudo.is_undone:
                raise UserError(self.env._("This merge was undone already."))
            if not log_sudo.snapshot:
                raise UserError(
                    self.env._("What the tickets were before was erased. They stay together.")
                )
            if target.merged_into_id:
                raise UserError(
                    self.env._(
                        "%(ticket)s was merged into %(other)s since. Undo that first.",
                        ticket=target.display_name,
                        other=target.merged_into_id.display_name,
                    )
                )
            source._merge_restore(log_sudo)
            log_sudo.is_undone = True
            target._message_log(
                body=self.env._("%(ticket)s was parted from this ticket.", ticket=source.number)
            )
        return self[-1:].sudo().source_id.with_env(self.env)._action_open()


class CrmTicket(models.Model):
    """Merging: the source lives on in the target, and can come back."""

    _inherit = "crm.ticket"

    merge_ids = fields.One2many(
        "crm.ticket.merge", "target_id", "Merged Tickets", domain=[("is_undone", "=", False)]
    )
    merge_count = fields.Integer("Number of Merged Tickets", compute="_compute_merge_count")

    @api.depends("merge_ids")
    def _compute_merge_count(self):
        groups = self.env["crm.ticket.merge"]._read_group(
            [("target_id", "in", self.ids), ("is_undone", "=", False)], ["target_id"], ["__count"]
        )
        counts = {target.id: count for target, count in groups}
        for ticket in self:
            ticket.merge_count = counts.get(ticket._origin.id, 0)

    # === ACTIONS === #

    def _action_open(self):
        """Action that shows the ticket.

        :rtype: dict
        """
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "res_id": self.id,
            "views": [(False, "form")],
        }

    def action_merged(self):
        """Show what was merged into the ticket; each can be undone there.

        :rtype: dict
        """
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("crm_ticket.crm_ticket_merge_action")
        action["domain"] = [("target_id", "=", self.id), ("is_undone", "=", False)]
        return action

    # === MERGING === #

    def _merge_into(self, target):
        """Make tickets part of another one.

        :param target: `crm.ticket` that remains
        :return: what happened, one per ticket, to undo it
        :rtype: `crm.ticket.merge`
        :raise UserError: when they cannot be merged
        """
        target.ensure_one()
        (self + target).check_access("write")
        logs = self.env["crm.ticket.merge"]
        for source in self:
            source._check_merge(target)
            snapshot = {
                "source": source._merge_values(),
                "target": target._merge_values(),
            }
            snapshot["moved"] = self._merge_move(source, target)
            snapshot["merged"] = target._merge_values()
            # sudo: a log is written by the merge, not by people
            log_sudo = logs.sudo().create(
                {
                    "source_id": source.id,
                    "target_id": target.id,
                    "user_id": self.env.uid,
                    "snapshot": snapshot,
                }
            )
            logs += log_sudo.sudo(False)
            source._message_log(
                body=self.env._("Merged into %(ticket)s.", ticket=target.display_name)
            )
            target._message_log(
                body=self.env._("%(ticket)s was merged into this one.", ticket=source.display_name)
            )
        return logs

    def _check_merge(self, target):
        self.ensure_one()
        if self == target:
            raise UserError(self.env._("A ticket cannot be merged into itself."))
        if self.company_id != target.company_id:
            raise UserError(self.env._("Tickets of two companies cannot be merged."))
        for ticket in (self, target):
            if ticket.merged_into_id:
                raise UserError(
                    self.env._(
                        "%(ticket)s was merged into %(other)s already.",
                        ticket=ticket.display_name,
                        other=ticket.merged_into_id.display_name,
                    )
                )
            if not ticket.active:
                raise UserError(self.env._("%(ticket)s is archived.", ticket=ticket.display_name))

    @api.model
    def _merge_fields(self):
        """Fields that a merge changes, on either side.

        :rtype: list[str]
        """
        return [
            "active",
            "stage_id",
            "merged_into_id",
            "partner_id",
            "partner_name",
            "email_from",
            "phone",
            "user_id",
            "assigned_date",
            "category_id",
            "priority",
            "waiting_since",
            "first_customer_date",
            "first_answer_date",
            "last_customer_date",
            "last_answer_date",
            "closed_date",
            "snoozed_until",
            "snoozed_by_id",
        ]

    def _merge_values(self):
        """How a ticket is, in plain values.

        :rtype: dict
        """
        self.ensure_one()
        values = {}
        for name in self._merge_fields():
            field, value = self._fields[name], self[name]
            if field.type == "many2one":
                value = value.id
            elif field.type == "datetime":
                value = fields.Datetime.to_string(value)
            values[name] = value
        return {
            "values": values,
            "sla": {
                str(status.id): {
                    name: fields.Datetime.to_string(status[name])
                    if status._fields[name].type == "datetime"
                    else status[name]
                    for name in STATUS_FIELDS
                }
                for status in self.sudo().sla_status_ids
            },
        }

    @api.model
    def _merge_move(self, source, target):
        """Move what belongs to one ticket to another one. Addons move what they attached, and add
        it to what ``super()`` returns.

        :param source: `crm.ticket` that goes
        :param target: `crm.ticket` that remains
        :return: what :meth:`_merge_restore` needs to move it back, in plain values
        :rtype: dict
        """
        # sudo: leads, activities and clocks belong to the ticket, whoever may see them
        source_sudo, target_sudo = source.sudo(), target.sudo()
        moved = {
            "orders": (source_sudo.order_ids - target_sudo.order_ids).ids,
            "tags": (source_sudo.tag_ids - target_sudo.tag_ids).ids,
            "leads": source_sudo.lead_ids.ids,
            "children": (source_sudo.with_context(active_test=False).child_ids - target).ids,
            "activities": source_sudo.activity_ids.ids,
            "sla": source_sudo._sla_unfinished().ids,
        }
        statuses_sudo = self.env["crm.ticket.sla.status"].sudo().browse(moved["sla"])
        target_sudo.write(
            {
                "order_ids": [fields.Command.link(order_id) for order_id in moved["orders"]],
                "tag_ids": [fields.Command.link(tag_id) for tag_id in moved["tags"]],
            }
        )
        source_sudo.lead_ids.ticket_id = target
        self.browse(moved["children"]).sudo().write({"parent_id": target.id})
        source_sudo.activity_ids.write({"res_id": target.id})
        # the clocks first: what already runs for an answer is not started a second time
        statuses_sudo.ticket_id = target
        target.write(target._prepare_merge_vals(source))
        now = fields.Datetime.now()
        statuses_sudo._resume(now) if target._clocks_run() else statuses_sudo._pause(now)
        source.write({"active": False, "merged_into_id": target.id, "waiting_since": False})
        return moved

    def _prepare_merge_vals(self, source):
        """Return what the remaining ticket takes over.

        :param source: `crm.ticket` that goes
        :rtype: dict
        """
        self.ensure_one()
        vals = {}
        for name in ("partner_id", "partner_name", "email_from", "phone", "user_id", "category_id"):
            if not self[name] and source[name]:
                vals[name] = source[name].id if name.endswith("_id") else source[name]
        if source.priority > self.priority:
            vals["priority"] = source.priority
        for name, choose in (
            ("waiting_since", min),
            ("first_customer_date", min),
            ("first_answer_date", min),
            ("last_customer_date", max),
            ("last_answer_date", max),
        ):
            dates = [date for date in (self[name], source[name]) if date]
            if dates and choose(dates) != self[name]:
                vals[name] = choose(dates)
        if RANK[source.state] > RANK[self.state]:
            stage = source.stage_id
            usable = not stage.team_ids or self.team_id in stage.team_ids
            vals["stage_id"] = (stage if usable else self._stage_for(source.state)).id
        if self.snoozed_until and source._clocks_run():
            vals.update(snoozed_until=False, snoozed_by_id=False)
        return vals

    def _merge_restore(self, log):
        """Give a merged ticket back what was its own; called on the ticket that comes back.

        Addons override to move back what they moved.

        :param log: `crm.ticket.merge`, as superuser
        """
        self.ensure_one()
        snapshot = log.snapshot
        moved = snapshot["moved"]
        # sudo: see _merge_move
        source_sudo, target_sudo = self.sudo(), log.target_id.sudo()
        # 1. everything that was moved and is still there
        target_sudo.write(
            {
                "order_ids": [fields.Command.unlink(order_id) for order_id in moved["orders"]],
                "tag_ids": [fields.Command.unlink(tag_id) for tag_id in moved["tags"]],
            }
        )
        for model, name, key in (
            ("crm.lead", "ticket_id", "leads"),
            ("crm.ticket", "parent_id", "children"),
            ("crm.ticket.sla.status", "ticket_id", "sla"),
        ):
            records = self.env[model].sudo().with_context(active_test=False).browse(moved[key])
            records.exists().filtered(lambda r, name=name: r[name] == target_sudo)[name] = self
        activities_sudo = self.env["mail.activity"].sudo().browse(moved["activities"]).exists()
        activities_sudo.filtered(
            lambda activity: (activity.res_model, activity.res_id) == (self._name, target_sudo.id)
        ).write({"res_id": self.id})
        # 2. values; on the remaining ticket only those that nobody changed since
        present = target_sudo._merge_values()["values"]
        merged = snapshot["merged"]["values"]
        target_sudo._merge_write(
            {
                name: value
                for name, value in snapshot["target"]["values"].items()
                if merged[name] != value and present[name] == merged[name]
            }
        )
        source_sudo._merge_write(snapshot["source"]["values"])
        # 3. clocks
        (source_sudo + target_sudo)._merge_restore_clocks(snapshot)

    def _merge_write(self, values):
        """Write what a snapshot says, leaving out what was deleted since."""
        vals = {}
        present = self._merge_values()["values"]
        for name, value in values.items():
            field = self._fields[name]
            if value == present[name]:
                continue
            if field.type == "many2one" and value:
                value = self.env[field.comodel_name].sudo().browse(value).exists().id
                if not value and field.required:
                    continue
            vals[name] = value
        if vals:
            self._write_quietly(vals)

    def _merge_restore_clocks(self, snapshot):
        """Set the clocks as they were, but those that ended since the merge.

        :param dict snapshot: see :attr:`CrmTicketMerge.snapshot`
        """
        before = {**snapshot["source"]["sla"], **snapshot["target"]["sla"]}
        merged = snapshot["merged"]["sla"]
        for status in self.sla_status_ids:
            values, since = before.get(str(status.id)), merged.get(str(status.id))
            if values is None:
                # the merge made other promises apply
                if since and status.state in UNFINISHED:
                    status.unlink()
            elif status.state in UNFINISHED or (since and since["state"] == status.state):
                status.write(values)
        now = fields.Datetime.now()
        for ticket in self:
            statuses = ticket._sla_unfinished()
            statuses._resume(now) if ticket._clocks_run() else statuses._pause(now)
