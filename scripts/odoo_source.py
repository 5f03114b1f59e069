"""Odoo 19: one the user has, else Debian's package ``odoo-19``, unpacked into the cache."""

import base64
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from .cache import complete_folder, is_complete
from .console import Problem, run, say, step
from .debian import PrivateApt, archive_mirror, machine_codename, require_debian
from .locks import exclusive
from .settings import ODOO_SERIES, cache_dir, odoo_home

#: Changes whenever the unpacked tree would come out differently.
RECIPE = "1"
PACKAGES = (
    "odoo-19",
    "libjs-jquery",
    "libjs-jquery-form",
    "libjs-underscore",
    "fonts-montserrat",
    "fonts-roboto-unhinted",
    "fonts-inconsolata",
    "fonts-ocr-b",
)
#: The release whose Font Awesome is the 4.7 that Odoo's style sheets name; sid has 7.
FONT_AWESOME_SUITE = "bookworm"
#: Files Odoo links to that no package ships any more. Nothing of the suite uses them.
KNOWN_BROKEN_LINKS = {"Inconsolata.otf"}

#: Debian removes this prebuilt file; without it the web client logs an error at every load.
SEGMENTATION_PACKAGE = "@mediapipe/selfie_segmentation@0.1.1675465747"
SEGMENTATION_SHA512 = (
    "IxYxNhwE5VwOm52L1yoFWYLP7q9Pd+NJjzOC5tlepfvEGaY3o9hslhUrx9BgseqdfZtKSDtd/4NfCSMjNzQalA=="
)
SEGMENTATION_FILE = "odoo/addons/mail/static/lib/selfie_segmentation/selfie_segmentation.js"

_FETCHING = f"fetching Odoo {ODOO_SERIES}"
_OTHERWISE = (
    "name an Odoo 19 you already have: ODOO_HOME=/path/to/odoo make …; or use docker-compose.yml"
)


def python_path() -> Path:
    """The folder to put on ``PYTHONPATH`` so that ``python -m odoo`` runs Odoo 19."""
    home = odoo_home()
    if home:
        return _checked(home, "using the Odoo that ODOO_HOME names")
    tree = _cached_tree() or _fetch()
    _add_segmentation(tree)
    return tree


def version(tree: Path) -> str:
    """Odoo's own version string with the state of its files, as a key for caches."""
    folder = next((p.name for p in tree.parents if p.parent.name == "odoo"), "")
    stamp = (tree / "odoo" / "release.py").read_bytes()
    return f"{folder or tree}-{hashlib.sha256(stamp).hexdigest()[:8]}"


def _checked(folder: Path, attempted: str) -> Path:
    release = folder / "odoo" / "release.py"
    major, minor = ODOO_SERIES.split(".")
    if not release.is_file():
        raise Problem(attempted, f"there is no {release}", _OTHERWISE)
    if not re.search(rf"^version_info = \({major}, {minor},", release.read_text(), re.MULTILINE):
        raise Problem(attempted, f"{release} is not of Odoo {ODOO_SERIES}", _OTHERWISE)
    return folder


def _tree(folder: Path) -> Path:
    return folder / "usr" / "lib" / "python3" / "dist-packages"


def _cached_tree() -> Path | None:
    """The newest complete Odoo in the cache. Nothing is asked of the network."""
    folders = [f for f in (cache_dir() / "odoo").glob(f"*-r{RECIPE}-*") if is_complete(f)]
    newest = max(folders, key=lambda folder: folder.stat().st_mtime, default=None)
    return _tree(newest) if newest else None


def _fetch() -> Path:
    require_debian(_FETCHING, _OTHERWISE)
    with exclusive(cache_dir() / "locks" / "odoo-download.lock", "download of Odoo"):
        found = _cached_tree()
        if found:
            return found
        mirror = archive_mirror(_FETCHING)
        suites = dict.fromkeys(["sid", FONT_AWESOME_SUITE])
        apt = PrivateApt(cache_dir() / "apt-odoo", [(mirror, suite) for suite in suites], _FETCHING)
        with step("reading the list of Debian's packages", apt.folder / "lists"):
            apt.update()
        candidate = apt.candidate("odoo-19")
        if not candidate.startswith(ODOO_SERIES):
            raise Problem(
                _FETCHING, f"Debian sid has odoo-19 {candidate or '(no such package)'}", _OTHERWISE
            )
        with step(f"downloading Odoo {candidate} (about 135 MB)", apt.folder / "debs"):
            font = f"fonts-font-awesome/{FONT_AWESOME_SUITE}"
            for old in (apt.folder / "debs").glob("*.deb"):
                old.unlink()
            archives = apt.download(*PACKAGES, font)
        digest = hashlib.sha256()
        for archive in archives:
            digest.update(hashlib.sha256(archive.read_bytes()).digest())
        name = f"odoo/{candidate.replace(':', '_')}-r{RECIPE}-{digest.hexdigest()[:12]}"
        with step("unpacking Odoo"):
            folder = complete_folder(name, lambda target: _build(apt, archives, target))
        shutil.rmtree(apt.folder)
    return _tree(folder)


def _build(apt: PrivateApt, archives: list[Path], target: Path) -> None:
    apt.unpack(archives, target)
    tree = _checked(_tree(target), _FETCHING)
    broken = {
        path.name
        for path in tree.rglob("*")
        if path.is_symlink() and not path.exists() and path.name not in KNOWN_BROKEN_LINKS
    }
    if broken:
        names = ", ".join(sorted(broken)[:5])
        raise Problem(
            "checking the unpacked Odoo",
            f"files of other Debian packages are missing: {names}",
            f"report this with the release of this machine ({machine_codename()}); {_OTHERWISE}",
        )
    # The byte code is compiled once here: later starts may find the cache read-only or shared.
    subprocess.run(
        [sys.executable, "-m", "compileall", "-q", "-j0", str(tree / "odoo")],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=False,
    )


def _add_segmentation(tree: Path) -> None:
    """Put back the one prebuilt file Debian removes; the demo also works without it."""
    target = tree / SEGMENTATION_FILE
    if target.exists():
        return
    if not shutil.which("npm"):
        say("   npm is not installed: background blur in video calls stays off, browser tests fail")
        return
    with tempfile.TemporaryDirectory(prefix="npm-") as name:
        folder = Path(name)
        try:
            run(
                ["npm", "pack", "--silent", "--pack-destination", folder, SEGMENTATION_PACKAGE],
                attempted=f"fetching {SEGMENTATION_PACKAGE} with npm",
                remedy="check that npm reaches its registry (`npm ping`)",
                env={**os.environ, "npm_config_cache": str(folder / "cache")},
                cwd=folder,
                timeout=300,
            )
            archive = next(folder.glob("*.tgz"))
        except (Problem, StopIteration) as error:
            say(f"   without the file for background blur, browser tests fail ({error})")
            return
        digest = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
        if digest != SEGMENTATION_SHA512:
            raise Problem(
                f"checking {SEGMENTATION_PACKAGE}",
                "what npm delivered does not have the expected checksum",
                "check the registry that npm uses (`npm config get registry`)",
            )
        with tarfile.open(archive) as bundle:
            member = bundle.extractfile(f"package/{target.name}")
            content = member.read() if member else b""
        target.parent.mkdir(parents=True, exist_ok=True)
        half = target.with_suffix(f".{os.getpid()}")
        half.write_bytes(content)
        half.replace(target)
