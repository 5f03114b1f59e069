"""What may stand in a document of a stranger where something else is expected. Pure."""

import copy
import json
from collections.abc import Iterator

__all__ = ["JUNK", "MARK", "nested", "places", "put", "without"]


def nested(depth: int, is_list: bool = True) -> str:
    """JSON within JSON."""
    return "[" * depth + "]" * depth if is_list else '{"a":' * depth + "1" + "}" * depth


#: What may stand where something else is expected; as JSON, for not all of it survives Python.
JUNK = (
    "null", "true", "false", "0", "-1", "1.5", "-0.0", "1e999", "-1e999", "NaN", "Infinity",
    "-Infinity", "253402300800000", "9" * 400, '""', '"\\u0000"', '"a\\u0000b"', '"\\ud800"',
    '"\\udfff\\ud83d"', '"\\u202e"', '"0001-01-01T00:00:00+14:00"', '"9999-12-31T23:59:59-14:00"',
    '"2026-13-45T99:99:99Z"', '"http://[::1"', '"javascript:alert(1)"', json.dumps("é" * 5000),
    "[]", "{}", "[[]]", "[{}]", "[null]", '["a", 1, null, {"b": []}]', '{"id": {}}', '{"id": []}',
    '{"id": "\\ud800"}', '{"": 1}', '{"a": 1, "a": 2}', nested(30), nested(400), nested(900),
    nested(300, is_list=False), nested(20_000),
)  # fmt: skip


def places(value, path=()) -> Iterator[tuple]:
    """All places of a document, as paths."""
    yield path
    children = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    for key, one in children:
        yield from places(one, (*path, key))


#: Stands for what is put in its place, which need not be anything that Python would write.
MARK = "@@here@@"


def put(sample, path, text: str) -> bytes:
    """A sample with something else in a place, as it is sent."""
    if not path:
        return text.encode()
    document = copy.deepcopy(sample)
    end = document
    for key in path[:-1]:
        end = end[key]
    end[path[-1]] = MARK
    return json.dumps(document).replace(json.dumps(MARK), text).encode()


def without(sample, path) -> bytes:
    """A sample without a place, as it is sent."""
    document = copy.deepcopy(sample)
    end = document
    for key in path[:-1]:
        end = end[key]
    del end[path[-1]]
    return json.dumps(document).encode()
