"""Children that end when we end: on Ctrl-C, on SIGTERM, and even when we are killed."""

import ctypes
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from .console import Problem, tail

_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None, use_errno=True)


class Stopped(BaseException):
    """We were asked to end (Ctrl-C, SIGTERM, closed terminal). Not an error."""


_HANDLED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def _stop(_signum, _frame):
    for number in _HANDLED:  # a second Ctrl-C must not interrupt the cleaning up
        signal.signal(number, signal.SIG_IGN)
    raise Stopped


@contextmanager
def stoppable():
    """Turn SIGINT, SIGTERM and SIGHUP into :class:`Stopped`, so that ``finally`` blocks run."""
    before = {number: signal.signal(number, _stop) for number in _HANDLED}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _die_with_parent(stop_signal: int) -> Callable[[], None]:
    """Code for the child, before exec: the kernel signals it when its parent disappears."""

    def prepare() -> None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, stop_signal, 0, 0, 0)

    return prepare


class Child:
    """A process in a process group of its own.

    :param log: file that its output is appended to; None: our own output
    :param stop_signal: what ends it in good order
    :param account: user to run it as (only root can choose)
    """

    def __init__(
        self,
        title: str,
        command: Sequence[str | Path],
        log: Path | None,
        *,
        env: dict[str, str] | None = None,
        cwd: Path | None = None,
        stop_signal: int = signal.SIGTERM,
        account: str | None = None,
    ):
        self.title = title
        self.log = log
        self.stop_signal = stop_signal
        identity = {"user": account, "group": account, "extra_groups": []} if account else {}
        with ExitStack() as stack:
            stream = None
            if log:
                log.parent.mkdir(parents=True, exist_ok=True)
                stream = stack.enter_context(log.open("ab"))
            self.process = subprocess.Popen(
                [str(part) for part in command],
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=subprocess.STDOUT if log else None,
                env=env,
                cwd=cwd,
                start_new_session=True,
                # It runs after the change of user, which would clear the wish again.
                preexec_fn=_die_with_parent(stop_signal),
                **identity,
            )

    def check(self) -> None:
        """:raises Problem: when the process is no longer there"""
        code = self.process.poll()
        if code is not None:
            raise Problem(
                f"keeping {self.title} running",
                f"it ended with code {code}",
                f"read {self.log}, then start again",
                tail(self.log) if self.log else "",
            )

    def wait_until(self, ready: Callable[[], bool], timeout: float) -> None:
        """Wait until ``ready()``; at most ``timeout`` seconds.

        :raises Problem: when it ends or is not ready in time
        """
        deadline = time.monotonic() + timeout
        while not ready():
            self.check()
            if time.monotonic() > deadline:
                raise Problem(
                    f"starting {self.title}",
                    f"it does not answer after {timeout:.0f} s",
                    f"read {self.log}, then start again",
                    tail(self.log) if self.log else "",
                )
            time.sleep(0.2)

    def stop(self, patience: float = 20) -> None:
        """End the process and its group; kill what is still there after ``patience`` seconds."""
        if self.process.poll() is None:
            self.process.send_signal(self.stop_signal)
            try:
                self.process.wait(patience)
            except subprocess.TimeoutExpired:
                pass  # killed with its group just below
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            pass  # nobody of the group is left
        self.process.wait()


def port_is_free(port: int) -> bool:
    """Whether nobody listens on this port of 127.0.0.1."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def require_port(port: int, variable: str, purpose: str) -> None:
    """:raises Problem: when the port is taken; names the variable that chooses another"""
    if not port_is_free(port):
        raise Problem(
            f"reserving port {port} of 127.0.0.1 for {purpose}",
            "another program listens there",
            f"stop that program, or choose another port: {variable}={port + 100} make …",
        )
