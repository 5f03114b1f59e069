"""The plan of a dry run as a workbook."""

from odoo import http
from odoo.http import request

from .workbook import workbook_response

CHUNK = 2000


class PlanExport(http.Controller):
    @http.route("/sm_connector/plan/<int:run_id>.xlsx", type="http", auth="user", methods=["GET"])
    def plan(self, run_id):
        """Give the plan of a run, a sheet per entity, a line per difference."""
        run = request.env["sm.run"].browse(run_id).exists()
        if not run or not request.env.user.has_group("sm_connector.group_sm_operator"):
            raise request.not_found()
        run.check_access("read")
        return workbook_response(
            f"plan_{run.id}.xlsx", lambda book: write_plan(run, book), constant_memory=True
        )


def write_plan(run, book):
    """Write the plan of a run, never holding more than some rows of it in memory.

    :param xlsxwriter.Workbook book: which forgets a row when the next one is written
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
