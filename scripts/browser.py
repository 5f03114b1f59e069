"""A headless Chromium for browser tests: installed, else by apt (root), else in the cache."""

import os
import shutil
from pathlib import Path

from .cache import complete_folder, is_complete
from .console import Problem, run, step
from .debian import PrivateApt, library_path, own_suites, require_debian
from .settings import cache_dir

#: The names under which Odoo's test runner looks for a browser.
NAMES = ("google-chrome", "chromium", "chromium-browser", "google-chrome-stable")
_ATTEMPTED = "finding a browser for the tests"
_REMEDY = "install one (apt-get install chromium), then run the same command again"


def search_path() -> str:
    """Value for ``PATH`` on which Odoo's test runner finds a browser."""
    path = os.environ.get("PATH", os.defpath)
    if any(shutil.which(name) for name in NAMES):
        return path
    cached = _cached()
    if not cached:
        require_debian(_ATTEMPTED, _REMEDY)
        if os.geteuid() == 0:
            _install_as_root()
            return path
        cached = _unpack()
    return f"{cached / 'launcher'}{os.pathsep}{path}"


def _install_as_root() -> None:
    log = cache_dir() / "chromium-install.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    with step("installing Chromium for the browser tests (apt-get, as root)", log):
        for arguments in (["update"], ["install", "--yes", "--no-install-recommends", "chromium"]):
            command = ["apt-get", "-q", *arguments]
            run(command, attempted=_ATTEMPTED, remedy=_REMEDY, log=log, env=env)


def _cached() -> Path | None:
    folders = [f for f in (cache_dir() / "chromium").glob("*") if is_complete(f)]
    return max(folders, key=lambda folder: folder.stat().st_mtime, default=None)


def _unpack() -> Path:
    apt = PrivateApt(cache_dir() / "apt-chromium", own_suites(_ATTEMPTED), _ATTEMPTED)
    with step("downloading Chromium for the browser tests", apt.folder):
        apt.update()
        archives = apt.download_missing("chromium", "fonts-dejavu-core", "fontconfig-config")
        name = f"chromium/{apt.candidate('chromium').replace(':', '_')}"

        def build(target: Path) -> None:
            apt.unpack(archives, target)
            _write_launcher(target)

        folder = complete_folder(name, build)
    shutil.rmtree(apt.folder)
    return folder


def _write_launcher(folder: Path) -> None:
    """The package's own start script looks below /usr; ours tells the loader where things lie."""
    program = folder / "usr" / "lib" / "chromium" / "chromium"
    if not program.is_file():
        raise Problem(_ATTEMPTED, "Debian's package does not contain it", _REMEDY)
    fonts = folder / "fonts.conf"
    fonts.write_text(
        '<?xml version="1.0"?>\n<!DOCTYPE fontconfig SYSTEM "fonts.dtd">\n<fontconfig>\n'
        f"  <dir>{folder / 'usr' / 'share' / 'fonts'}</dir>\n  <dir>/usr/share/fonts</dir>\n"
        '  <cachedir prefix="xdg">fontconfig</cachedir>\n</fontconfig>\n'
    )
    launcher = folder / "launcher" / "chromium"
    launcher.parent.mkdir()
    launcher.write_text(
        "#!/bin/sh\n"
        f'export LD_LIBRARY_PATH="{library_path(folder)}"\n'
        f'export FONTCONFIG_FILE="{fonts}"\n'
        f'exec "{program}" "$@"\n'
    )
    launcher.chmod(0o755)
