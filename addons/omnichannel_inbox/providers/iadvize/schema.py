"""What the schema of iAdvize really has, as far as it concerns us: by introspection.

https://spec.graphql.org/October2021/#sec-Introspection
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from odoo.addons.integration_base.exceptions import PayloadError

from . import words

__all__ = ["FORMAT", "Field", "Schema", "Type", "base_of", "introspect", "is_list"]

#: Of what is kept of a schema: one that was kept in another format is read anew.
FORMAT = 1
#: Types asked for in one request, and at all.
_AT_ONCE = 8
_MOST = 200
_NAME = re.compile(r"[_A-Za-z][_0-9A-Za-z]*")
_REF = (
    "kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name } } } }"
)
_TYPE = f"""
fragment T on __Type {{
  kind name
  fields(includeDeprecated: true) {{
    name isDeprecated type {{ {_REF} }}
    args {{ name defaultValue type {{ {_REF} }} }}
  }}
  inputFields {{ name defaultValue type {{ {_REF} }} }}
  possibleTypes {{ name }}
}}
"""


@dataclass(frozen=True)
class Field:
    """A field of a type. Types are texts, as in the schema language: ``[Tag!]!``."""

    type: str
    arguments: Mapping[str, str] = field(default_factory=dict)
    """Types by name; one with a default is not required."""
    is_deprecated: bool = False


@dataclass(frozen=True)
class Type:
    """A type: ``OBJECT``, ``INTERFACE``, ``UNION``, ``INPUT_OBJECT``, ``ENUM`` or ``SCALAR``."""

    name: str
    kind: str
    fields: Mapping[str, Field] = field(default_factory=dict)
    possible: tuple[str, ...] = ()

    @property
    def is_leaf(self) -> bool:
        """Whether it is a plain value."""
        return self.kind in ("SCALAR", "ENUM")

    @property
    def is_abstract(self) -> bool:
        """Whether it stands for several."""
        return self.kind in ("INTERFACE", "UNION")


class Schema:
    """Types by name.

    :param root: name of the type of queries
    """

    def __init__(self, root: str, types: Mapping[str, Type]) -> None:
        self.root = root
        self.types = types

    def type(self, text: str) -> Type:
        """Return the type that is behind lists and exclamation marks; a plain value if it is not
        known."""
        name = base_of(text)
        return self.types.get(name) or Type(name, "SCALAR")

    def dump(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {
            "format": FORMAT,
            "root": self.root,
            "types": {
                name: {
                    "kind": one.kind,
                    "possible": list(one.possible),
                    "fields": {
                        key: [value.type, dict(value.arguments), value.is_deprecated]
                        for key, value in one.fields.items()
                    },
                }
                for name, one in self.types.items()
            },
        }

    @classmethod
    def load(cls, kept: Any) -> "Schema | None":
        """Read what :meth:`dump` gave; ``None`` when it is nothing of the kind."""
        try:
            if kept["format"] != FORMAT:
                return None
            types = {
                name: Type(
                    name,
                    one["kind"],
                    {key: Field(*value) for key, value in one["fields"].items()},
                    tuple(one["possible"]),
                )
                for name, one in kept["types"].items()
            }
            return cls(kept["root"], types)
        except (KeyError, TypeError, AttributeError):
            return None


def base_of(text: str) -> str:
    """Return the name that is within ``[Tag!]!``."""
    return text.strip("[]!")


def is_list(text: str) -> bool:
    """Whether a type is a list."""
    return text.startswith("[")


def introspect(ask: Callable[[str], Mapping[str, Any]]) -> Schema:
    """Read the part of the schema that concerns us, from the root on, level by level.

    :param ask: carries a query out, and returns its data
    :raise PayloadError: iAdvize does not tell its schema
    """
    said = ask("query { __schema { queryType { name } } }")
    try:
        root = _name(said["__schema"]["queryType"]["name"])
    except (KeyError, TypeError) as error:
        raise PayloadError("iAdvize does not tell its schema.") from error
    types: dict[str, Type] = {}
    wanted = [root]
    while wanted and len(types) < _MOST:
        some, wanted = wanted[:_AT_ONCE], wanted[_AT_ONCE:]
        for name, one in _fetch(ask, some).items():
            types[name] = one
            for other in _leads_to(one, is_root=name == root):
                if other not in types and other not in wanted and other not in some:
                    wanted.append(other)
    if root not in types:
        raise PayloadError("iAdvize does not tell its schema.")
    return Schema(root, types)


def _fetch(ask: Callable[[str], Mapping[str, Any]], names: list[str]) -> dict[str, Type]:
    lines = [f't{number}: __type(name: "{name}") {{ ...T }}' for number, name in enumerate(names)]
    said = ask("query {\n" + "\n".join(lines) + "\n}" + _TYPE)
    found = (said.get(f"t{number}") for number in range(len(names)))
    return {one["name"]: _type(one) for one in found if isinstance(one, Mapping)}


def _type(said: Mapping[str, Any]) -> Type:
    try:
        fields = {
            one["name"]: Field(
                _text(one["type"]),
                {argument["name"]: _argument(argument) for argument in one.get("args") or ()},
                bool(one.get("isDeprecated")),
            )
            for one in said.get("fields") or ()
        }
        fields |= {one["name"]: Field(_argument(one)) for one in said.get("inputFields") or ()}
        possible = tuple(_name(one["name"]) for one in said.get("possibleTypes") or ())
        return Type(_name(said["name"]), str(said["kind"]), fields, possible)
    except (KeyError, TypeError) as error:
        raise PayloadError("iAdvize describes its schema in another way than others do.") from error


def _text(reference: Mapping[str, Any]) -> str:
    kind = reference["kind"]
    if kind == "NON_NULL":
        return f"{_text(reference['ofType'])}!"
    if kind == "LIST":
        return f"[{_text(reference['ofType'])}]"
    return _name(reference["name"])


def _name(said: Any) -> str:
    """What is put into queries is a name."""
    if not isinstance(said, str) or not _NAME.fullmatch(said):
        raise PayloadError("iAdvize names a type as no type can be named.")
    return said


def _argument(said: Mapping[str, Any]) -> str:
    text = _text(said["type"])
    # what has a default may be left out
    return text.removesuffix("!") if said.get("defaultValue") is not None else text


def _leads_to(one: Type, is_root: bool) -> Iterator[str]:
    """Names of types that may concern us."""
    yield from one.possible
    for name, value in one.fields.items():
        if one.kind == "INPUT_OBJECT" or name in (_ROOT_NAMES if is_root else _NAMES):
            yield base_of(value.type)
            yield from (base_of(text) for text in value.arguments.values())


def _names_of(wants: tuple[words.Want, ...]) -> Iterator[str]:
    for want in wants:
        yield from want.names
        yield from _names_of(want.inner)


_ROOT_NAMES = frozenset({*words.ROOT, *words.CLOSED, *words.CUSTOM_DATA})
_NAMES = frozenset(
    {
        *_names_of(words.CONVERSATION),
        *_names_of(words.CUSTOM),
        *words.ROWS,
        "node",
        "pageInfo",
    }
)
