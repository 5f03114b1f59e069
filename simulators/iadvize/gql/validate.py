"""Whether a query may be asked at all: before anything of it is carried out."""

from .document import Variable
from .errors import QueryError
from .introspection import META_FIELDS, TYPENAME
from .schema import plain
from .values import Values

_DIRECTIVES = ("include", "skip")


class Validator:
    """:param Schema schema: that is asked; :param Document document: by what"""

    def __init__(self, schema, document):
        self.schema = schema
        self.document = document
        self.errors = []
        self._types = Values(schema)

    def run(self, operation):
        """:return list: of QueryError: all that is wrong with it"""
        root = self.schema.root(operation.kind)
        if root is None:
            return [QueryError(f"Schema is not configured for {operation.kind} operations.")]
        self._variables = {one.name for one in operation.variables}
        self._used = set()
        self._selections(operation.selections, root, ())
        for one in operation.variables:
            if one.name not in self._used:
                self._wrong(f'Variable "${one.name}" is never used.', one.place)
        return self.errors

    def _wrong(self, text, place):
        self.errors.append(QueryError(text, place))

    def _selections(self, selections, kind, fragments):
        for one in selections:
            for name, given in one.directives.items():
                if name not in _DIRECTIVES:
                    self._wrong(f'Unknown directive "@{name}".', one.place)
                self._values(given, one.place)
            if one.name:
                self._field(one, kind, fragments)
            elif one.spread:
                self._spread(one, kind, fragments)
            else:
                inner = self._condition(one.on or kind.name, kind, one.place)
                if inner:
                    self._selections(one.selections, inner, fragments)

    def _spread(self, one, kind, fragments):
        fragment = self.document.fragments.get(one.spread)
        if fragment is None:
            self._wrong(f'Unknown fragment "{one.spread}".', one.place)
        elif one.spread in fragments:
            self._wrong(f'Cannot spread fragment "{one.spread}" within itself.', one.place)
        else:
            inner = self._condition(fragment.on, kind, one.place)
            if inner:
                self._selections(fragment.selections, inner, (*fragments, one.spread))

    def _condition(self, name, kind, place):
        inner = self.schema.types.get(name)
        if inner is None:
            self._wrong(f'Unknown type "{name}".', place)
        elif not inner.is_composite:
            self._wrong(f'Fragment cannot condition on non composite type "{name}".', place)
        elif not self.schema.possible(name) & self.schema.possible(kind.name):
            text = f'Fragment cannot be spread here as objects of type "{kind.name}" can never be '
            self._wrong(f'{text}of type "{name}".', place)
        else:
            return inner
        return None

    def _field(self, one, kind, fragments):
        if one.name == "__typename":
            field = TYPENAME
        elif kind is self.schema.root("query") and one.name in META_FIELDS:
            field = META_FIELDS[one.name]
        else:
            field = None if kind.kind == "UNION" else kind.fields.get(one.name)
        if field is None:
            self._wrong(f'Cannot query field "{one.name}" on type "{kind.name}".', one.place)
            return
        for name in one.arguments:
            if name not in field.arguments:
                self._wrong(
                    f'Unknown argument "{name}" on field "{kind.name}.{one.name}".', one.place
                )
        for name, wanted in field.arguments.items():
            if wanted.type.is_required and not wanted.default and name not in one.arguments:
                text = f'Field "{one.name}" argument "{name}" of type "{wanted.type}" is required, '
                self._wrong(f"{text}but it was not provided.", one.place)
        self._values(one.arguments, one.place)
        self._constants(one, field)
        self._inside(one, field, fragments)

    def _constants(self, one, field):
        """Arguments without variables are of their type."""
        for name, wanted in field.arguments.items():
            value = one.arguments.get(name)
            if name in one.arguments and not _has_variable(value):
                try:
                    self._types.coerce(plain(value), wanted.type)
                except QueryError as error:
                    self._wrong(f'Argument "{name}" has invalid value: {error.message}', one.place)

    def _inside(self, one, field, fragments):
        inner = self.schema.types[field.type.base]
        if inner.is_leaf and one.selections:
            text = f'Field "{one.name}" must not have a selection since type "{field.type}" has '
            self._wrong(f"{text}no subfields.", one.place)
        elif not inner.is_leaf and not one.selections:
            text = f'Field "{one.name}" of type "{field.type}" must have a selection of subfields.'
            self._wrong(text, one.place)
        else:
            self._selections(one.selections, inner, fragments)

    def _values(self, value, place):
        if isinstance(value, Variable):
            self._used.add(value.name)
            if value.name not in self._variables:
                self._wrong(f'Variable "${value.name}" is not defined.', place)
        elif isinstance(value, (list, dict)):
            for one in value.values() if isinstance(value, dict) else value:
                self._values(one, place)


def _has_variable(value):
    if isinstance(value, (list, dict)):
        return any(map(_has_variable, value.values() if isinstance(value, dict) else value))
    return isinstance(value, Variable)
