import errno
import hashlib
import os
from pathlib import Path
from unittest.mock import MagicMock, patch

from odoo.tests import tagged

from odoo.addons.sm_connector.pipeline.stage import MAX_KEY_CHARS

from .common import Dialect, SimulatedCase, SmCase, as_csv
from .test_night import WATCHED

FILE_TRANSPORT = "odoo.addons.sm_connector.transports.file_transport"

#: kind of bad file → cause on the line
REFUSED = {
    "truncated_in_row": "truncated",
    "truncated_in_quotes": "truncated",
    "truncated_at_line_end": "truncated",
    "totals_line_missing": "truncated",
    "totals_line_wrong": "trailer_mismatch",
    "quote_not_closed": None,  # cut off, or not as many rows as announced: either is true
    "empty": "empty",
    "header_only": None,  # no rows, or no totals line: either is true
    "header_and_totals_only": "no_rows",
    "header_line_missing": None,  # no header, or not the columns: either is true
    "column_missing": "columns",
    "column_renamed": "columns",
    "utf16": "encoding",
    "cp850": "columns",
    "not_a_spreadsheet": "format",
    "truncated_spreadsheet": None,
}
#: kind of bad file → cause of the row in quarantine
SET_ASIDE = {
    "null_byte": "nul_byte",
    "huge_cell": "cell_too_long",
    "long_code": "code_too_long",
    "cell_missing": "column_count",
    "cell_too_many": "column_count",
    "unknown_customer": "unknown_customer",
    "unknown_article": "unknown_article",
    "impossible_date": "bad_date",
    "negative_quantity": "negative_quantity",
    "repeated_line": "inconsistent_header",  # the second of the two says something else
    "formula_cell": "formula",
}


