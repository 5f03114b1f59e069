"""The drop folder: what is seen, what is refused, and archiving that loses nothing."""

import errno
import hashlib
import os
import resource
import signal
import time
from datetime import datetime

import pytest

from odoo.addons.sm_connector.formats import FormatOptions
from odoo.addons.sm_connector.transports import (
    Completion,
    FileTransport,
    TransportError,
    UploadTransport,
    file_transport,
    get_transport,
)

STAMP = datetime(2027, 1, 12, 4, 0, 7)


@pytest.fixture
def root(tmp_path):
    folder = tmp_path / "root"
    folder.mkdir()
    return folder


@pytest.fixture
def drop(root):
    folder = root / "drop"
    folder.mkdir()
    return folder


@pytest.fixture
def transport(root, drop):
    return FileTransport(drop, "CLIENTS_*.csv", [root])


def only(transport):
    [delivery] = transport.waiting()
    return delivery


def archived(root):
    return sorted(path.name for path in root.rglob("*") if path.is_file())


def archive(transport, outcome="done"):
    delivery = only(transport)
    return transport.archive(delivery, outcome, STAMP, transport.checksum(delivery))


class TestWaiting:
    def test_complete_files_oldest_first(self, transport, drop):
        for name in ("CLIENTS_20270113.csv", "CLIENTS_20270112.csv", "clients_20270114.CSV"):
            (drop / name).write_text(name)
        names = [delivery.name for delivery in transport.waiting()]
        assert names == ["CLIENTS_20270112.csv", "CLIENTS_20270113.csv", "clients_20270114.CSV"]
        first = transport.waiting()[0]
        assert first.size == len(first.name)
        assert first.modified == first.path.stat().st_mtime

    def test_what_is_no_delivery(self, root, drop):
        for name in (".CLIENTS_1.csv", "CLIENTS_1.csv.part", "CLIENTS_1.tmp", ".CLIENTS.part"):
            (drop / name).write_text("x")
        (drop / "CLIENTS_folder.csv").mkdir()
        os.mkfifo(drop / "CLIENTS_pipe.csv")
        (drop / "CLIENTS_loop.csv").symlink_to("CLIENTS_loop.csv")
        (drop / "CLIENTS_dangling.csv").symlink_to("nowhere")
        assert FileTransport(drop, "*", [root]).waiting() == []

    def test_links_out_of_the_roots(self, transport, root, drop, tmp_path):
        secret = tmp_path / "secret.csv"
        secret.write_text("secret")
        (drop / "CLIENTS_out.csv").symlink_to(secret)
        inside = root / "elsewhere.csv"
        inside.write_text("ok")
        (drop / "CLIENTS_in.csv").symlink_to(inside)
        assert only(transport).name == "CLIENTS_in.csv"
        with transport.open(only(transport)) as stream:
            assert stream.read() == b"ok"

    def test_link_put_in_place_after_the_listing(self, transport, drop, tmp_path):
        (tmp_path / "secret.csv").write_text("secret")
        path = drop / "CLIENTS_1.csv"
        path.write_text("x")
        delivery = only(transport)
        path.unlink()
        path.symlink_to(tmp_path / "secret.csv")
        with pytest.raises(TransportError, match="not below a folder"):
            transport.open(delivery)

    def test_pipe_put_in_place_after_the_listing(self, transport, drop):
        path = drop / "CLIENTS_1.csv"
        path.write_text("x")
        delivery = only(transport)
        path.unlink()
        os.mkfifo(path)
        with pytest.raises(TransportError, match="not a regular file"):
            transport.open(delivery)

    def test_missing_folder(self, root):
        with pytest.raises(TransportError, match="Tried to list.*gone.*No such file.*Create it"):
            FileTransport(root / "gone", "*", [root]).waiting()

    def test_unreadable_folder(self, transport, drop, monkeypatch):
        def refuse(path):
            raise PermissionError(errno.EACCES, "Permission denied", path)

        monkeypatch.setattr(file_transport.os, "scandir", refuse)
        with pytest.raises(TransportError) as caught:
            transport.waiting()
        assert str(drop) in str(caught.value)
        assert "Permission denied" in str(caught.value) and "read access" in str(caught.value)

    def test_file_that_goes_away(self, transport, drop):
        (drop / "CLIENTS_1.csv").write_text("x")
        delivery = only(transport)
        delivery.path.unlink()
        with pytest.raises(TransportError, match="Tried to read.*CLIENTS_1.csv"):
            transport.checksum(delivery)


