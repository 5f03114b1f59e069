"""The queries, made of what is wanted (`words`) and of what there is (`schema`)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from . import words
from .schema import Field, Schema, Type, base_of, is_list
from .words import Want

__all__ = ["Finding", "Listing", "Paging", "Plan", "make_plan", "put"]

#: Messages, and conversations, on one page.
MESSAGES = 100
CONVERSATIONS = 50
_FIRST = ("first", "limit", "pageSize", "perPage", "itemsPerPage", "size")
_AFTER = ("after", "cursor")
_PAGE = ("page", "pageNumber")
_OFFSET = ("offset", "skip")


@dataclass(frozen=True)
class Finding:
    """Something wanted that is not there.

    :param key: of the `Want`
    :param path: where it was looked for, ``Conversation.tags``
    :param state: ``missing``; ``deprecated``: only as something that is about to be given up
    """

    key: str
    path: str
    state: str = "missing"
    is_required: bool = False


@dataclass(frozen=True)
class Paging:
    """How the next page of a list is asked for.

    :param style: ``cursor``, ``page``, ``offset``, or empty: there is only one
    :param argument: which carries it
    :param type: of that argument
    """

    style: str = ""
    argument: str = ""
    type: str = ""
    size: int = 0

    @property
    def start(self) -> int | None:
        """What is given for the first page. That pages are counted from 1 is a guess †."""
        return {"page": 1, "offset": 0}.get(self.style)


@dataclass(frozen=True)
class Listing:
    """A query for what was closed in a time.

    :param name: of the field
    :param since: path in the variables where the time begins, ``until`` where it ends
    :param projects: path of the projects, or empty
    """

    query: str
    name: str
    paging: Paging
    since: tuple[str, ...]
    until: tuple[str, ...]
    projects: tuple[str, ...] = ()
    is_several: bool = True
    """``projects`` takes several."""
    is_number: bool = False
    """They are numbers."""
    is_day: bool = False
    """Days, and no moments."""


@dataclass(frozen=True)
class Plan:
    """What to ask, and what cannot be asked."""

    conversation: str = ""
    """Query of one conversation; variables ``id`` and, for more messages, ``next``. Empty: it
    cannot be made."""
    conversation_name: str = ""
    custom: str = ""
    """Query of what the page told of the visitor; variable ``id``. Empty: there is none."""
    custom_name: str = ""
    paging: Paging = Paging()
    closed: Listing | None = None
    findings: tuple[Finding, ...] = ()

    @property
    def missing(self) -> tuple[Finding, ...]:
        """Without which nothing can be imported."""
        return tuple(one for one in self.findings if one.is_required)


@dataclass
class _Maker:
    """Makes a plan."""

    schema: Schema
    findings: dict[str, Finding] = field(default_factory=dict)
    met: set[str] = field(default_factory=set)
    """What is there somewhere."""
    paging: Paging = Paging()

    # -- what is selected ----------------------------------------------------------------------

    def select(self, kind: Type, wants: tuple[Want, ...]) -> str:
        """Return the fields of a type to ask for, without braces; empty: there is none."""
        if not kind.is_abstract:
            lines = dict(self._lines(kind, wants))
            self._note(kind, wants, set(lines))
            return " ".join(line for found in lines.values() for line in found.values())
        common = dict(self._lines(kind, wants))
        parts = ["__typename", *(line for found in common.values() for line in found.values())]
        kinds = {name: field.type for name, field in kind.fields.items()}
        met, rest = set(common), tuple(want for want in wants if want.key not in common)
        for name in kind.possible:
            one = self.schema.type(name)
            chosen = []
            for key, found in self._lines(one, rest):
                met.add(key)
                for field_name, line in found.items():
                    text = one.fields[field_name].type
                    # two types may call two things by one name; an answer has room for one
                    is_same = kinds.setdefault(field_name, text) == text
                    chosen.append(line if is_same else f"{field_name}__{name}: {line}")
            if chosen:
                parts.append(f"... on {name} {{ {' '.join(chosen)} }}")
        self._note(kind, wants, met)
        return " ".join(parts)

    def _lines(self, kind, wants):
        """Yield keys of what is there, each with the lines to ask for it, by field."""
        taken: set[str] = set()
        for want in wants:
            found = {}
            for name in want.names:
                there = kind.fields.get(name)
                if there is None or there.is_deprecated or name in taken:
                    continue
                line = self._line(name, there, want)
                if line:
                    taken.add(name)
                    found[name] = line
                    if not want.is_every:
                        break
            if found:
                self.met.add(want.key)
                yield want.key, found

    def _line(self, name: str, there: Field, want: Want) -> str:
        """Return how a field is asked for; empty when it cannot be."""
        given, paging, is_paged = "", Paging(), False
        kind = self.schema.type(there.type)
        if want.is_rows:
            given, paging = self._page(there, MESSAGES, is_asked=want.key == "messages")
        left = {key for key, text in there.arguments.items() if text.endswith("!")}
        if left - {_argument_name(one) for one in given.split(", ")}:
            return ""
        call = f"{name}({given})" if given else name
        if kind.is_leaf:
            return call
        if not want.inner:
            return ""
        if want.is_rows and not is_list(there.type):
            inner, is_paged = self._rows(kind, want.inner)
        else:
            inner = self.select(kind, want.inner)
        if want.key == "messages":
            self.paging = paging if is_paged or paging.style != "cursor" else Paging()
        return f"{call} {{ {inner} }}" if inner else ""

    def _rows(self, kind: Type, wants: tuple[Want, ...]) -> tuple[str, bool]:
        """Return how the rows of a page are asked for, and whether it says where the next one
        begins."""
        parts = []
        for name in words.ROWS:
            there = kind.fields.get(name)
            if there is None or there.is_deprecated or not is_list(there.type):
                continue
            row = self.schema.type(there.type)
            if name == "edges":
                node = row.fields.get("node")
                inner = node and self.select(self.schema.type(node.type), wants)
                inner = inner and f"node {{ {inner} }}"
            else:
                inner = self.select(row, wants)
            if inner:
                parts.append(f"{name} {{ {inner} }}")
                break
        if not parts:
            # no page at all, but the thing itself
            return self.select(kind, wants), False
        info = kind.fields.get("pageInfo")
        has = self.schema.type(info.type).fields if info else {}
        is_paged = "endCursor" in has and "hasNextPage" in has
        if is_paged:
            parts.append("pageInfo { hasNextPage endCursor }")
        return " ".join(parts), is_paged

    @staticmethod
    def _page(there: Field, size: int, is_asked: bool) -> tuple[str, Paging]:
        """Return the arguments for a page, and how the next one is asked for."""
        given, paging = [], Paging()
        first = next((name for name in _FIRST if name in there.arguments), "")
        if first:
            given.append(f"{first}: {size}")
        if is_asked:
            for style, names in (("cursor", _AFTER), ("page", _PAGE), ("offset", _OFFSET)):
                name = next((name for name in names if name in there.arguments), "")
                if name:
                    paging = Paging(style, name, there.arguments[name], size)
                    given.append(f"{name}: $next")
                    break
        return ", ".join(given), paging

    def _note(self, kind: Type, wants: tuple[Want, ...], met: set[str]) -> None:
        for want in wants:
            if want.key in met or want.is_quiet:
                continue
            is_old = any(name in kind.fields for name in want.names)
            self.report(want.key, f"{kind.name}.{want.names[0]}", is_old, want.is_required)

    def report(self, key: str, path: str, is_old: bool = False, is_required: bool = False) -> None:
        """Note that something is not there."""
        state = "deprecated" if is_old else "missing"
        self.findings.setdefault(key, Finding(key, path, state, is_required))

    # -- queries -------------------------------------------------------------------------------

    def make(self) -> Plan:
        """Return the plan."""
        root = self.schema.type(self.schema.root)
        name, argument, there = self._root(root, words.ROOT)
        if there is None:
            self.report("conversation", f"{root.name}.conversation", is_required=True)
            return Plan(findings=tuple(self.findings.values()))
        conversation = self.schema.type(there.type)
        body = self.select(conversation, words.CONVERSATION)
        self._check_messages(conversation)
        variables = [f"$id: {there.arguments[argument]}"]
        if self.paging.style:
            variables.append(f"$next: {self.paging.type}")
        custom_name, custom_argument, custom = self._root(root, words.CUSTOM_DATA)
        custom_query = ""
        if custom:
            inner = self.select(self.schema.type(custom.type), words.CUSTOM)
            custom_query = (
                f"query($id: {custom.arguments[custom_argument]}) "
                f"{{ {custom_name}({custom_argument}: $id) {{ {inner} }} }}"
                if inner
                else ""
            )
        else:
            self.report("custom_entries", f"{root.name}.{words.CUSTOM_DATA[0]}")
        closed = self._closed(root)
        findings = tuple(one for one in self.findings.values() if one.key not in self.met)
        query = f"query({', '.join(variables)}) {{ {name}({argument}: $id) {{ {body} }} }}"
        if any(one.is_required for one in findings):
            query = ""
        return Plan(query, name, custom_query, custom_name, self.paging, closed, findings)

    @staticmethod
    def _root(root: Type, names: tuple[str, ...]) -> tuple[str, str, Field | None]:
        """Return a query of one thing by its id: its name, the name of the id, and the field."""
        for name in names:
            there = root.fields.get(name)
            if there is None or there.is_deprecated:
                continue
            for argument in ("id", "conversationId", "uuid"):
                required = {key for key, text in there.arguments.items() if text.endswith("!")}
                if argument in there.arguments and required <= {argument}:
                    return name, argument, there
        return "", "", None

    def _check_messages(self, conversation: Type) -> None:
        """A message has to say who wrote it and what: in its own fields, or in the kinds there are
        of it."""
        there = conversation.fields.get("messages")
        if there is None:
            return  # reported already
        kinds = list(self._message_kinds(self.schema.type(there.type)))
        spoken = [kind for kind in kinds if not _has(kind.name, words.SYSTEMS)]
        for key, wants in (
            ("message_author", ("message_author", "message_role")),
            ("message_text", ("message_text", "message_parts")),
        ):
            names = {name for want in words.MESSAGE if want.key in wants for name in want.names}
            can_tell = [
                not names.isdisjoint(
                    name for name, one in kind.fields.items() if not one.is_deprecated
                )
                or (key == "message_author" and _says_role(kind.name))
                for kind in spoken
            ]
            if not any(can_tell):
                kind = spoken[0].name if spoken else base_of(there.type)
                self.report(key, f"{kind}.{key.removeprefix('message_')}", is_required=True)

    def _message_kinds(self, kind: Type) -> Iterator[Type]:
        for name in words.ROWS:
            there = kind.fields.get(name)
            if there is not None and is_list(there.type):
                row = self.schema.type(there.type)
                node = row.fields.get("node") if name == "edges" else None
                kind = self.schema.type(node.type) if node else row
                break
        if kind.possible:
            for name in kind.possible:
                one = self.schema.type(name)
                yield Type(one.name, one.kind, {**kind.fields, **one.fields})
        else:
            yield kind

    def _closed(self, root: Type) -> Listing | None:
        for name in words.CLOSED:
            there = root.fields.get(name)
            if there is None or there.is_deprecated:
                continue
            listing = self._listing(name, there)
            if listing:
                return listing
        self.report("closed_list", f"{root.name}.{words.CLOSED[0]}")
        return None

    def _listing(self, name: str, there: Field) -> Listing | None:
        arguments = there.arguments
        since = self._path(arguments, words.FROM)
        until = self._path(arguments, words.TO)
        if not since or not until:
            return None
        projects = self._path(arguments, words.PROJECTS)
        given, paging = self._page(there, CONVERSATIONS, is_asked=True)
        used = {path[0] for path in (since, until, projects) if path}
        paged = {_argument_name(one) for one in given.split(", ")} if given else set()
        required = {key for key, text in arguments.items() if text.endswith("!")}
        if required - used - paged:
            return None
        kind = self.schema.type(there.type)
        if is_list(there.type):
            inner, is_paged = self.select(kind, words.LISTED), False
        else:
            inner, is_paged = self._rows(kind, words.LISTED)
        if not inner:
            return None
        if paging.style == "cursor" and not is_paged:
            paging = Paging()
            given = ", ".join(one for one in given.split(", ") if "$next" not in one)
        variables = [f"${one}: {arguments[one]}" for one in sorted(used)]
        call = [f"{one}: ${one}" for one in sorted(used)]
        if given:
            call.append(given)
        if paging.style:
            variables.append(f"$next: {paging.type}")
        project = self._type_at(arguments, projects)
        return Listing(
            f"query({', '.join(variables)}) {{ {name}({', '.join(call)}) {{ {inner} }} }}",
            name,
            paging,
            since,
            until,
            projects,
            is_several=is_list(project),
            is_number=base_of(project) == "Int",
            is_day=base_of(self._type_at(arguments, since)) in ("Date", "LocalDate"),
        )

    def _path(self, arguments: Mapping[str, str], names: tuple[str, ...]) -> tuple[str, ...]:
        """Return where an argument is: itself, or within another one."""
        for name in names:
            if name in arguments:
                return (name,)
        for outer in words.PERIODS:
            kind = self.schema.type(arguments[outer]) if outer in arguments else None
            if kind and kind.kind == "INPUT_OBJECT":
                inner = {key: value.type for key, value in kind.fields.items()}
                if path := self._path(inner, names):
                    return (outer, *path)
        return ()

    def _type_at(self, arguments: Mapping[str, str], path: tuple[str, ...]) -> str:
        text = ""
        for name in path:
            text = arguments[name]
            arguments = {key: one.type for key, one in self.schema.type(text).fields.items()}
        return text


def make_plan(schema: Schema) -> Plan:
    """Return what to ask of a schema, and what it does not have."""
    return _Maker(schema).make()


def put(variables: dict[str, Any], path: tuple[str, ...], value: Any) -> None:
    """Set a value within others."""
    for name in path[:-1]:
        variables = variables.setdefault(name, {})
    variables[path[-1]] = value


def _argument_name(given: str) -> str:
    return given.partition(":")[0]


def _has(name: str, parts: tuple[str, ...]) -> bool:
    return any(part in name.lower() for part in parts)


def _says_role(name: str) -> bool:
    return _has(name, (*words.VISITORS, *words.BOTS, *words.OPERATORS))