@tagged("post_install", "-at_install")
class TestBadFiles(SimulatedCase):
    """Every bad file that the simulator can write, through the whole pipeline."""

    def content(self):
        """Every record that a night may write, as it is."""
        self.env.flush_all()
        found = {}
        for table, columns in WATCHED.items():
            if table != "sm_code":
                self.env.cr.execute(f"SELECT {columns}, ctid::text FROM {table} ORDER BY id")
                found[table] = self.env.cr.fetchall()
        return found

    def assert_all_refused(self, kinds, **options):
        """Nothing is applied of a bad file, and the file is kept with its checksum."""
        self.house.export()
        self.run_night()
        for kind in kinds:
            with self.subTest(kind):
                before = self.content()
                bad = self.house.bad(kind, **options)
                content = bad.path.read_bytes()
                run = self.run_night()
                lines = self.lines(run)
                line = lines[bad.entity]
                self.assert_refused(line, bad.path.name)
                if REFUSED.get(kind):
                    self.assertEqual(line.cause, REFUSED[kind])
                if bad.field and line.cause == "columns":
                    self.assertIn(bad.field, line.message)
                if kind == "totals_line_wrong":
                    self.assertIn(bad.value, line.message)
                self.assertEqual(run.state, "failed")
                self.assertEqual(self.backend.health, "error")
                self.assertIn(bad.path.name, self.backend.last_error)
                self.assertEqual(self.content(), before)
                self.assertEqual(line.file_sha256, hashlib.sha256(content).hexdigest())
                kept = list((self.drop_folder / "archive" / "refused").rglob(f"*{bad.path.name}"))
                self.assertFalse(bad.path.exists())
                self.assertEqual([path.read_bytes() for path in kept], [content])
                self.assertEqual(line.archived_as, kept[0].name)
                others = [other for entity, other in lines.items() if entity != bad.entity]
                self.assertEqual({other.state for other in others}, {"done"})
        # the next good export is taken as if nothing had been
        self.house.export()
        run = self.run_night()
        self.assertEqual(set(run.line_ids.mapped("state")), {"done"})
        self.assertEqual(self.backend.health, "ok")
        self.assertEqual(self.content(), before)

    def test_whole_files_of_contacts(self):
        self.assert_all_refused(REFUSED)

    def test_whole_files_of_orders(self):
        kinds = ("truncated_in_row", "empty", "column_missing", "totals_line_wrong")
        self.assert_all_refused(kinds, entity="order")

    def test_whole_files_of_articles(self):
        kinds = ("truncated_in_quotes", "header_only", "column_renamed", "utf16")
        self.assert_all_refused(kinds, entity="article")

    def test_half_the_file(self):
        """It may be right: nothing is changed, and it waits for a person to say so."""
        for entity in ("contact", "article", "order"):
            with self.subTest(entity):
                self.house.export()
                self.run_night()
                before = self.content()
                bad = self.house.bad("half_missing", entity=entity)
                content = bad.path.read_bytes()
                run = self.run_night()
                line = self.lines(run)[entity]
                self.assertEqual((run.state, line.state), ("held", "held"))
                self.assertIn("short", line.finding_ids.mapped("guard"))
                after = self.content()
                for told in ("mail_activity", "mail_followers"):  # the responsible is
                    del before[told], after[told]
                self.assertEqual(after, before)
                self.assertEqual(bad.path.read_bytes(), content)
                bad.path.unlink()

    def test_wrong_encoding(self):
        """cp1252 in a feed that is set to UTF-8."""
        self.feeds["contact"].encoding = "utf-8"
        bad = self.house.bad("cp1252_instead_of_utf8")
        line = self.lines(self.run_night())["contact"]
        self.assert_refused(line, bad.path.name)
        self.assertEqual(line.cause, "encoding")

    def test_zip_bomb(self):
        bad = self.house.bad("zip_bomb")
        line = self.lines(self.run_night())["contact"]
        self.assert_refused(line, bad.path.name)
        self.assertEqual(line.cause, "zip_bomb")

    # === SOME ROWS === #

    def live_bad_night(self, kind):
        """A night of changes whose file is spoilt in one place.

        :return: what is bad, the line, and the counts that the ledger makes one expect
        """
        self.house.night()
        bad = self.house.bad(kind)
        line = self.lines(self.run_night())[bad.entity]
        self.assertEqual((line.state, line.file_name), ("done", bad.path.name), line.message)
        return bad, line, self.house.expected()[bad.entity]

    def assert_set_aside(self, kind):
        bad, line, expected = self.live_bad_night(kind)
        row = self.assert_quarantined(bad.entity, bad.key[:MAX_KEY_CHARS], SET_ASIDE[kind])
        self.assertEqual(row.file_name, bad.path.name)
        if bad.entity != "order":
            self.assertEqual(row.line, bad.line)
        if kind != "unknown_article":  # it names the number of the order line
            self.assertIn(str(bad.line if bad.entity != "order" else row.line), row.message)
        if bad.field and kind not in ("null_byte", "repeated_line"):
            self.assertEqual(row.field_name, bad.field)
            self.assertIn(bad.field, row.message)
        if bad.value and kind not in ("huge_cell", "null_byte", "long_code", "repeated_line"):
            self.assertEqual(row.value, bad.value)
            self.assertIn(bad.value, row.message)
        self.assertLess(len(row.message), 1000)
        self.assertLess(len(row.raw), 30_000)
        # all the others go on
        extra = 1 if kind == "long_code" else 0
        self.assertEqual(line.quarantined, expected["quarantined"] + 1)
        self.assertEqual(
            line.created + line.updated + line.unchanged + line.quarantined,
            expected["keys"] + extra,
        )
        changed = line.created + line.updated
        self.assertIn(expected["created"] + expected["updated"] - changed, (0, 1))
        self.assertEqual(line.missing, expected["missing"])
        self.assertEqual(line.master_count, line.odoo_count, line.message)
        # and a good export heals it
        self.house.export()
        self.run_night()
        self.assertEqual(row.state, "healed")

    def test_null_byte(self):
        self.assert_set_aside("null_byte")

    def test_cell_of_forty_megabytes(self):
        self.assert_set_aside("huge_cell")

    def test_code_of_three_hundred_characters(self):
        self.assert_set_aside("long_code")

    def test_cell_missing(self):
        self.assert_set_aside("cell_missing")

    def test_cell_too_many(self):
        self.assert_set_aside("cell_too_many")

    def test_unknown_customer(self):
        self.assert_set_aside("unknown_customer")

    def test_unknown_article(self):
        self.assert_set_aside("unknown_article")

    def test_impossible_date(self):
        self.assert_set_aside("impossible_date")

    def test_negative_quantity(self):
        self.assert_set_aside("negative_quantity")

    def test_line_number_twice(self):
        self.assert_set_aside("repeated_line")

    def test_formula_in_a_workbook(self):
        self.assert_set_aside("formula_cell")

    def test_key_twice(self):
        bad, line, expected = self.live_bad_night("repeated_key")
        row = self.assert_quarantined("contact", bad.key, "duplicate_key")
        self.assertEqual(line.quarantined, expected["quarantined"] + 1)
        self.assertEqual(line.missing, expected["missing"])
        self.assertIn(bad.key, row.message)

    def test_row_twice(self):
        bad, line, expected = self.live_bad_night("repeated_row")
        self.assertFalse(self.quarantine("contact", bad.key))
        self.assertEqual(self.counts(line), {name: expected[name] for name in self.counts(line)})

    # === STRANGE BUT LEGAL === #

    def test_sql_in_name(self):
        bad, line, expected = self.live_bad_night("sql_in_name")
        self.assertIn(bad.value, self.partner(bad.key).name)
        self.assertEqual(line.quarantined, expected["quarantined"])

    def test_html_in_name(self):
        bad, line, expected = self.live_bad_night("html_in_name")
        self.assertIn(bad.value, self.partner(bad.key).name)
        self.assertEqual(line.quarantined, expected["quarantined"])

    def test_amounts_that_do_not_add_up(self):
        bad, line, expected = self.live_bad_night("amounts_do_not_add_up")
        order = self.order(bad.key)
        self.assertTrue(order.sm_has_difference)
        self.assertEqual(round(order.sm_amount_difference), -1000)
        self.assertFalse(line.is_even)
        self.assertEqual(line.quarantined, expected["quarantined"])

    def test_scattered_lines(self):
        _bad, line, expected = self.live_bad_night("scattered_lines")
        self.assertEqual(self.counts(line), {name: expected[name] for name in self.counts(line)})


