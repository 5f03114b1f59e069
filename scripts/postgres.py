"""PostgreSQL: the server that PGHOST names, else a private cluster on a Unix socket."""

import os
import pwd
import re
import shutil
import signal
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from .cache import complete_folder, is_complete
from .console import Problem, run, say, step
from .debian import PrivateApt, library_path, own_suites, require_debian
from .processes import Child
from .settings import CHECKOUT_ID, SUITE, cache_dir

OLDEST = 13
#: Linux accepts socket paths of 107 bytes, and PostgreSQL adds ``/.s.PGSQL.5432``.
_LONGEST_SOCKET_FOLDER = 90

#: Nothing of a test outlives it: speed counts, durability does not.
VOLATILE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
#: The demo keeps its data over a power cut, but may lose the last half second of it.
RELAXED = {"synchronous_commit": "off"}
#: PostgreSQL's own defaults: what benchmarks compare.
DURABLE: dict[str, str] = {}

_REMEDY = (
    "install it (apt-get install postgresql), or name a server you already have: "
    "PGHOST=… PGPORT=… PGUSER=… make …"
)


@dataclass(frozen=True)
class Binaries:
    """Programs of one PostgreSQL installation, and what the loader needs to run them."""

    folder: Path
    libraries: str = ""

    def environment(self) -> dict[str, str]:
        env = {k: v for k, v in os.environ.items() if not k.startswith("LC_")}
        env["LANG"] = "C.UTF-8"
        if self.libraries:
            known = env.get("LD_LIBRARY_PATH", "")
            env["LD_LIBRARY_PATH"] = f"{self.libraries}:{known}" if known else self.libraries
        return env


def binaries() -> Binaries:
    """The server's programs: installed, else by apt (root), else unpacked in the cache."""
    found = _installed()
    if found:
        return found
    cached = _cached()
    if cached:
        return cached
    attempted = "finding a PostgreSQL server"
    require_debian(attempted, _REMEDY)
    if os.geteuid() == 0:
        _install_as_root(attempted)
        found = _installed()
        if not found:
            raise Problem(attempted, "apt-get installed none", _REMEDY)
        return found
    return _unpack(attempted)


def _version(folder: Path) -> int:
    """Major version of the server in this folder; 0 when there is none that runs."""
    try:
        output = subprocess.run(
            [folder / "postgres", "--version"], capture_output=True, text=True, check=True
        ).stdout
    except (OSError, subprocess.CalledProcessError):
        return 0
    match = re.search(r"(\d+)", output)
    return int(match.group(1)) if match and (folder / "initdb").exists() else 0


def _installed() -> Binaries | None:
    folders = list(Path("/usr/lib/postgresql").glob("*/bin"))
    on_path = shutil.which("postgres")
    if on_path:
        folders.append(Path(on_path).resolve().parent)
    versions = {folder: _version(folder) for folder in folders}
    best = max(versions, key=lambda folder: versions[folder], default=None)
    return Binaries(best) if best and versions[best] >= OLDEST else None


def _install_as_root(attempted: str) -> None:
    log = cache_dir() / "postgresql-install.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    with step("installing PostgreSQL (apt-get, as root)", log):
        for arguments in (
            ["update"],
            ["install", "--yes", "--no-install-recommends", "postgresql"],
        ):
            run(
                ["apt-get", "-q", *arguments],
                attempted=attempted,
                remedy=_REMEDY,
                log=log,
                env=env,
            )


def _cached() -> Binaries | None:
    folders = [f for f in (cache_dir() / "postgresql").glob("*") if is_complete(f)]
    newest = max(folders, key=lambda folder: folder.stat().st_mtime, default=None)
    return _relocated(newest) if newest else None


def _relocated(folder: Path) -> Binaries | None:
    """PostgreSQL finds its own files relative to its programs; the loader must be told where."""
    programs = sorted(folder.glob("usr/lib/postgresql/*/bin"))
    return Binaries(programs[-1], library_path(folder)) if programs else None


def _unpack(attempted: str) -> Binaries:
    apt = PrivateApt(cache_dir() / "apt-postgresql", own_suites(attempted), attempted)
    with step("downloading PostgreSQL", apt.folder):
        apt.update()
        version = apt.candidate("postgresql").split("+")[0]
        packages = [f"postgresql-{version}", f"postgresql-client-{version}"]
        archives = apt.download_missing(*packages)
        name = f"postgresql/{apt.candidate(packages[0]).replace(':', '_')}"
        folder = complete_folder(name, lambda target: apt.unpack(archives, target))
    shutil.rmtree(apt.folder)
    found = _relocated(folder)
    if found is None:
        shutil.rmtree(folder)
        raise Problem(attempted, "Debian's package does not contain the server", _REMEDY)
    probe = [found.folder / "postgres", "--version"]
    result = subprocess.run(
        probe, env=found.environment(), capture_output=True, text=True, check=False
    )
    if result.returncode:
        shutil.rmtree(folder)
        what = "Debian's package does not run from the cache"
        raise Problem(attempted, what, _REMEDY, result.stderr)
    return found


def external() -> bool:
    """Whether the user named a server of his own."""
    return bool(os.environ.get("PGHOST"))


