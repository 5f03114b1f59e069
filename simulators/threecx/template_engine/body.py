"""The body of a request, built from ``PostValues`` or from ``Message``."""

import json
from urllib.parse import urlencode

from .errors import ExpressionError

__all__ = ["body_of", "headers_of", "query_of"]

CONTENT_TYPES = {"Json": "application/json", "UrlEncoded": "application/x-www-form-urlencoded"}


def body_of(request, scope, bare_scope):
    """:param scope: of the variables. :param bare_scope: the same one, for ``PostValues``.
    :return: bytes and their content type; None and an empty text when there is no body."""
    content_type = request.content_type or CONTENT_TYPES[request.encoding]
    if request.message:
        return request.message.render(scope, request.message_passes).encode(), content_type
    if not request.body:
        return None, ""
    if request.encoding == "Json":
        return json.dumps(_content(request.body, bare_scope)).encode(), content_type
    pairs = [(value.key, _typed(value, bare_scope)) for value in _wanted(request.body, bare_scope)]
    return urlencode(pairs).encode(), content_type


def headers_of(request, scope):
    """:raise ExpressionError: a value would be two headers."""
    headers = {}
    for value in request.headers:
        if value.wanted(scope):
            text = value.expression.render(scope, value.passes).strip()
            if not text.isprintable():
                raise ExpressionError(f"header {value.key}: New-line or control characters")
            headers[value.key] = text
    return headers


def query_of(request, scope):
    pairs = [
        (value.key, value.expression.render(scope, value.passes))
        for value in request.query
        if value.wanted(scope)
    ]
    return urlencode(pairs)


def _wanted(posted, scope):
    return [child for child in posted.children if child.wanted(scope)]


def _content(posted, scope):
    children = _wanted(posted, scope)
    if posted.kind == "Array":
        return [_value(child, scope) for child in children]
    if len(children) == 1 and children[0].kind != "Value" and not children[0].key:
        return _content(children[0], scope)  # the whole body, wrapped once more
    return {child.key: _value(child, scope) for child in children}


def _value(posted, scope):
    return _typed(posted, scope) if posted.kind == "Value" else _content(posted, scope)


def _typed(posted, scope):
    text = posted.expression.render(scope, posted.passes)
    try:
        if posted.type == "Integer":
            return int(text)
        if posted.type == "Double":
            return float(text)
        if posted.type == "Boolean":
            return {"true": True, "false": False}[text.strip().lower()]
    except (ValueError, KeyError):
        raise ExpressionError(f'"{posted.key}": "{text}" is no {posted.type}') from None
    return text
