"""Workbooks as downloads."""

import tempfile

import xlsxwriter

from odoo import http
from odoo.http import request

COPY_BYTES = 1 << 16
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
# what the master sent is text, whatever it begins with
OPTIONS = {"strings_to_formulas": False, "strings_to_urls": False}


def make_workbook(write, **options):
    """Return a workbook as an open file on the disk, at its start.

    :param write: called with the `xlsxwriter.Workbook` to fill
    :param options: further ones of the workbook
    :rtype: BinaryIO
    """
    target = tempfile.TemporaryFile()
    with xlsxwriter.Workbook(target, OPTIONS | options) as book:
        write(book)
    target.seek(0)
    return target


def workbook_response(name, write, **options):
    """Answer with a workbook, read from the disk piece by piece; see :func:`make_workbook`.

    :param str name: of the file
    """
    source = make_workbook(write, **options)
    size = source.seek(0, 2)
    source.seek(0)
    return request.make_response(
        iter(lambda: source.read(COPY_BYTES), b""),
        headers=[
            ("Content-Type", XLSX),
            ("Content-Length", size),
            ("Content-Disposition", http.content_disposition(name)),
            ("X-Content-Type-Options", "nosniff"),
        ],
    )