class TestRoots:
    @pytest.mark.parametrize("folder", ["/etc", "{root}/../other", "{root}-beside", "{root}/link"])
    def test_folders_outside(self, root, tmp_path, folder):
        (tmp_path / "other").mkdir()
        (tmp_path / "root-beside").mkdir()
        (root / "link").symlink_to(tmp_path / "other")
        with pytest.raises(TransportError, match="allowed: .*root.*odoo.conf"):
            FileTransport(folder.format(root=root), "*", [root])

    def test_archive_outside(self, root, drop):
        with pytest.raises(TransportError, match="archive /etc/archive"):
            FileTransport(drop, "*", [root], "/etc/archive")

    @pytest.mark.parametrize("roots", [[], ["", " "]])
    def test_no_root_allows_nothing(self, drop, roots):
        with pytest.raises(TransportError, match="allowed: none"):
            FileTransport(drop, "*", roots)

    def test_root_that_is_a_link(self, root, drop, tmp_path):
        (tmp_path / "alias").symlink_to(root)
        (drop / "a.csv").write_text("x")
        assert FileTransport(drop, "*", [tmp_path / "alias"]).waiting()
        assert FileTransport(tmp_path / "alias" / "drop", "*", [root]).waiting()

    @pytest.mark.parametrize("pattern", ["", "../*", "a/b.csv", "a\0"])
    def test_patterns_with_folders(self, root, drop, pattern):
        with pytest.raises(TransportError, match="pattern"):
            FileTransport(drop, pattern, [root])

    def test_archive_swapped_for_a_link_out(self, transport, drop, tmp_path):
        (drop / "CLIENTS_1.csv").write_text("x")
        (tmp_path / "outside").mkdir()
        (drop / "archive").mkdir()
        (drop / "archive" / "done").symlink_to(tmp_path / "outside")
        with pytest.raises(TransportError, match="not below"):
            archive(transport)
        assert (drop / "CLIENTS_1.csv").read_text() == "x"


class TestCheck:
    def test_says_what_is_there(self, transport, drop):
        (drop / "CLIENTS_1.csv").write_text("x")
        assert "1 file matching CLIENTS_*.csv waiting" in transport.check()
        assert list((drop / "archive").iterdir()) == []
        assert only(transport)

    def test_archive_not_writable(self, transport, monkeypatch):
        def refuse(**_options):
            raise OSError(errno.EROFS, "Read-only file system")

        monkeypatch.setattr(file_transport.tempfile, "NamedTemporaryFile", refuse)
        with pytest.raises(TransportError, match="archive.*Read-only file system.*write access"):
            transport.check()

    def test_drop_folder_not_writable(self, transport, monkeypatch):
        monkeypatch.setattr(file_transport.os, "access", lambda *_args: False)
        with pytest.raises(TransportError, match="may not write"):
            transport.check()


