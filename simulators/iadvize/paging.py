"""Connections: pages of a list, as GraphQL's cursors have them."""

import base64
import binascii

from .gql.errors import QueryError

#: Rows of the largest page.
MOST = 100


def connection(rows, first=None, last=None, before=None, after=None):
    """:param list rows: all; :param int first: rows wanted, from the front; :param int last: from
    the end; :param str before, after: cursors; :return dict: :raises QueryError:"""
    begin = 0 if after is None else _position(after) + 1
    end = len(rows) if before is None else min(len(rows), _position(before))
    for name, wanted in (("first", first), ("last", last)):
        if wanted is not None and wanted < 0:
            raise QueryError(f'Argument "{name}" must not be negative.')
    if last is not None and first is None:
        start = max(begin, end - min(last, MOST))
        stop = end
    else:
        start, stop = begin, min(end, begin + min(MOST if first is None else first, MOST))
    chosen = rows[start:stop]
    edges = [
        {"cursor": _cursor(index), "node": row} for index, row in enumerate(chosen, start=start)
    ]
    return {
        "edges": edges,
        "totalCount": len(rows),
        "pageInfo": {
            "hasNextPage": stop < len(rows),
            "hasPreviousPage": start > 0,
            "startCursor": edges[0]["cursor"] if edges else None,
            "endCursor": edges[-1]["cursor"] if edges else None,
        },
    }


def _cursor(index):
    return base64.b64encode(f"cursor:{index}".encode()).decode()


def _position(cursor):
    try:
        return int(base64.b64decode(cursor, validate=True).decode().removeprefix("cursor:"))
    except (binascii.Error, ValueError) as error:
        raise QueryError("Invalid cursor.") from error
