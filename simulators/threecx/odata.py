"""The part of OData that readers of the XAPI use: to filter, choose, order, page and count."""

import re

LARGEST_PAGE = 100
_COMPARISON = re.compile(r"(\w+)\s+(eq|ne|gt|ge|lt|le)\s+('(?:[^']|'')*'|[^\s]+)")
_FUNCTION = re.compile(r"(contains|startswith)\((?:tolower\()?(\w+)\)?,\s*'((?:[^']|'')*)'\)")
_OPERATIONS = {
    "eq": lambda left, right: left == right,
    "ne": lambda left, right: left != right,
    "gt": lambda left, right: left is not None and left > right,
    "ge": lambda left, right: left is not None and left >= right,
    "lt": lambda left, right: left is not None and left < right,
    "le": lambda left, right: left is not None and left <= right,
}
_WORDS = {"true": True, "false": False, "null": None}


class ODataError(Exception):
    """:param int status: HTTP; :param str message: told to the client"""

    def __init__(self, status, message, target=None):
        super().__init__(message)
        self.status = status
        self.target = target

    def to_json(self):
        # Pbx.ODataErrors of xapi-tutorial, swagger.yaml
        main = {"code": "", "message": str(self)}
        if self.target:
            main["details"] = [{"code": "", "message": str(self), "target": self.target}]
        return {"error": main}


def answer(rows, query, context):
    """:param list rows: of dict, all there are
    :param query: mapping of the request's options
    :param str context: name of the set, for ``@odata.context``
    :return dict: with ``value``
    :raises ODataError: 400 for what cannot be understood"""
    names = set(rows[0]) if rows else None
    if query.get("$filter"):
        rows = [row for row in rows if _matches(row, query["$filter"])]
    if query.get("$orderby"):
        rows = _ordered(rows, query["$orderby"], names)
    result = {"@odata.context": f"$metadata#{context}"}
    if query.get("$count") == "true":
        result["@odata.count"] = len(rows)
    start = _whole(query, "$skip", 0)
    rows = rows[start : start + min(_whole(query, "$top", LARGEST_PAGE), LARGEST_PAGE)]
    if query.get("$select"):
        chosen = [name.strip() for name in query["$select"].split(",")]
        for name in chosen:
            _check(name, names)
        rows = [{name: row[name] for name in chosen} for row in rows]
    result["value"] = rows
    return result


def _check(name, names):
    if names is not None and name not in names:
        raise ODataError(400, f"Could not find a property named '{name}'", name)


def _whole(query, name, usual):
    text = query.get(name, str(usual))
    if not text.isdigit():
        raise ODataError(400, f"Invalid value '{text}' for {name} query option found.", name)
    return int(text)


def _ordered(rows, text, names):
    for part in reversed(text.split(",")):
        name, _blank, direction = part.strip().partition(" ")
        _check(name, names)
        rows = sorted(
            rows,
            key=lambda row, name=name: (row[name] is not None, row[name] or 0),
            reverse=direction.strip() == "desc",
        )
    return rows


def _matches(row, text):
    """Comparisons joined by ``and``; no parentheses."""
    return all(_holds(row, part.strip()) for part in re.split(r"\s+and\s+", text))


def _holds(row, part):
    found = _COMPARISON.fullmatch(part)
    if found:
        name, operation, literal = found.groups()
        _check(name, set(row))
        try:
            return _OPERATIONS[operation](row[name], _literal(literal))
        except TypeError as error:
            raise ODataError(400, f"A binary operator with incompatible types: {part}") from error
    found = _FUNCTION.fullmatch(part)
    if not found:
        raise ODataError(400, f"Syntax error in '{part}'", "$filter")
    function, name, wanted = found.groups()
    _check(name, set(row))
    value = str(row[name] or "").lower()
    wanted = wanted.replace("''", "'").lower()
    return wanted in value if function == "contains" else value.startswith(wanted)


def _literal(text):
    if text.startswith("'"):
        return text[1:-1].replace("''", "'")
    if text in _WORDS:
        return _WORDS[text]
    if re.fullmatch(r"-?\d+", text):
        return int(text)
    if re.match(r"\d{4}-\d\d-\d\dT", text):
        # As rows write moments, so that text compares as time does.
        base = text.removesuffix("Z")
        return f"{base if '.' in base else base + '.000'}Z"
    raise ODataError(400, f"Unrecognised literal '{text}'", "$filter")
