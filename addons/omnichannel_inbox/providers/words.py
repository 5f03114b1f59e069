"""Words of other systems, put into our own sentences. Pure."""

__all__ = ["sentence"]


def sentence(text: str, limit: int) -> str:
    """Return what somebody says in one line that something may follow: it ends where it ends.

    :param text: as it came
    :param limit: characters kept of it
    """
    words = " ".join(text.split())[:limit]
    return words if not words or words[-1] in ".!?…" else f"{words}."
