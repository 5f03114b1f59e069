"""The rows that need attention, as a workbook for the one who corrects them in the master."""

from odoo import http
from odoo.http import request
from odoo.tools import format_date

from .workbook import workbook_response


class QuarantineExport(http.Controller):
    @http.route("/sm_connector/quarantine.xlsx", type="http", auth="user", methods=["GET"])
    def quarantine(self, ids=""):
        """Give rows of quarantine that the user may see.

        :param str ids: numbers between commas; empty for all that need attention
        """
        rows = request.env["sm.quarantine"]
        if not rows.has_access("read"):
            raise request.not_found()
        wanted = [int(number) for number in ids.split(",") if number.isdecimal()]
        domain = [("id", "in", wanted)] if wanted else [("state", "=", "open")]
        rows = rows.search(domain, order="entity, cause, external_id")
        return workbook_response(
            request.env._("silicon_master_attention.xlsx"), lambda book: write_rows(rows, book)
        )


def write_rows(rows, book):
    """Write rows of quarantine.

    :param xlsxwriter.Workbook book: to be filled
    """
    env = rows.env
    bold = book.add_format({"bold": True})
    sheet = book.add_worksheet(env._("Needs attention"))
    heads = [
        (env._("Data"), 12),
        (env._("Key"), 16),
        (env._("Cause"), 28),
        (env._("Field"), 20),
        (env._("Value as Read"), 28),
        (env._("What to Do"), 60),
        (env._("File"), 30),
        (env._("Row in File"), 10),
        (env._("Waiting Since"), 14),
        (env._("Row as Read"), 80),
    ]
    for column, (head, width) in enumerate(heads):
        sheet.set_column(column, column, width)
        sheet.write_string(0, column, head, bold)
    sheet.freeze_panes(1, 2)
    entities = dict(rows._fields["entity"]._description_selection(env))
    causes = dict(rows._fields["cause"]._description_selection(env))
    for position, row in enumerate(rows, start=1):
        texts = (
            entities[row.entity],
            row.external_id,
            causes[row.cause],
            row.field_label,
            row.value,
            row.advice,
            row.file_name,
            str(row.line or ""),
            format_date(env, row.first_seen),
            row.raw,
        )
        for column, text in enumerate(texts):
            sheet.write_string(position, column, text or "")
    sheet.autofilter(0, 0, len(rows), len(heads) - 1)
