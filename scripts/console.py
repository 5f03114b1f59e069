"""What the user sees: steps with a clock, and failures that say what to do."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Sequence
from contextlib import contextmanager
from pathlib import Path


class Problem(Exception):
    """A failure the user can act on.

    :param attempted: what was being done
    :param missing: what is missing or wrong
    :param remedy: what to do about it
    :param details: last lines of the failing command, if there are any
    """

    def __init__(self, attempted: str, missing: str, remedy: str, details: str = ""):
        super().__init__(f"{attempted}: {missing}")
        self.attempted = attempted
        self.missing = missing
        self.remedy = remedy
        self.details = details

    def report(self) -> str:
        lines = [
            "",
            f"FAILED      {self.attempted}",
            f"BECAUSE     {self.missing}",
            f"WHAT TO DO  {self.remedy}",
        ]
        if self.details.strip():
            lines += ["", *(f"  | {line}" for line in self.details.strip().splitlines())]
        return "\n".join(lines)


def say(message: str = "") -> None:
    """Print one line at once, whatever the output is connected to."""
    print(message, flush=True)


@contextmanager
def step(title: str, watch: Path | None = None):
    """Show a step, its running time, and while it lasts how far it is.

    :param watch: a log file whose last line, or a folder whose size, shows the progress
    """
    started = time.monotonic()
    tty = sys.stdout.isatty()
    done = threading.Event()

    def tick() -> None:
        pause = 1 if tty else 15
        while not done.wait(pause):
            text = f"   … {title}: {time.monotonic() - started:.0f} s{_progress(watch)}"
            if tty:
                width = os.get_terminal_size().columns if sys.stdout.isatty() else 100
                print(f"\r\033[K{text[: width - 1]}", end="", flush=True)
            else:
                say(text)

    say(f"-> {title}")
    ticker = threading.Thread(target=tick, daemon=True)
    ticker.start()
    try:
        yield
    finally:
        done.set()
        ticker.join()
        if tty:
            print("\r\033[K", end="")
    say(f"   done in {time.monotonic() - started:.0f} s")


def _progress(watch: Path | None) -> str:
    """How far a step is, read from the file or folder it writes to."""
    try:
        if watch is None:
            return ""
        if watch.is_dir():
            size = sum(p.stat().st_size for p in watch.rglob("*") if p.is_file())
            return f" ({size / 1_000_000:.0f} MB)"
        return f" ({tail(watch, 1)[-110:]})"
    except OSError:
        return ""  # the file may not exist yet, or may just have been replaced


def tail(path: Path, lines: int = 20) -> str:
    """Last non-empty lines of a text file; empty when it cannot be read."""
    try:
        with path.open("rb") as stream:
            stream.seek(0, os.SEEK_END)
            stream.seek(max(0, stream.tell() - 20_000))
            text = stream.read().decode(errors="replace")
    except OSError:
        return ""
    return "\n".join([line for line in text.splitlines() if line.strip()][-lines:])


def run(
    command: Sequence[str | Path],
    *,
    attempted: str,
    remedy: str,
    log: Path | None = None,
    env: dict[str, str] | None = None,
    cwd: Path | None = None,
    stdin: str | None = None,
    timeout: float | None = None,
) -> str:
    """Run a command to its end and return what it printed.

    :param log: keep standard output and error in this file too (it is appended to)
    :raises Problem: when the command is missing, fails, or takes longer than ``timeout`` seconds
    """
    argv = [str(part) for part in command]
    try:
        if log:
            log.parent.mkdir(parents=True, exist_ok=True)
            with log.open("ab") as stream:
                mark = stream.tell()
                code = subprocess.run(
                    argv,
                    stdout=stream,
                    stderr=subprocess.STDOUT,
                    env=env,
                    cwd=cwd,
                    input=stdin.encode() if stdin is not None else None,
                    stdin=subprocess.DEVNULL if stdin is None else None,
                    timeout=timeout,
                    check=False,
                ).returncode
            with log.open("rb") as stream:
                stream.seek(mark)
                output = stream.read().decode(errors="replace")
        else:
            result = subprocess.run(
                argv,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                env=env,
                cwd=cwd,
                input=stdin,
                stdin=subprocess.DEVNULL if stdin is None else None,
                text=True,
                errors="replace",
                timeout=timeout,
                check=False,
            )
            code, output = result.returncode, result.stdout
    except FileNotFoundError as error:
        raise Problem(attempted, f"the program {argv[0]} is not installed", remedy) from error
    except subprocess.TimeoutExpired as error:
        raise Problem(attempted, f"no end after {timeout:.0f} s: {argv[0]}", remedy) from error
    if code:
        where = f"; the whole log is {log}" if log else ""
        last = "\n".join(output.splitlines()[-25:])
        raise Problem(
            attempted, f"{Path(argv[0]).name} ended with code {code}{where}", remedy, last
        )
    return output


def table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A plain text table: first column to the left, the others to the right."""
    cells = [list(header), *([str(value) for value in row] for row in rows)]
    widths = [max(len(row[i]) for row in cells) for i in range(len(header))]

    def line(row: Sequence[str]) -> str:
        return "  ".join(
            text.ljust(width) if i == 0 else text.rjust(width)
            for i, (text, width) in enumerate(zip(row, widths, strict=True))
        )

    rule = "  ".join("-" * width for width in widths)
    return "\n".join([line(cells[0]), rule, *(line(row) for row in cells[1:])])
