from itertools import islice

from markupsafe import Markup

from odoo import fields, models

from odoo.addons.integration_base.exceptions import PayloadError

SHOWN_ROWS = 10
SHOWN_COLUMNS = 100
SHOWN_CHARS = 120


class SmFeedRows(models.TransientModel):
    """The first rows of a source, as they come."""

    _name = "sm.feed.rows"
    _description = "Silicon Master: First Rows"

    feed_id = fields.Many2one("sm.feed", required=True, ondelete="cascade")
    name = fields.Char(readonly=True)
    defects = fields.Integer("Unreadable Rows", readonly=True)
    table = fields.Html(readonly=True, sanitize=False)  # made of escaped text below

    def _fill(self, transport, delivery):
        """Read the first rows of a delivery.

        :raise IntegrationError: it cannot be read
        """
        self.ensure_one()
        defects = []
        # sudo: an operator who uploads a file may see what he uploads, not how feeds are set up
        feed = self.feed_id.sudo()
        with feed._read(transport, delivery, defects.append, columns=()) as reader:
            header = reader.header[:SHOWN_COLUMNS]
            rows = self._first_rows(reader)
        self.write(
            {
                "name": delivery.name,
                "defects": len(defects),
                "table": as_table(header, rows),
            }
        )

    @staticmethod
    def _first_rows(reader):
        rows = []
        try:
            rows.extend(cells for _line, cells in islice(reader, SHOWN_ROWS))
        except PayloadError:
            if not rows:
                raise
            # all that is missing is the rest: this may be the first page only
        return rows


def as_table(header, rows):
    """Return a table of text; nothing in it is taken for HTML."""
    empty = Markup("")
    head = empty.join(Markup("<th>%s</th>") % name for name in header)
    body = empty.join(
        Markup("<tr>%s</tr>")
        % empty.join(
            Markup("<td>%s</td>") % (f"{cell[:SHOWN_CHARS]}…" if len(cell) > SHOWN_CHARS else cell)
            for cell in cells[: len(header)]
        )
        for cells in rows
    )
    return Markup(
        '<div class="table-responsive"><table class="table table-sm text-nowrap">'
        "<thead><tr>%s</tr></thead><tbody>%s</tbody></table></div>"
    ) % (head, body)