class TestArchive:
    @pytest.fixture(params=["link", "copy"])
    def any_way(self, request, monkeypatch):
        """Archive within one file system, and across two (or where links do not exist)."""
        if request.param == "copy":

            def refuse(*_args, **_options):
                raise OSError(errno.EXDEV, "Invalid cross-device link")

            monkeypatch.setattr(file_transport.os, "link", refuse)
        return request.param

    @pytest.mark.parametrize("outcome", ["done", "refused", "superseded"])
    def test_moves(self, transport, drop, any_way, outcome):
        content = b"Code;Nom\n" * 300_000
        (drop / "CLIENTS_1.csv").write_bytes(content)
        os.utime(drop / "CLIENTS_1.csv", (1_000_000_000, 1_000_000_000))
        checksum = hashlib.sha256(content).hexdigest()
        assert transport.checksum(only(transport)) == checksum
        path = archive(transport, outcome)
        assert path == (
            drop / "archive" / outcome / "2027-01" / f"20270112T040007_{checksum[:8]}_CLIENTS_1.csv"
        )
        assert path.read_bytes() == content
        assert path.stat().st_mtime == 1_000_000_000
        assert transport.waiting() == []
        assert len(archived(drop)) == 1

    def test_never_overwrites(self, transport, drop, any_way):
        paths = []
        for _turn in range(3):
            (drop / "CLIENTS_1.csv").write_text("same")
            paths.append(archive(transport))
        assert len(set(paths)) == 3
        assert [path.read_text() for path in paths] == ["same"] * 3
        assert len(archived(drop)) == 3

    def test_link_is_followed_and_removed(self, transport, root, drop):
        target = root / "real.csv"
        target.write_text("x")
        (drop / "CLIENTS_1.csv").symlink_to(target)
        path = archive(transport)
        assert path.read_text() == "x" and not path.is_symlink()
        assert target.read_text() == "x"
        assert transport.waiting() == []

    def test_newer_file_of_the_same_name_stays(self, transport, drop):
        path = drop / "CLIENTS_1.csv"
        path.write_text("old")
        delivery = only(transport)
        checksum = transport.checksum(delivery)
        path.write_text("newer")
        with pytest.raises(TransportError, match="replaced while it was being processed"):
            transport.archive(delivery, "done", STAMP, checksum)
        assert path.read_text() == "newer"
        assert archived(drop) == ["CLIENTS_1.csv"]

    def test_content_changed_without_a_trace_is_noticed_by_the_copy(
        self, transport, drop, monkeypatch
    ):
        monkeypatch.setattr(transport, "_second_name", lambda *_args: None)
        (drop / "CLIENTS_1.csv").write_text("old")
        with pytest.raises(TransportError, match="no longer what was processed"):
            transport.archive(only(transport), "done", STAMP, "0" * 64)
        assert archived(drop) == ["CLIENTS_1.csv"]

    def test_gone_already(self, transport, drop):
        (drop / "CLIENTS_1.csv").write_text("x")
        delivery = only(transport)
        delivery.path.unlink()
        with pytest.raises(TransportError, match="another run"):
            transport.archive(delivery, "done", STAMP, "0" * 64)

    @pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT])
    @pytest.mark.parametrize("step", ["link", "fsync", "mkdir"])
    def test_disk_full(self, transport, drop, monkeypatch, code, step):
        (drop / "CLIENTS_1.csv").write_text("precious")
        delivery = only(transport)
        checksum = transport.checksum(delivery)

        def full(*_args, **_options):
            raise OSError(code, os.strerror(code))

        if step == "fsync":
            monkeypatch.setattr(transport, "_second_name", lambda *_args: None)
        if step == "mkdir":
            monkeypatch.setattr(file_transport.Path, "mkdir", full)
        else:
            monkeypatch.setattr(file_transport.os, step, full)
        with pytest.raises(TransportError) as caught:
            transport.archive(delivery, "done", STAMP, checksum)
        assert os.strerror(code) in str(caught.value) and "Free space" in str(caught.value)
        assert "CLIENTS_1.csv" in str(caught.value)
        assert archived(drop) == ["CLIENTS_1.csv"]
        assert only(transport).path.read_text() == "precious"

    def test_disk_really_full_while_copying(self, transport, drop, monkeypatch):
        monkeypatch.setattr(transport, "_second_name", lambda *_args: None)
        (drop / "CLIENTS_1.csv").write_bytes(b"x" * 3_000_000)
        delivery = only(transport)
        checksum = transport.checksum(delivery)
        limits = resource.getrlimit(resource.RLIMIT_FSIZE)
        handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1_500_000, limits[1]))
        try:
            with pytest.raises(TransportError, match="File too large"):
                transport.archive(delivery, "done", STAMP, checksum)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
            signal.signal(signal.SIGXFSZ, handler)
        assert archived(drop) == ["CLIENTS_1.csv"]
        assert (drop / "CLIENTS_1.csv").stat().st_size == 3_000_000

    def test_killed_between_the_two_names(self, transport, drop, monkeypatch):
        """The file is in both places: nothing is lost, and the next run archives it again."""

        def killed(_path):
            raise KeyboardInterrupt

        (drop / "CLIENTS_1.csv").write_text("x")
        with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
            patch.setattr(file_transport.os, "unlink", killed)
            archive(transport)
        assert only(transport).path.read_text() == "x"
        archive(transport)
        assert transport.waiting() == []
        assert len(archived(drop)) == 2

    def test_unknown_outcome(self, transport, drop):
        (drop / "CLIENTS_1.csv").write_text("x")
        with pytest.raises(ValueError, match="done, refused, superseded"):
            archive(transport, "finished")


def test_registry():
    assert get_transport("file") is FileTransport
    with pytest.raises(KeyError, match="known: file"):
        get_transport("ftp")


