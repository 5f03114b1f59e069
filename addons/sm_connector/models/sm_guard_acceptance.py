from markupsafe import Markup

from odoo import api, fields, models

from .sm_run_finding import GUARDS


class SmGuardAcceptance(models.Model):
    """A person's word that a file at which a guard stopped is right.

    It holds for that very file. A source without files, and so without a checksum, passes once:
    the next reading uses the word up, whether it needed it or not, and so does a day.
    """

    _name = "sm.guard.acceptance"
    _description = "Silicon Master Guard Acceptance"
    _order = "id desc"
    _rec_name = "reason"

    feed_id = fields.Many2one("sm.feed", required=True, ondelete="cascade", index=True)
    backend_id = fields.Many2one(related="feed_id.backend_id", store=True)
    entity = fields.Selection(related="feed_id.entity")
    guard = fields.Selection(GUARDS, required=True)
    file_name = fields.Char("File")
    file_sha256 = fields.Char("Checksum (SHA-256)")
    reason = fields.Text(required=True)
    user_id = fields.Many2one("res.users", "Accepted By", required=True)
    used_line_id = fields.Many2one("sm.run.line", "Let Through In", ondelete="set null")

    @api.model
    def _accept(self, findings, reason):
        """Record that a person accepts ``findings``, and say so on the master.

        :param sm.run.finding findings: not accepted yet
        :param str reason: why they are right
        """
        for finding in findings:
            line = finding.line_id
            self.create(
                {
                    "feed_id": line.feed_id.id,
                    "guard": finding.guard,
                    "file_name": line.file_name,
                    "file_sha256": line.file_sha256,
                    "reason": reason,
                    "user_id": self.env.uid,
                }
            )
        for backend in findings.backend_id:
            texts = findings.filtered(lambda finding, own=backend: finding.backend_id == own)
            backend.message_post(
                body=Markup("<p>%s</p><ul>%s</ul><p>%s</p>")
                % (
                    self.env._("%(user)s lets a file through.", user=self.env.user.name),
                    Markup().join(Markup("<li>%s</li>") % text for text in texts.mapped("text")),
                    self.env._("Reason: %(reason)s", reason=reason),
                ),
                author_id=self.env.user.partner_id.id,
            )

    def _get_valid(self, line, guard):
        """Return the acceptance under which a line passes a guard; none when there is none."""
        domain = [("feed_id", "=", line.feed_id.id), ("guard", "=", guard)]
        if line.file_sha256:
            domain += [("file_sha256", "=", line.file_sha256)]
        else:
            domain += [
                ("file_sha256", "=", False),
                ("used_line_id", "in", (False, line.id)),
                ("create_date", ">=", "-1d"),
            ]
        return self.search(domain, limit=1)

    def _use_up(self, line):
        """Note that a line went past the guards with what was accepted for its feed."""
        unused = [("feed_id", "=", line.feed_id.id), ("used_line_id", "=", False)]
        same = [("file_sha256", "=", line.file_sha256 or False)]
        self.search([*unused, *same]).used_line_id = line
