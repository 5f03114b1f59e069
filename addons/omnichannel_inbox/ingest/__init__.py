"""From messages as a channel gives them to conversations, identities and cases, a batch at a time.

Every question put to the database is asked once for a whole batch, and every table is written once.
The steps are methods of `batch.IngestBatch`; what they keep in their hands is in `items`.
"""

from .batch import IngestBatch

__all__ = ["IngestBatch"]
