"""What is wrong in the master's data, as a workbook for the one who keeps it up."""

from odoo import http
from odoo.http import request

from .workbook import workbook_response


class QualityExport(http.Controller):
    @http.route("/sm_connector/quality.xlsx", type="http", auth="user", methods=["GET"])
    def quality(self):
        """Give the open issues that the user may see: a sheet to begin with, and one per cause."""
        issues = request.env["sm.quality.issue"]
        if not issues.has_access("read"):
            raise request.not_found()
        issues = issues.search([("state", "=", "open")])
        return workbook_response(
            request.env._("silicon_master_data_quality.xlsx"),
            lambda book: write_issues(issues, book),
        )


def write_issues(issues, book):
    """Write issues: a summary, and a sheet per cause.

    :param xlsxwriter.Workbook book: to be filled
    """
    env = issues.env
    heads = [
        env._("Key"),
        env._("Name"),
        env._("As it is"),
        env._("Also under"),
        env._("Since"),
        env._("Master"),
    ]
    bold = book.add_format({"bold": True})
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    wrap = book.add_format({"text_wrap": True, "italic": True})
    causes = dict(issues._fields["cause"]._description_selection(env))
    by_cause = issues.grouped("cause")
    summary = book.add_worksheet(env._("Summary"))
    summary.set_column(0, 0, 42)
    summary.set_column(2, 2, 90)
    summary.write_row(0, 0, [env._("What is wrong"), env._("Number"), env._("What to do")], bold)
    for position, (cause, label) in enumerate(causes.items(), start=1):
        found = by_cause.get(cause, issues.browse())
        summary.write_row(position, 0, [label, len(found), found[:1].todo or ""])
    for cause, label in causes.items():
        if cause not in by_cause:
            continue
        # names of sheets are short and unique, and know some characters not
        sheet = book.add_worksheet("".join(c for c in label if c not in "[]:*?/\\")[:31])
        sheet.set_column(0, 0, 16)
        sheet.set_column(1, 3, 36)
        sheet.set_column(4, 5, 18)
        sheet.merge_range(0, 0, 0, 5, by_cause[cause][0].todo, wrap)
        sheet.write_row(1, 0, heads, bold)
        sheet.freeze_panes(2, 0)
        for position, issue in enumerate(by_cause[cause], start=2):
            values = [issue.key, issue.name, issue.shown_value, issue.detail]
            sheet.write_row(position, 0, [value or "" for value in values])
            sheet.write_datetime(position, 4, issue.first_seen, day)
            sheet.write_string(position, 5, issue.backend_id.name)
