"""Peak resident memory of this process, as the kernel counts it (Linux)."""

from pathlib import Path

_PROC = Path("/proc/self")


def reset_peak() -> None:
    """Let the peak start afresh from what is resident now."""
    (_PROC / "clear_refs").write_text("5")


def peak_mb() -> float:
    """Return the peak since :func:`reset_peak`, in MB."""
    for line in (_PROC / "status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    raise OSError("the kernel does not tell the peak memory of a process")
