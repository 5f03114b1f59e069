"""Where deliveries come from. The only package of the connector that touches disk or network."""

from .base import Delivery, Transport, TransportError
from .file_transport import Completion, FileTransport
from .http_transport import HttpRequest, HttpTransport
from .paging import Paging
from .sql_transport import SqlServer, SqlTransport
from .upload_transport import UploadTransport

__all__ = [
    "TRANSPORTS",
    "Completion",
    "Delivery",
    "FileTransport",
    "HttpRequest",
    "HttpTransport",
    "Paging",
    "SqlServer",
    "SqlTransport",
    "Transport",
    "TransportError",
    "UploadTransport",
    "get_transport",
]

TRANSPORTS: dict[str, type[Transport]] = {
    "file": FileTransport,
    "http": HttpTransport,
    "sql": SqlTransport,
}


def get_transport(kind: str) -> type[Transport]:
    """Return the transport class of a kind; ``KeyError`` names the kinds that exist."""
    try:
        return TRANSPORTS[kind]
    except KeyError:
        raise KeyError(
            f"unknown transport {kind!r}; known: {', '.join(sorted(TRANSPORTS))}"
        ) from None