class TestCompletion:
    def test_marker(self, root, drop):
        (drop / "CLIENTS_1.csv").write_text("1")
        (drop / "CLIENTS_2.csv").write_text("2")
        (drop / "CLIENTS_3.csv").write_text("3")
        (drop / "CLIENTS_2.csv.OK").write_text("")
        (drop / "CLIENTS_3.ok").write_text("")
        transport = FileTransport(drop, "CLIENTS_*.*", [root], completion=Completion("marker"))
        assert [delivery.name for delivery in transport.waiting()] == [
            "CLIENTS_2.csv",
            "CLIENTS_3.csv",
        ]
        for delivery in transport.waiting():
            transport.archive(delivery, "done", STAMP, transport.checksum(delivery))
        assert [path.name for path in drop.iterdir() if path.is_file()] == ["CLIENTS_1.csv"]
        # another file of the same name has to be announced anew
        (drop / "CLIENTS_2.csv").write_text("half")
        assert transport.waiting() == []

    def test_stable(self, root, drop, monkeypatch):
        path = drop / "CLIENTS_1.csv"
        path.write_text("1")
        os.utime(path, (0, 0))  # as a copy that keeps the time of its source
        transport = FileTransport(
            drop, "CLIENTS_*.csv", [root], completion=Completion("stable", seconds=60)
        )
        assert transport.waiting() == []
        now = time.time()
        monkeypatch.setattr(file_transport.time, "time", lambda: now + 61)
        assert len(transport.waiting()) == 1


class TestLines:
    @pytest.fixture
    def pair(self, root, drop):
        def pair(stamp="20270112_040000", headers="N;Nom\n1;a\n2;b\nTOTAL;2\n", lines=None):
            (drop / f"COMMANDES_{stamp}.csv").write_text(headers)
            if lines is not None:
                (drop / f"LIGNES_{stamp}.csv").write_text(lines)

        return pair

    @pytest.fixture
    def transport(self, root, drop):
        return FileTransport(
            drop, "COMMANDES_*.csv", [root], lines_pattern="LIGNES_*.csv", join_column="N"
        )

    LINES = "N;Article\n1;x\n1;y\n2;z\nTOTAL;3\n"

    def test_rows(self, transport, pair):
        pair(lines=self.LINES)
        options = FormatOptions(trailer="required")
        with transport.reader(only(transport), "auto", options, pytest.fail) as reader:
            rows = [cells for _line, cells in reader]
        assert rows == [["1", "a", "x"], ["1", "a", "y"], ["2", "b", "z"]]

    def test_waits_for_its_lines(self, transport, pair):
        pair()
        assert transport.waiting() == []
        pair("20270113_040000", lines=self.LINES)
        assert only(transport).name == "COMMANDES_20270113_040000.csv"

    def test_checksum_is_that_of_both(self, transport, pair):
        pair(lines=self.LINES)
        before = transport.checksum(only(transport))
        pair(lines=self.LINES.replace("z", "w"))
        assert transport.checksum(only(transport)) != before

    def test_archived_together_and_read_again(self, transport, pair, root, drop):
        pair(lines=self.LINES)
        checksum = transport.checksum(only(transport))
        path = archive(transport)
        assert not [entry for entry in drop.iterdir() if entry.is_file()]
        kept = transport.kept(str(path))
        assert kept.companion.path.parent == path.parent
        assert transport.checksum(kept) == checksum
        kept.companion.path.unlink()
        assert transport.kept(str(path)) is None

    def test_across_file_systems(self, transport, pair, monkeypatch):
        def refuse(*_args, **_options):
            raise OSError(errno.EXDEV, "other device")

        pair(lines=self.LINES)
        checksum = transport.checksum(only(transport))
        monkeypatch.setattr(file_transport.os, "link", refuse)
        kept = transport.kept(str(archive(transport)))
        assert transport.checksum(kept) == checksum


def test_kept_must_be_archived(transport, root, drop, tmp_path):
    (drop / "CLIENTS_1.csv").write_text("x")
    path = archive(transport)
    assert transport.kept(str(path)).size == 1
    secret = tmp_path / "secret.csv"
    secret.write_text("x")
    link = path.with_name("link.csv")
    link.symlink_to(secret)
    for other in (secret, link, "/etc/passwd", "", path.parent, path.with_name("gone")):
        assert transport.kept(str(other)) is None


def test_uploaded_file_kept_in_the_own_folder(root, drop, tmp_path):
    own = tmp_path / "own"
    upload = UploadTransport("../CLIENTS_1.csv", b"a;b\n1;2\n", 0, own)
    [delivery] = upload.waiting()
    path = upload.archive(delivery, "done", STAMP, upload.checksum(delivery))
    assert own / "done" / "2027-01" == path.parent
    assert path.read_bytes() == b"a;b\n1;2\n"
    transport = FileTransport(drop, "CLIENTS_*.csv", [root], own_folder=own)
    kept = transport.kept(str(path))
    assert transport.checksum(kept) == upload.checksum(delivery)
    with transport.reader(kept, "auto", FormatOptions(), pytest.fail) as reader:
        assert [cells for _line, cells in reader] == [["1", "2"]]
    assert FileTransport(drop, "CLIENTS_*.csv", [root]).kept(str(path)) is None