class Cluster:
    """A PostgreSQL server to work with: a private one, or the user's own, which is left alone.

    :param folder: where our cluster lies (below ``.data/``)
    :param settings: what differs from PostgreSQL's defaults
    """

    def __init__(self, folder: Path, settings: dict[str, str]):
        self.external = external()
        self.settings = settings
        self.child: Child | None = None
        self.log = folder / "postgresql.log"
        if self.external:
            self.binaries = Binaries(Path(shutil.which("psql") or "psql").parent)
            self.socket_folder = os.environ["PGHOST"]
            return
        self.binaries = binaries()
        self.account = _unprivileged_account() if os.geteuid() == 0 else None
        self.folder = _reachable(folder, self.account)
        self.data = self.folder / "data"
        self.socket_folder = str(self._socket_folder())

    def _socket_folder(self) -> Path:
        folder = self.folder / "socket"
        if len(str(folder)) <= _LONGEST_SOCKET_FOLDER:
            return folder
        return Path(tempfile.gettempdir()) / f"{SUITE}-{CHECKOUT_ID}-{self.folder.parent.name}"

    def environment(self) -> dict[str, str]:
        """Variables by which libpq, and so psql and Odoo, find this server."""
        if self.external:
            return {}
        return {"PGHOST": self.socket_folder, "PGPORT": "5432", "PGUSER": "odoo"}

    def start(self) -> None:
        """Start the private cluster, made first when there is none. The user's own is asked."""
        if self.external:
            self.query("postgres", "SELECT 1")
            return
        if not (self.data / "PG_VERSION").exists():
            self._make()
        elif self._answers():  # another of our commands in this checkout started it
            return
        self._private_folder(Path(self.socket_folder))
        options = {
            "listen_addresses": "",
            "unix_socket_directories": self.socket_folder,
            "unix_socket_permissions": "0700",
            "port": "5432",
            "max_connections": "100",
            "shared_buffers": "256MB",
            "work_mem": "16MB",
            **self.settings,
        }
        command = [self.binaries.folder / "postgres", "-D", self.data]
        for name, value in options.items():
            command += ["-c", f"{name}={value}"]
        self.child = Child(
            "PostgreSQL",
            command,
            self.log,
            env=self.binaries.environment(),
            cwd=self.folder,
            stop_signal=signal.SIGINT,  # "fast": rolls back what is open
            account=self.account,
        )
        self.child.wait_until(self._answers, 60)

    def stop(self) -> None:
        """Stop the private cluster if this process started it."""
        if self.child:
            self.child.stop(patience=60)
            self.child = None

    def _make(self) -> None:
        with step("making a private PostgreSQL cluster"):
            half = self.folder / "data.new"
            shutil.rmtree(half, ignore_errors=True)
            self.folder.mkdir(parents=True, exist_ok=True)
            self._private_folder(self.folder)
            run(
                [*self._as_account(), self.binaries.folder / "initdb", "--pgdata", half]
                + ["--username", "odoo", "--auth", "trust", "--encoding", "UTF8"]
                + ["--locale", "C.UTF-8", "--no-sync"],
                attempted="making a private PostgreSQL cluster",
                remedy=f"check the free disk space and the rights on {self.folder}, then try again",
                env=self.binaries.environment(),
                cwd=self.folder,
            )
            half.rename(self.data)

    def _as_account(self) -> list[str]:
        return ["runuser", "-u", self.account, "--"] if self.account else []

    def _private_folder(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        if self.account:
            shutil.chown(folder, self.account)
        folder.chmod(0o700)

    def _answers(self) -> bool:
        probe = [self.binaries.folder / "pg_isready", "-q"]
        env = {**self.binaries.environment(), **self.environment()}
        return subprocess.run(probe, env=env, check=False).returncode == 0

    # -- databases ---------------------------------------------------------------------------------

    def query(self, database: str, sql: str) -> list[list[str]]:
        """Rows of a statement, as text. NULL is the empty string."""
        output = run(
            [self.binaries.folder / "psql", "-XAtq", "-F", "\x1f", "-v", "ON_ERROR_STOP=1"]
            + ["-d", database, "-c", sql],
            attempted=f"asking the database {database}",
            remedy=f"read {self.log}" if not self.external else "check PGHOST, PGPORT and PGUSER",
            env={**self.binaries.environment(), **self.environment()},
        )
        return [line.split("\x1f") for line in output.splitlines()]

    def exists(self, database: str) -> bool:
        sql = f"SELECT 1 FROM pg_database WHERE datname = '{database}'"
        return bool(self.query("postgres", sql))

    def create(self, database: str, template: str = "template0") -> None:
        self.query("postgres", f'CREATE DATABASE "{database}" TEMPLATE "{template}"')

    def drop(self, database: str) -> None:
        self.query("postgres", f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)')

    def rename(self, database: str, name: str) -> None:
        self.query("postgres", f'ALTER DATABASE "{database}" RENAME TO "{name}"')


def _unprivileged_account() -> str:
    """PostgreSQL refuses to run as root: the account that runs it then."""
    for name in ("postgres", "nobody"):
        try:
            pwd.getpwnam(name)
        except KeyError:
            continue
        return name
    raise Problem(
        "choosing an account to run PostgreSQL as",
        "neither `postgres` nor `nobody` exists",
        "run the command as an ordinary user",
    )


def _reachable(folder: Path, account: str | None) -> Path:
    """``folder``, or a place outside when its parents (such as /root) are closed to ``account``."""
    folder.mkdir(parents=True, exist_ok=True)
    if account is None:
        return folder
    probe = ["runuser", "-u", account, "--", "test", "-x", str(folder)]
    if subprocess.run(probe, capture_output=True, check=False).returncode == 0:
        return folder
    outside = Path("/var/lib") / SUITE / CHECKOUT_ID / folder.parent.name
    if not outside.exists():
        say(f"   {folder.parent} is closed to the account {account}: the cluster lies in {outside}")
        outside.mkdir(parents=True)
    return outside


def outside_folder() -> Path:
    """Where this checkout's clusters lie when the checkout is closed to PostgreSQL's account."""
    return Path("/var/lib") / SUITE / CHECKOUT_ID
