"""What a client gives: variables and arguments, held against their types."""

import json
import re
from datetime import datetime

from .document import EnumWord, Variable
from .errors import QueryError
from .schema import plain

_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


def _is_moment(value):
    text = value[:-1] + "+00:00" if value.endswith("Z") else value
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False


_SCALARS = {
    "Int": lambda value: isinstance(value, int) and -(2**31) <= value < 2**31,
    "Float": lambda value: isinstance(value, (int, float)),
    "String": lambda value: isinstance(value, str),
    "Boolean": lambda value: isinstance(value, bool),
    "ID": lambda value: isinstance(value, (str, int)),
    "UUID": lambda value: isinstance(value, str) and bool(_UUID.fullmatch(value)),
    "DateTime": lambda value: isinstance(value, str) and _is_moment(value),
}


class Values:
    """:param Schema schema: of the types; :param tuple definitions: of the operation's variables
    :param dict given: values of variables; :raises QueryError:"""

    def __init__(self, schema, definitions=(), given=None):
        self.schema = schema
        self._given = {}
        for one in definitions:
            kind = schema.types.get(one.type.base)
            if kind is None or kind.is_composite:
                raise QueryError(f'Unknown type "{one.type.base}".', one.place)
            name = one.name
            if given and name in given:
                try:
                    self._given[name] = self.coerce(given[name], one.type)
                except QueryError as error:
                    text = f'Variable "${name}" got invalid value {json.dumps(given[name])}; '
                    raise QueryError(text + error.message, one.place) from error
            elif one.default:
                self._given[name] = self.coerce(plain(one.default[0]), one.type)
            elif one.type.is_required:
                raise QueryError(
                    f'Variable "${name}" of required type "{one.type}" was not provided.', one.place
                )

    def resolve(self, value):
        """:return: a value of a document with the variables put in"""
        if isinstance(value, Variable):
            return self._given.get(value.name)
        if isinstance(value, list):
            return [self.resolve(one) for one in value]
        if isinstance(value, dict):
            return {
                name: self.resolve(one)
                for name, one in value.items()
                if not (isinstance(one, Variable) and one.name not in self._given)
            }
        return value.name if isinstance(value, EnumWord) else value

    def arguments(self, given, definitions, place):
        """:return dict: arguments of a field, with defaults; :raises QueryError:"""
        found = {}
        for name, one in definitions.items():
            value = given.get(name)
            is_given = name in given and not (
                isinstance(value, Variable) and value.name not in self._given
            )
            if is_given:
                try:
                    found[name] = self.coerce(self.resolve(value), one.type)
                except QueryError as error:
                    text = f'Argument "{name}" has invalid value: {error.message}'
                    raise QueryError(text, place) from error
            elif one.default:
                found[name] = plain(one.default[0])
            elif one.type.is_required:
                raise QueryError(
                    f'Argument "{name}" of type "{one.type}" is required but not provided.', place
                )
        return found

    def coerce(self, value, kind):
        """:return: the value, with defaults of inputs; :raises QueryError: it is of another type"""
        if kind.is_required:
            if value is None:
                raise QueryError(f'Expected non-nullable type "{kind}" not to be null.')
            return self.coerce(value, kind.optional)
        if value is None:
            return None
        if kind.of:
            rows = value if isinstance(value, list) else [value]
            return [self.coerce(one, kind.of) for one in rows]
        base = self.schema.types[kind.name]
        if base.kind == "ENUM":
            if not isinstance(value, str) or value not in base.values:
                shown = json.dumps(value)
                raise QueryError(f'Value {shown} does not exist in "{kind.name}" enum.')
            return value
        if base.kind == "INPUT_OBJECT":
            return self._coerce_input(value, base)
        test = _SCALARS.get(kind.name)
        is_flag = isinstance(value, bool) and kind.name != "Boolean"
        if test and (is_flag or not test(value)):
            raise QueryError(f"{kind.name} cannot represent value: {json.dumps(value)}")
        return value

    def _coerce_input(self, value, base):
        if not isinstance(value, dict):
            raise QueryError(f'Expected type "{base.name}" to be an object.')
        for name in value:
            if name not in base.fields:
                raise QueryError(f'Field "{name}" is not defined by type "{base.name}".')
        found = {}
        for name, one in base.fields.items():
            if name in value:
                found[name] = self.coerce(value[name], one.type)
            elif one.default:
                found[name] = plain(one.default[0])
            elif one.type.is_required:
                raise QueryError(f'Field "{name}" of required type "{one.type}" was not provided.')
        return found
