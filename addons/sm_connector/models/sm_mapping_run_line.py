from odoo import api, fields, models


class SmRunLine(models.Model):
    """What a run notices about the columns of the export."""

    _inherit = "sm.run.line"

    drift = fields.Json("Changed Columns", readonly=True)

    @api.depends("drift")
    def _compute_has_remark(self):
        """Override: a change of the columns is worth a look."""
        result = super()._compute_has_remark()
        for line in self:
            line.has_remark = line.has_remark or bool(line.state == "done" and line.drift)
        return result

    @api.depends("drift")
    def _compute_remark(self):
        """Override to say which columns changed."""
        result = super()._compute_remark()
        for line in self.filtered("drift"):
            # sudo: users of the connector may not read feeds; names of columns are no secret
            text = line.feed_id.sudo()._describe_drift(line.drift)
            line.remark = "\n".join(filter(None, (line.remark, text)))
        return result

    def _finish(self, started):
        """Override to remember the columns while the plan is still there."""
        self.drift = self.feed_id._note_columns(self)
        return super()._finish(started)

    def _fail(self, state, message, cause):
        """Override to say what changed in the columns for which a file is refused."""
        # undone with all the rest
        header = self.file_header if cause == "columns" else None
        result = super()._fail(state, message, cause)
        if header:
            found = self.feed_id._compare_header(header, self.file_name)
            self.write({"file_header": header, "drift": found})
            if found:
                self.feed_id.drift = found
        return result

    def action_open_mapping(self):
        """Open the mapping that the file did not fit."""
        self.ensure_one()
        return self.feed_id.action_open_mapping()
