"""Speaks to the API that a simulator has for its tests (``/sim/…``)."""

import json
from urllib.request import Request, urlopen

SECONDS = 120


def ask(url, method, path, body=None):
    """Have a simulator do or tell something.

    :param str url: where it listens
    :param str path: from its root on
    :param body: what is sent, as JSON; None: nothing
    :return: what it answers, read as JSON; None when that is empty
    :raises urllib.error.HTTPError: it refuses
    """
    request = Request(
        f"{url}{path}",
        None if body is None else json.dumps(body).encode(),
        {"Content-Type": "application/json"},
        method=method,
    )
    with urlopen(request, timeout=SECONDS) as answer:
        return json.loads(answer.read() or b"null")