@tagged("post_install", "-at_install")
class TestDialects(SimulatedCase):
    """Another way of writing the same snapshot is no change at all."""

    def test_other_encodings_and_formats(self):
        self.house.export()
        self.run_night()
        for dialect in (
            Dialect(encoding="cp1252"),
            Dialect(encoding="utf-8-sig", end_of_line="\n"),
            Dialect(blank_lines=False, padding=False),
            Dialect(format="xlsx"),
        ):
            self.house.dialect = dialect
            self.house.export()
            run = self.run_night()
            for line in run.line_ids:
                with self.subTest(dialect=dialect, entity=line.entity):
                    self.assertEqual(line.state, "done", line.message)
                    self.assertEqual((line.created, line.archived, line.missing), (0, 0, 0))
                    self.assertEqual(line.updated, 0)
            # read once, the other way of writing is the known one
            self.house.export()
            again = self.watched_links()
            self.run_night()
            self.assertEqual(self.watched_links(), again)

    def watched_links(self):
        self.env.cr.execute("SELECT id, source_hash::text, ctid::text FROM sm_link ORDER BY id")
        return self.env.cr.fetchall()


@tagged("post_install", "-at_install")
class TestFolders(SmCase):
    """What can be wrong with folders and disks; nothing is lost by any of it."""

    ROWS = ({"Code": "1", "Nom": "Dupont"}, {"Code": "2", "Nom": "Martin"})

    def assert_failed(self, *words):
        """The night fails with a message that says what was tried."""
        run = self.run_night()
        self.assertEqual(run.state, "failed")
        for line in run.line_ids:
            self.assertEqual((line.state, line.cause), ("failed", "folder"))
            for word in words:
                self.assertIn(word, line.message)
        self.assertEqual(self.backend.health, "error")
        return run

    def test_folder_is_not_there(self):
        self.backend.drop_folder = str(self.folder / "gone")
        self.assert_failed("gone")

    def test_folder_is_a_file(self):
        path = self.folder / "a_file"
        path.write_text("x")
        self.backend.drop_folder = str(path)
        self.assert_failed("a_file")

    def test_no_folder(self):
        self.backend.drop_folder = False
        self.assert_failed("No drop folder")

    def test_folder_outside_the_roots(self):
        for folder in ("/etc", str(self.folder / ".." / ".."), "/"):
            self.backend.drop_folder = folder
            self.assert_failed("odoo.conf")

    def test_link_out_of_the_roots(self):
        """Neither a folder nor a file that only seems to lie below a root is read."""
        link = self.folder / "link"
        link.symlink_to("/etc")
        self.addCleanup(link.unlink)
        self.backend.drop_folder = str(link)
        self.assert_failed("odoo.conf")
        self.backend.drop_folder = str(self.drop_folder)
        (self.drop_folder / "CLIENTS_1.csv").symlink_to("/etc/passwd")
        self.addCleanup((self.drop_folder / "CLIENTS_1.csv").unlink)
        self.assertEqual(self.lines(self.run_night())["contact"].state, "nothing")

    def test_no_root_is_allowed(self):
        with patch.dict(os.environ, {"SM_DROP_ROOTS": ""}):
            self.assert_failed("odoo.conf")

    def test_folder_that_may_not_be_read(self):
        denied = PermissionError(errno.EACCES, "Permission denied")
        with patch(f"{FILE_TRANSPORT}.os.scandir", side_effect=denied):
            self.assert_failed("Permission denied", str(self.drop_folder))

    def test_file_that_may_not_be_read(self):
        path = self.drop_rows("contact", *self.ROWS)
        denied = PermissionError(errno.EACCES, "Permission denied")
        with patch(f"{FILE_TRANSPORT}.os.open", side_effect=denied):
            line = self.lines(self.run_night())["contact"]
        self.assertEqual(line.state, "failed")
        self.assertIn(path.name, line.message)
        self.assertTrue(path.exists())
        self.assertEqual(self.lines(self.run_night())["contact"].created, 2)

    def test_disk_that_breaks_while_it_is_read(self):
        path = self.drop_rows("contact", *self.ROWS)
        stream = MagicMock()
        stream.__enter__.return_value.read.side_effect = OSError(errno.EIO, "Input/output error")
        with patch(f"{FILE_TRANSPORT}.os.fdopen", return_value=stream):
            line = self.lines(self.run_night())["contact"]
        self.assertEqual(line.state, "failed")
        self.assertIn("Input/output error", line.message)
        self.assertTrue(path.exists())

    def full_disk(self):
        full = OSError(errno.ENOSPC, "No space left on device")
        return patch(f"{FILE_TRANSPORT}.os.link", side_effect=full)

    def test_disk_full_while_archiving(self):
        """What was applied stays, the file stays where it is, and the line says so."""
        path = self.drop_rows("contact", *self.ROWS)
        content = path.read_bytes()
        with self.full_disk():
            run = self.run_night()
        line = self.lines(run)["contact"]
        self.assertEqual((line.state, line.created), ("done", 2))
        self.assertIn("No space left on device", line.message)
        self.assertIn(path.name, line.message)
        self.assertEqual(path.read_bytes(), content)
        self.assertTrue(self.partner("1"))
        # the next night finds the same file, has nothing to do, and archives it
        line = self.lines(self.run_night())["contact"]
        self.assertEqual((line.state, line.created, line.unchanged), ("done", 0, 2))
        self.assertFalse(path.exists())
        [kept] = (self.drop_folder / "archive" / "done").rglob(f"*{path.name}")
        self.assertEqual(kept.read_bytes(), content)

    def test_disk_full_for_several_nights(self):
        """Yesterday's file still lies there; today's is read all the same."""
        old = self.drop_rows("contact", *self.ROWS)
        with self.full_disk():
            self.run_night()
            new = self.drop_rows("contact", *self.ROWS, {"Code": "3", "Nom": "Peeters"})
            line = self.lines(self.run_night())["contact"]
        self.assertEqual((line.state, line.created), ("done", 1), line.message)
        self.assertTrue(old.exists() and new.exists())
        self.run_night()
        self.assertFalse(list(self.drop_folder.glob("*.csv")))
        self.assertEqual(len(list((self.drop_folder / "archive").rglob("*.csv"))), 2)

    def test_disk_full_while_a_refused_file_is_archived(self):
        path = self.drop("contact", b"")
        with self.full_disk():
            line = self.lines(self.run_night())["contact"]
        self.assert_refused(line, path.name, "No space left on device")
        self.assertTrue(path.exists())

    def test_archive_folder_of_its_own(self):
        self.backend.archive_folder = str(self.folder / "kept")
        path = self.drop_rows("contact", *self.ROWS)
        self.run_night()
        self.assertTrue(list((self.folder / "kept" / "done").rglob(f"*{path.name}")))

    def test_archive_folder_outside_the_roots(self):
        self.backend.archive_folder = "/tmp"
        path = self.drop_rows("contact", *self.ROWS)
        self.assert_failed("/tmp")
        self.assertTrue(path.exists())

    def test_several_exports_wait(self):
        """The newest holds everything; the others are kept as superseded, unread."""
        old = self.drop_rows("contact", {"Code": "9", "Nom": "Never Seen"})
        new = self.drop_rows("contact", *self.ROWS)
        line = self.lines(self.run_night())["contact"]
        self.assertEqual((line.file_name, line.created), (new.name, 2))
        self.assertFalse(self.partner("9"))
        self.assertFalse(list(self.drop_folder.glob("*.csv")))
        self.assertTrue(list((self.drop_folder / "archive" / "superseded").rglob(f"*{old.name}")))

    def test_the_newest_is_bad_and_an_older_good_one_waits(self):
        """Nothing of the good one is lost: it can still be taken."""
        good = self.drop_rows("contact", *self.ROWS)
        self.drop("contact", b"")
        line = self.lines(self.run_night())["contact"]
        self.assertEqual(line.state, "refused")
        kept = [good, *(self.drop_folder / "archive").rglob(f"*{good.name}")]
        self.assertTrue(any(path.exists() for path in kept))

    def test_a_file_that_is_still_being_written(self):
        text = as_csv("contact", self.ROWS)
        (self.drop_folder / ".CLIENTS_20300101_000000.csv.part").write_text(text)
        (self.drop_folder / "CLIENTS_20300101_000000.csv.tmp").write_text(text)
        (self.drop_folder / "NOTES.txt").write_text("x")
        self.assertEqual(self.lines(self.run_night())["contact"].state, "nothing")
        for path in self.drop_folder.glob("*.t*"):
            path.unlink()

    def test_a_newer_file_of_the_same_name_arrives_meanwhile(self):
        """What was not read is not archived as if it had been."""
        path = self.drop_rows("contact", *self.ROWS)
        newer = as_csv("contact", [*self.ROWS, {"Code": "3", "Nom": "Peeters"}])
        finish = self.registry["sm.run.line"]._finish

        def replace_then_finish(line, *args):
            if line.entity == "contact":
                path.with_suffix(".new").write_text(newer)
                path.with_suffix(".new").rename(path)
            return finish(line, *args)

        with patch.object(self.registry["sm.run.line"], "_finish", replace_then_finish):
            line = self.lines(self.run_night())["contact"]
        self.assertEqual((line.state, line.created), ("done", 2))
        self.assertEqual(path.read_text(), newer.replace("\r\n", "\n"))
        self.assertIn(path.name, line.message or path.name)
        line = self.lines(self.run_night())["contact"]
        self.assertEqual((line.state, line.created), ("done", 1))

    def test_the_next_export_arrives_meanwhile(self):
        self.drop_rows("contact", *self.ROWS)
        finish = self.registry["sm.run.line"]._finish
        newer = []

        def drop_then_finish(line, *args):
            if line.entity == "contact" and not newer:
                newer.append(self.drop_rows("contact", *self.ROWS, {"Code": "3", "Nom": "x"}))
            return finish(line, *args)

        with patch.object(self.registry["sm.run.line"], "_finish", drop_then_finish):
            self.run_night()
            self.assertEqual(list(self.drop_folder.glob("*.csv")), newer)
            line = self.lines(self.run_night())["contact"]
        self.assertEqual((line.state, line.created), ("done", 1))

    def test_the_file_disappears_meanwhile(self):
        path = self.drop_rows("contact", *self.ROWS)
        finish = self.registry["sm.run.line"]._finish

        def remove_then_finish(line, *args):
            if line.entity == "contact":
                path.unlink()
            return finish(line, *args)

        with patch.object(self.registry["sm.run.line"], "_finish", remove_then_finish):
            line = self.lines(self.run_night())["contact"]
        self.assertEqual((line.state, line.created), ("done", 2))

    def test_files_of_the_same_name_on_two_nights(self):
        """An ERP that always writes CLIENTS.csv: both are kept."""
        contents = set()
        for name in ("Dupont", "Durand"):
            path = Path(self.drop_folder / "CLIENTS_.csv")
            path.write_text(as_csv("contact", [{"Code": "1", "Nom": name}]))
            contents.add(path.read_bytes())
            self.assertEqual(self.lines(self.run_night())["contact"].state, "done")
        kept = (self.drop_folder / "archive" / "done").rglob("*CLIENTS_.csv")
        self.assertEqual({path.read_bytes() for path in kept}, contents)
        self.assertEqual(self.partner("1").name, "Durand")
