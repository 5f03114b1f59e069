"""The plan of a dry run as a workbook."""

import tempfile

import xlsxwriter

from odoo import http
from odoo.http import request

CHUNK = 2000
COPY_BYTES = 1 << 16
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class PlanExport(http.Controller):
    @http.route("/sm_connector/plan/<int:run_id>.xlsx", type="http", auth="user", methods=["GET"])
    def plan(self, run_id):
        """Give the plan of a run, a sheet per entity, a line per difference."""
        run = request.env["sm.run"].browse(run_id).exists()
        if not run or not request.env.user.has_group("sm_connector.group_sm_operator"):
            return request.not_found()
        run.check_access("read")
        target = tempfile.TemporaryFile()
        write_plan(run, target)
        size = target.tell()
        target.seek(0)
        name = f"plan_{run.id}.xlsx"
        return request.make_response(
            iter(lambda: target.read(COPY_BYTES), b""),
            headers=[
                ("Content-Type", XLSX),
                ("Content-Length", size),
                ("Content-Disposition", http.content_disposition(name)),
                ("X-Content-Type-Options", "nosniff"),
            ],
        )


def write_plan(run, target):
    """Write the plan of a run, never holding more than some rows of it in memory.

    :param BinaryIO target: a seekable file
    """
    env = run.env
    heads = [
        env._("What happens"),
        env._("Key"),
        env._("Name"),
        env._("Field"),
        env._("In Odoo"),
        env._("In Silicon Master"),
        env._("Cause"),
        env._("Message"),
        env._("Row in file"),
    ]
    book = xlsxwriter.Workbook(
        target, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    )
    bold = book.add_format({"bold": True})
    rows = env["sm.plan.row"]
    for line in run.line_ids:
        label = dict(line._fields["entity"]._description_selection(env))[line.entity]
        sheet = book.add_worksheet(label[:31])
        sheet.set_column(0, 2, 22)
        sheet.set_column(3, 7, 30)
        sheet.freeze_panes(1, 0)
        sheet.write_row(0, 0, heads, bold)
        position, last = 0, 0
        while True:
            domain = [("line_id", "=", line.id), ("id", ">", last)]
            batch = rows.search(domain, order="id", limit=CHUNK)
            if not batch:
                break
            last = batch[-1].id
            for row in batch:
                for cells in row._as_cells():
                    position += 1
                    sheet.write_row(position, 0, cells)
            env.invalidate_all()
    book.close()
    target.seek(0, 2)
