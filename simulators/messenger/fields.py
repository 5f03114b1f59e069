"""``fields`` of the Graph API: ``id,messages.limit(5){id,from}``."""

import re

from .errors import bad_parameter

_TOKEN = re.compile(r"\s*([\w-]+|[.,(){}])")


def parse(text):
    """:return dict: by name of the field: its options (of str), and the fields in it
    :raises MetaError: it cannot be read"""
    tokens = _TOKEN.findall(text)
    if "".join(tokens) != re.sub(r"\s", "", text):
        raise bad_parameter("Syntax error in the fields")
    found, left = _read(tokens)
    if left:
        raise bad_parameter(f"Syntax error in the fields: '{left[0]}'")
    return found


def _read(tokens):
    found = {}
    while tokens and tokens[0] != "}":
        name, tokens = tokens[0], tokens[1:]
        if not re.fullmatch(r"[\w-]+", name):
            raise bad_parameter(f"Syntax error in the fields: '{name}'")
        options, inner = {}, {}
        while tokens[:1] == ["."]:
            if len(tokens) < 5 or tokens[2] != "(" or tokens[4] != ")":
                raise bad_parameter("Syntax error in the fields: an option")
            options[tokens[1]] = tokens[3]
            tokens = tokens[5:]
        if tokens[:1] == ["{"]:
            inner, tokens = _read(tokens[1:])
            if tokens[:1] != ["}"]:
                raise bad_parameter("Syntax error in the fields: '}' is missing")
            tokens = tokens[1:]
        found[name] = (options, inner)
        if tokens[:1] == [","]:
            tokens = tokens[1:]
        elif tokens and tokens[0] != "}":
            raise bad_parameter(f"Syntax error in the fields: '{tokens[0]}'")
    return found, tokens


def write(fields):
    """The inverse of :func:`parse`. :return str:"""
    return ",".join(
        name
        + "".join(f".{option}({value})" for option, value in options.items())
        + (f"{{{write(inner)}}}" if inner else "")
        for name, (options, inner) in fields.items()
    )
