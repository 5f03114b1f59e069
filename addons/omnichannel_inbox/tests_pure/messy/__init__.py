"""Two hundred messy mails, built by code: the same bytes every time, nothing of anybody's mail.

Each belongs to a class of faults that public reports about mail programs describe
(:data:`~.sources.SOURCES`); the texts are our own. Beside each stands what has to come out of it.
"""

from .corpus import build

__all__ = ["build"]
