"""Debian packages without touching the machine: apt with a private state, unpacked into a folder.

apt does the work, so signatures and checksums are verified, proxies and mirrors are those the
machine is configured with, and no address is written here.
"""

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from .console import Problem, run, tail

KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
_NETWORK_REMEDY = (
    "check that the machine reaches its Debian mirror (`apt-get update` works), "
    "then run the same command again"
)


def machine_codename() -> str:
    """Debian release of this machine, such as ``bookworm``; empty when it is no Debian."""
    try:
        lines = Path("/etc/os-release").read_text().splitlines()
    except OSError:
        return ""
    values = dict(line.split("=", 1) for line in lines if "=" in line)
    if values.get("ID", "").strip('"') != "debian":
        return ""
    return values.get("VERSION_CODENAME", "").strip('"')


def require_debian(attempted: str, otherwise: str) -> None:
    """:raises Problem: when apt or Debian's signing keys are not on this machine"""
    if not shutil.which("apt-get") or not shutil.which("dpkg-deb"):
        raise Problem(attempted, "this machine has no apt-get and dpkg-deb", otherwise)
    if not KEYRING.is_file():
        raise Problem(
            attempted,
            f"Debian's signing keys are missing ({KEYRING})",
            f"apt-get install debian-archive-keyring; or: {otherwise}",
        )


class PrivateApt:
    """An apt of our own below ``folder``.

    :param sources: lines ``(mirror, suite)`` to read, all from the component main
    """

    def __init__(self, folder: Path, sources: Sequence[tuple[str, str]], attempted: str):
        self.folder = folder.absolute()
        self.attempted = attempted
        self.log = self.folder / "apt.log"
        for part in ("lists/partial", "cache/archives/partial", "etc", "debs"):
            (self.folder / part).mkdir(parents=True, exist_ok=True)
        source_list = self.folder / "etc" / "sources.list"
        source_list.write_text(
            "".join(f"deb [signed-by={KEYRING}] {uri} {suite} main\n" for uri, suite in sources)
        )
        self.options = [
            f"-oDir::State::Lists={self.folder / 'lists'}",
            f"-oDir::Cache={self.folder / 'cache'}",
            f"-oDir::Etc::SourceList={source_list}",
            "-oDir::Etc::SourceParts=/dev/null",
            "-oDir::Etc::Preferences=/dev/null",
            "-oDir::Etc::PreferencesParts=/dev/null",
            "-oAcquire::Languages=none",
            "-oAcquire::Retries=3",
            "-oAPT::Sandbox::User=",
            "-oDebug::NoLocking=true",
            "-oAPT::Update::Post-Invoke::=",
        ]

    def _apt(self, *arguments: str, cwd: Path | None = None) -> str:
        return run(
            [arguments[0], *self.options, *arguments[1:]],
            attempted=self.attempted,
            remedy=_NETWORK_REMEDY,
            log=self.log,
            env={**os.environ, "LC_ALL": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive"},
            cwd=cwd,
        )

    def update(self) -> None:
        self._apt("apt-get", "update", "--error-on=any")

    def candidate(self, package: str) -> str:
        """Version that would be downloaded; empty when there is none."""
        for line in self._apt("apt-cache", "policy", package).splitlines():
            if line.strip().startswith("Candidate:"):
                version = line.split(":", 1)[1].strip()
                return "" if version == "(none)" else version
        return ""

    def download(self, *packages: str) -> list[Path]:
        """Fetch exactly these packages (``name``, ``name=version`` or ``name/suite``)."""
        self._apt("apt-get", "download", *packages, cwd=self.folder / "debs")
        return sorted((self.folder / "debs").glob("*.deb"))

    def download_missing(self, *packages: str) -> list[Path]:
        """Fetch these packages and everything they need that the machine does not have."""
        self._apt(
            "apt-get", "install", "--download-only", "--yes", "--no-install-recommends", *packages
        )
        return sorted((self.folder / "cache" / "archives").glob("*.deb"))

    def unpack(self, archives: Sequence[Path], target: Path) -> None:
        for archive in archives:
            run(
                ["dpkg-deb", "--extract", archive, target],
                attempted=f"unpacking {archive.name}",
                remedy="check the free disk space, then run the same command again",
            )

    def last_lines(self) -> str:
        return tail(self.log)


def library_path(folder: Path) -> str:
    """Value for ``LD_LIBRARY_PATH`` to run programs of packages unpacked in ``folder``."""
    found = {
        str(path.parent)
        for root in (folder / "lib", folder / "usr" / "lib")
        for path in root.glob("**/*.so*")
        if path.is_file() and "postgresql" not in path.relative_to(folder).parts
    }
    return ":".join(sorted(found))


def mirrors(attempted: str) -> list[tuple[str, str]]:
    """Mirrors and suites of component main in the machine's own configuration."""
    output = run(
        ["apt-get", "indextargets", "--format", "$(REPO_URI) $(RELEASE) $(COMPONENT)"]
        + ["Created-By: Packages"],
        attempted=attempted,
        remedy="check the machine's apt configuration with `apt-get indextargets`",
    )
    found = [line.split() for line in output.splitlines()]
    return sorted({(line[0], line[1]) for line in found if len(line) == 3 and line[2] == "main"})


def archive_mirror(attempted: str) -> str:
    """Address of the main Debian archive (the one that also carries sid)."""
    codename = machine_codename()
    for uri, suite in mirrors(attempted):
        if codename and suite == codename:
            return uri
    raise Problem(
        attempted,
        "apt's configuration names no main Debian archive for this machine's own release",
        "name an Odoo 19 you already have: ODOO_HOME=/path/to/odoo make …; "
        "or use docker-compose.yml",
    )


def own_suites(attempted: str) -> list[tuple[str, str]]:
    """Mirrors and suites of this machine's own Debian release, security updates included."""
    codename = machine_codename()
    return [
        (uri, suite)
        for uri, suite in mirrors(attempted)
        if codename and suite.split("-")[0] == codename and suite != f"{codename}-pgdg"
    ]
