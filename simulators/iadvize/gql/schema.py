"""Types of a GraphQL server, read from the schema language."""

from dataclasses import dataclass, field

from .document import Definition, EnumWord, TypeRef, read_type, read_value
from .errors import QueryError
from .lexer import Reader

SCALARS = {
    "ID": "An identifier.",
    "String": "Text.",
    "Int": "A whole number of 32 bits.",
    "Float": "A number.",
    "Boolean": "`true` or `false`.",
}


@dataclass
class Field:
    """Of an object or an interface."""

    name: str
    type: TypeRef
    arguments: dict = field(default_factory=dict)
    description: str = ""
    deprecated: str = ""


@dataclass
class Type:
    """``kind`` as introspection names it. ``fields`` are Field, or Definition of inputs;
    ``members`` the names of the objects of a union or an interface; ``values`` those of an enum,
    each with its description and why it is deprecated."""

    kind: str
    name: str
    description: str = ""
    fields: dict = field(default_factory=dict)
    interfaces: tuple = ()
    members: list = field(default_factory=list)
    values: dict = field(default_factory=dict)

    @property
    def is_leaf(self):
        return self.kind in ("SCALAR", "ENUM")

    @property
    def is_abstract(self):
        return self.kind in ("INTERFACE", "UNION")

    @property
    def is_composite(self):
        return self.kind in ("OBJECT", "INTERFACE", "UNION")


class Schema:
    """:param str text: in the schema language: types, interfaces, unions, enums, inputs, scalars,
    with descriptions and ``@deprecated``; later ``extend type`` adds fields
    :raises QueryError: it cannot be read"""

    def __init__(self, text):
        self.types = {name: Type("SCALAR", name, about) for name, about in SCALARS.items()}
        self._reader = Reader(text)
        while self._reader.token.kind != "end":
            self._definition()
        self._check()

    def root(self, kind):
        """:param str kind: of an operation; :return Type: or None"""
        return self.types.get(kind.capitalize())

    def possible(self, name):
        """:return set: names of the objects that a composite type may be"""
        kind = self.types[name]
        return set(kind.members) if kind.is_abstract else {name}

    # -- reading -------------------------------------------------------------------------------
    def _definition(self):
        reader = self._reader
        about = self._description()
        if reader.skip("extend"):
            reader.take("type")
            self.types[reader.name()].fields.update(self._fields())
            return
        word = reader.name()
        name = reader.name()
        if word == "type":
            self.types[name] = Type(
                "OBJECT", name, about, interfaces=self._interfaces(), fields=self._fields()
            )
        elif word == "interface":
            self.types[name] = Type("INTERFACE", name, about, self._fields())
        elif word == "union":
            self.types[name] = Type("UNION", name, about, members=self._members())
        elif word == "enum":
            values = dict(reader.several("{", self._value, "}"))
            self.types[name] = Type("ENUM", name, about, values=values)
        elif word == "input":
            inputs = {one.name: one for one in reader.several("{", self._input, "}")}
            self.types[name] = Type("INPUT_OBJECT", name, about, inputs)
        elif word == "scalar":
            self.types[name] = Type("SCALAR", name, about)
        else:
            raise reader.unexpected()

    def _description(self):
        if self._reader.token.kind == "string":
            return self._reader.take_kind("string")
        return ""

    def _interfaces(self):
        found = []
        if self._reader.skip("implements"):
            self._reader.skip("&")
            found.append(self._reader.name())
            while self._reader.skip("&"):
                found.append(self._reader.name())
        return tuple(found)

    def _members(self):
        self._reader.take("=")
        self._reader.skip("|")
        found = [self._reader.name()]
        while self._reader.skip("|"):
            found.append(self._reader.name())
        return found

    def _fields(self):
        return {one.name: one for one in self._reader.several("{", self._field, "}")}

    def _field(self):
        about = self._description()
        name = self._reader.name()
        arguments = {one.name: one for one in self._reader.optionally("(", self._input, ")")}
        self._reader.take(":")
        return Field(name, read_type(self._reader), arguments, about, self._deprecated())

    def _input(self):
        self._description()
        name = self._reader.name()
        self._reader.take(":")
        kind = read_type(self._reader)
        default = (read_value(self._reader, True),) if self._reader.skip("=") else ()
        return Definition(name, kind, default)

    def _value(self):
        about = self._description()
        return self._reader.name(), (about, self._deprecated())

    def _deprecated(self):
        if not self._reader.skip("@"):
            return ""
        self._reader.take("deprecated")
        given = self._reader.optionally("(", self._reason, ")")
        return given[0] if given else "No longer supported"

    def _reason(self):
        self._reader.take("reason")
        self._reader.take(":")
        return self._reader.take_kind("string")

    def _check(self):
        """Fills the members of interfaces. :raises QueryError: a type is named but not defined"""
        for one in self.types.values():
            for interface in one.interfaces:
                self.types[interface].members.append(one.name)
        for one in self.types.values():
            if one.is_leaf or one.kind == "UNION":
                continue
            for member in one.fields.values():
                arguments = getattr(member, "arguments", {}).values()
                for kind in (member.type, *(argument.type for argument in arguments)):
                    if kind.base not in self.types:
                        raise QueryError(f'Unknown type "{kind.base}".')


def plain(value):
    """:return: a constant of a document as JSON would say it"""
    if isinstance(value, EnumWord):
        return value.name
    if isinstance(value, list):
        return [plain(one) for one in value]
    if isinstance(value, dict):
        return {name: plain(one) for name, one in value.items()}
    return value
