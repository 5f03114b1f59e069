"""Old files go; everything else stays."""

import os
from datetime import datetime

import pytest

from odoo.addons.sm_connector.transports.retention import prune

BEFORE = datetime(2026, 11, 1)
OLD = "20261031T235959_abcdef01_CLIENTS_1.csv"
NEW = "20261101T000000_abcdef01_CLIENTS_1.csv"


@pytest.fixture
def archive(tmp_path):
    folder = tmp_path / "archive"
    for outcome in ("done", "refused", "superseded", "other"):
        month = folder / outcome / "2026-10"
        month.mkdir(parents=True)
        (month / OLD).write_text("x")
        (month / NEW).write_text("x")
        (month / "notes.txt").write_text("x")
    return folder


def test_old_files(archive):
    assert prune(archive, BEFORE) == 3
    for outcome in ("done", "refused", "superseded"):
        assert sorted(os.listdir(archive / outcome / "2026-10")) == [NEW, "notes.txt"]
    assert (archive / "other" / "2026-10" / OLD).exists()


def test_empty_months_go_too(archive):
    month = archive / "done" / "2026-10"
    for name in (NEW, "notes.txt"):
        (month / name).unlink()
    prune(archive, BEFORE)
    assert not month.exists()


def test_last_good_one_with_its_lines(archive):
    month = archive / "done" / "2026-10"
    lines = month / OLD.replace("CLIENTS", "LIGNES")
    lines.write_text("x")
    assert prune(archive, BEFORE, [str(month / OLD)]) == 2
    assert (month / OLD).exists() and lines.exists()


def test_folders_of_pages(archive):
    pages = archive / "done" / "2026-10" / "20261001T000000_abcdef01_orders.json"
    pages.mkdir()
    (pages / "page_00001").write_text("x")
    prune(archive, BEFORE)
    assert not pages.exists()


def test_links_are_not_followed(archive, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / OLD).write_text("x")
    (archive / "done" / "2026-09").symlink_to(outside)
    (archive / "done" / "2026-10" / "20261002T000000_abcdef01_x").symlink_to(outside)
    (archive / "refused" / "2026-10").rename(tmp_path / "moved")
    (archive / "refused").rmdir()
    (archive / "refused").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "elsewhere" / "2026-10").mkdir(parents=True)
    (tmp_path / "elsewhere" / "2026-10" / OLD).write_text("x")
    prune(archive, BEFORE)
    assert (outside / OLD).exists()
    assert (tmp_path / "elsewhere" / "2026-10" / OLD).exists()


def test_nothing_there(tmp_path):
    assert prune(tmp_path / "gone", BEFORE) == 0
