"""Records as text: XML, JSON and CSV, record by record, for files and for the HTTP API."""

import json
from xml.sax.saxutils import escape, quoteattr

from .csv_text import as_text
from .names import (
    ENGLISH,
    ENGLISH_NAMES,
    JSON_LINES,
    JSON_PATHS,
    XML_LINES,
    XML_PATHS,
    xml_name,
)
from .shape import part_rows
from .values import convert, converters

XML_ENCODINGS = {"cp1252": "windows-1252", "utf-8": "UTF-8", "utf-8-sig": "UTF-8"}


class Renderer:
    """One kind of text. A document is ``head``, the pieces with ``separator`` between them, and
    ``tail``."""

    separator = "\n"

    def __init__(self, part, dialect):
        """:param Part part: what is written; :param Dialect dialect: how."""
        self.part = part
        self.dialect = dialect

    def head(self, _count, _moment, _cursor=None):
        """:param int count: of the records in the whole export (rows when they are flat)
        :param datetime moment: of the export; :param str cursor: of the next page, if any"""
        return ""

    def piece(self, rows):
        """:return str: one record. :param list rows: of :func:`shape.shaped_records`"""
        raise NotImplementedError

    def tail(self):
        return ""


class Csv(Renderer):
    """Header and rows, no totals line."""

    separator = ""

    def head(self, _count, _moment, _cursor=None):
        return as_text(header_of(self.part, self.dialect))

    def piece(self, rows):
        return "".join(as_text(row) for row in part_rows(self.part, rows, self.dialect))


class FlatXml(Renderer):
    """An element for each row, all its columns as elements below it."""

    def __init__(self, part, dialect):
        super().__init__(part, dialect)
        self._names = [xml_name(header) for header in part.header]
        self._record = part.prefix[:-1]

    def head(self, count, moment, cursor=None):
        attributes = {"total": count, "date": f"{moment:%Y-%m-%d}"}
        return xml_head(self.part.prefix, attributes, cursor, self.dialect)

    def piece(self, rows):
        return "\n".join(self._element(row) for row in part_rows(self.part, rows, self.dialect))

    def _element(self, row):
        cells = "".join(
            f"<{name}>{escape(cell)}</{name}>" if cell else f"<{name}/>"
            for name, cell in zip(self._names, row, strict=True)
        )
        return f"<{self._record}>{cells}</{self._record}>"

    def tail(self):
        return f"\n</{self.part.prefix}>\n"


class NestedXml(Renderer):
    """An element for each record, groups of columns and order lines below it; no empty ones."""

    def __init__(self, part, dialect):
        super().__init__(part, dialect)
        self._root, self._record, _list = ENGLISH_NAMES[part.entity]
        self._tree = tree_of(XML_PATHS[part.entity], "/")
        self._functions = converters(part.entity, typed=False)

    def head(self, count, moment, cursor=None):
        attributes = {"exportedAt": moment.isoformat(), "count": count}
        return xml_head(self._root, attributes, cursor, self.dialect)

    def piece(self, rows):
        return _xml(self._record, self._tree, [convert(row, self._functions) for row in rows])

    def tail(self):
        return f"\n</{self._root}>\n"


def _xml(name, tree, rows):
    """:return str: the element, empty when nothing is in it."""
    row, attributes, inner = rows[0], "", ""
    for child, below in tree.items():
        if isinstance(below, dict):
            repeated = f"{name}/{child}" == XML_LINES
            inner += (
                "".join(_xml(child, below, [one]) for one in rows)
                if repeated
                else _xml(child, below, rows)
            )
        elif not row[below]:
            continue
        elif child.startswith("@"):
            attributes += f" {child[1:]}={quoteattr(row[below])}"
        else:
            inner += f"<{child}>{escape(row[below])}</{child}>"
    return f"<{name}{attributes}>{inner}</{name}>" if attributes or inner else ""


class FlatJson(Renderer):
    """An object for each row, all values text."""

    separator = ",\n"

    def head(self, _count, _moment, _cursor=None):
        return "["

    def piece(self, rows):
        header = self.part.header
        return self.separator.join(
            to_json(dict(zip(header, row, strict=True)))
            for row in part_rows(self.part, rows, self.dialect)
        )

    def tail(self):
        return "]\n"


class NestedJson(Renderer):
    """An object for each record with real numbers, booleans and nulls."""

    separator = ",\n"

    def __init__(self, part, dialect):
        super().__init__(part, dialect)
        self._list = ENGLISH_NAMES[part.entity][2]
        self._tree = tree_of(JSON_PATHS[part.entity], ".")
        self._functions = converters(part.entity, typed=True)

    def head(self, count, moment, cursor=None):
        envelope = {"exported_at": moment.isoformat(), "count": count}
        if cursor:
            envelope["next_cursor"] = cursor
        return f"{to_json(envelope)[:-1]}, {to_json(self._list)}: ["

    def piece(self, rows):
        return to_json(_nest(self._tree, [convert(row, self._functions) for row in rows]))

    def tail(self):
        return "]}\n"


def _nest(tree, rows):
    result = {}
    for name, below in tree.items():
        if name == JSON_LINES:
            result[name] = [_nest(below, [row]) for row in rows]
        else:
            result[name] = _nest(below, rows) if isinstance(below, dict) else rows[0][below]
    return result


class _Lines:
    """JSON Lines: the records of the JSON dialect, one on each line."""

    separator = "\n"

    def head(self, _count, _moment, _cursor=None):
        return ""

    def tail(self):
        return "\n"


class FlatJsonLines(_Lines, FlatJson):
    """JSON Lines, flat."""


class NestedJsonLines(_Lines, NestedJson):
    """JSON Lines, nested."""


RENDERERS = {
    "csv": (Csv, Csv),
    "xml": (FlatXml, NestedXml),
    "json": (FlatJson, NestedJson),
    "jsonl": (FlatJsonLines, NestedJsonLines),
}


def renderer(part, dialect):
    """:return Renderer: for the format and the names of the dialect."""
    return RENDERERS[dialect.format][dialect.names == ENGLISH](part, dialect)


def header_of(part, dialect):
    """:return list: the header line of a table."""
    names = JSON_PATHS[part.entity] if dialect.names == ENGLISH else None
    return part.pick(names) if names else list(part.header)


def xml_head(root, attributes, cursor, dialect):
    if cursor:
        attributes["nextCursor"] = cursor
    texts = "".join(f" {name}={quoteattr(str(value))}" for name, value in attributes.items())
    encoding = XML_ENCODINGS[dialect.encoding]
    return f'<?xml version="1.0" encoding="{encoding}"?>\n<{root}{texts}>\n'


def tree_of(paths, separator):
    """:return dict: nested names, the place of the column at the end of each path."""
    tree = {}
    for place, path in enumerate(paths):
        *groups, leaf = path.split(separator)
        node = tree
        for group in groups:
            node = node.setdefault(group, {})
        node[leaf] = place
    # The lines of an order come after everything else it has.
    for lines in ("Lines", JSON_LINES):
        if lines in tree:
            tree[lines] = tree.pop(lines)
    return tree


to_json = json.JSONEncoder(ensure_ascii=False).encode
