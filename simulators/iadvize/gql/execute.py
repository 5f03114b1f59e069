"""Carries queries out."""

from .document import Document
from .errors import QueryError
from .introspection import META_FIELDS, SDL, Introspection
from .schema import Schema
from .validate import Validator
from .values import Values


class _Null(Exception):
    """Something that is never null would be: the nearest thing that may be null is."""


class Server:
    """:param str text: the types, in the schema language
    :param resolvers: object whose methods ``query_<field>`` and ``mutation_<field>`` answer the
        fields of the roots, with the arguments as keywords. Answers are dicts; a function in them
        is called with the arguments of its field; ``__typename`` tells what an abstract one is."""

    def __init__(self, text, resolvers):
        self.schema = Schema(text + SDL)
        self._resolvers = resolvers
        self._introspection = Introspection(self.schema)

    def run(self, text, variables=None, operation=None):
        """:param str text: of the query; :param dict variables: of it
        :param str operation: its name, when there are several
        :return tuple: dict with ``data`` or ``errors``, and whether the query was carried out"""
        try:
            document = Document(text)
            chosen = document.operation(operation)
            wrong = Validator(self.schema, document).run(chosen)
            if wrong:
                return {"errors": [error.to_json() for error in wrong]}, False
            values = Values(self.schema, chosen.variables, variables)
        except QueryError as error:
            return {"errors": [error.to_json()]}, False
        return _Execution(self, document, values).run(chosen), True

    def root_value(self, kind, name, arguments):
        """:return: value of a field of a root; :raises QueryError:"""
        if name in META_FIELDS:
            return self._introspection.resolve(name, arguments)
        return getattr(self._resolvers, f"{kind}_{name}")(**arguments)


class _Execution:
    """One operation being carried out."""

    def __init__(self, server, document, values):
        self.server, self.schema = server, server.schema
        self.document, self.values = document, values
        self.errors = []

    def run(self, operation):
        root = self.schema.root(operation.kind)
        try:
            data = self._object(operation.selections, root, operation.kind, [])
        except _Null:
            data = None
        content = {"data": data}
        if self.errors:
            content["errors"] = [error.to_json() for error in self.errors]
        return content

    def _object(self, selections, kind, value, path):
        grouped = {}
        self._collect(selections, kind, grouped)
        found = {}
        for alias, fields in grouped.items():
            found[alias] = self._field(fields, kind, value, [*path, alias])
        return found

    def _collect(self, selections, kind, grouped):
        for one in selections:
            if not self._is_wanted(one):
                continue
            if one.name:
                grouped.setdefault(one.alias, []).append(one)
                continue
            fragment = self.document.fragments[one.spread] if one.spread else one
            if not fragment.on or kind.name in self.schema.possible(fragment.on):
                self._collect(fragment.selections, kind, grouped)

    def _is_wanted(self, one):
        include, skip = one.directives.get("include"), one.directives.get("skip")
        if include and not self.values.resolve(include.get("if", True)):
            return False
        return not (skip and self.values.resolve(skip.get("if", False)))

    def _field(self, fields, kind, value, path):
        first = fields[0]
        if first.name == "__typename":
            return kind.name
        field = META_FIELDS.get(first.name) or kind.fields[first.name]
        try:
            arguments = self.values.arguments(first.arguments, field.arguments, first.place)
            if isinstance(value, str):
                found = self.server.root_value(value, first.name, arguments)
            else:
                found = value.get(first.name)
                if callable(found):
                    found = found(**arguments)
        except QueryError as error:
            error.path, error.place = path, error.place or first.place
            self.errors.append(error)
            if field.type.is_required:
                raise _Null() from None
            return None
        selections = [inner for one in fields for inner in one.selections]
        return self._complete(found, field.type, selections, path, first.place)

    def _complete(self, value, kind, selections, path, place):
        if kind.is_required:
            found = self._complete(value, kind.optional, selections, path, place)
            if found is None:
                if value is None:
                    text = f"Cannot return null for non-nullable type {kind.optional}."
                    self.errors.append(QueryError(text, place, path))
                raise _Null()
            return found
        if value is None:
            return None
        try:
            if kind.of:
                return [
                    self._complete(one, kind.of, selections, [*path, index], place)
                    for index, one in enumerate(value)
                ]
            base = self.schema.types[kind.name]
            if base.is_leaf:
                return value
            if base.is_abstract:
                base = self.schema.types[value["__typename"]]
            return self._object(selections, base, value, path)
        except _Null:
            return None
