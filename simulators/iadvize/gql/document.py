"""Queries, taken apart."""

from dataclasses import dataclass, field

from .errors import QueryError
from .lexer import Reader


@dataclass(frozen=True)
class Variable:
    """``$name`` where a value is wanted."""

    name: str


@dataclass(frozen=True)
class EnumWord:
    """A word without quotation marks where a value is wanted."""

    name: str


@dataclass(frozen=True)
class TypeRef:
    """A type as written: a name, a list (``of``), or either that is never null."""

    name: str = ""
    of: object = None
    is_required: bool = False

    def __str__(self):
        text = f"[{self.of}]" if self.of else self.name
        return f"{text}!" if self.is_required else text

    @property
    def base(self):
        """:return str: name of the innermost type"""
        return self.of.base if self.of else self.name

    @property
    def optional(self):
        """:return TypeRef: the same, which may be null"""
        return TypeRef(self.name, self.of, False)


@dataclass(frozen=True)
class Definition:
    """Of a variable, an argument or a field of an input; ``default`` is a list of one, or empty."""

    name: str
    type: TypeRef
    default: tuple = ()
    place: tuple = None


@dataclass(frozen=True)
class Selection:
    """A field (``name``), a fragment spread (``spread``), or an inline fragment."""

    place: tuple
    name: str = ""
    alias: str = ""
    arguments: dict = field(default_factory=dict)
    directives: dict = field(default_factory=dict)
    spread: str = ""
    on: str = ""
    selections: tuple = ()


@dataclass(frozen=True)
class Operation:
    """``kind`` is query or mutation."""

    kind: str
    name: str
    variables: tuple
    selections: tuple
    place: tuple


@dataclass(frozen=True)
class Fragment:
    """A named one, of a type (``on``)."""

    name: str
    on: str
    selections: tuple
    place: tuple


def read_type(reader):
    """:return TypeRef: read from a Reader; :raises QueryError:"""
    if reader.skip("["):
        inner = read_type(reader)
        reader.take("]")
        found = TypeRef(of=inner)
    else:
        found = TypeRef(reader.name())
    return TypeRef(found.name, found.of, True) if reader.skip("!") else found


def read_value(reader, is_constant=False):
    """:return: a value: Variable, EnumWord, or of Python; :raises QueryError:"""
    token = reader.token
    if not is_constant and reader.skip("$"):
        return Variable(reader.name())
    if token.kind in ("int", "float", "string"):
        return reader.take_kind(token.kind)
    if token.kind == "name":
        word = reader.name()
        known = {"true": True, "false": False, "null": None}
        return known[word] if word in known else EnumWord(word)
    if reader.sees("["):
        return reader.several("[", lambda: read_value(reader, is_constant), "]", 0)
    if reader.sees("{"):
        return dict(reader.several("{", lambda: _pair(reader, is_constant), "}", 0))
    raise reader.unexpected()


def _pair(reader, is_constant=False):
    name = reader.name()
    reader.take(":")
    return name, read_value(reader, is_constant)


class Document:
    """:param str text: of a query; :raises QueryError: it is none"""

    def __init__(self, text):
        self._reader = Reader(text)
        self.operations, self.fragments = [], {}
        while self._reader.token.kind != "end":
            self._definition()
        if not self.operations:
            raise QueryError("Syntax Error: Unexpected <EOF>.", self._reader.token.place)

    def operation(self, name=None):
        """:return Operation: the one to carry out; :raises QueryError:"""
        if name:
            for operation in self.operations:
                if operation.name == name:
                    return operation
            raise QueryError(f'Unknown operation named "{name}".')
        if len(self.operations) > 1:
            raise QueryError("Must provide operation name if query contains multiple operations.")
        return self.operations[0]

    def _definition(self):
        reader = self._reader
        place = reader.token.place
        if reader.sees("{"):
            self.operations.append(Operation("query", "", (), self._selections(), place))
        elif reader.skip("fragment"):
            name = reader.name()
            reader.take("on")
            on = reader.name()
            self._directives()
            self.fragments[name] = Fragment(name, on, self._selections(), place)
        elif reader.sees("query", "mutation", "subscription"):
            kind = reader.name()
            name = reader.name() if reader.token.kind == "name" else ""
            variables = tuple(reader.optionally("(", self._variable, ")"))
            self._directives()
            operation = Operation(kind, name, variables, self._selections(), place)
            self.operations.append(operation)
        else:
            raise reader.unexpected("Unexpected Name ")

    def _variable(self):
        reader = self._reader
        place = reader.token.place
        reader.take("$")
        name = reader.name()
        reader.take(":")
        kind = read_type(reader)
        default = (read_value(reader, True),) if reader.skip("=") else ()
        return Definition(name, kind, default, place)

    def _selections(self):
        return tuple(self._reader.several("{", self._selection, "}"))

    def _selection(self):
        reader = self._reader
        place = reader.token.place
        if reader.skip("..."):
            if reader.sees("{", "@") or reader.skip("on"):
                on = "" if reader.sees("{", "@") else reader.name()
                directives = self._directives()
                return Selection(place, on=on, directives=directives, selections=self._selections())
            name = reader.name()
            return Selection(place, spread=name, directives=self._directives())
        name = alias = reader.name()
        if reader.skip(":"):
            name = reader.name()
        arguments = dict(reader.optionally("(", lambda: _pair(reader), ")"))
        directives = self._directives()
        selections = self._selections() if reader.sees("{") else ()
        return Selection(place, name, alias, arguments, directives, selections=selections)

    def _directives(self):
        found = {}
        while self._reader.skip("@"):
            name = self._reader.name()
            found[name] = dict(self._reader.optionally("(", lambda: _pair(self._reader), ")"))
        return found
