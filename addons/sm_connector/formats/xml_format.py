"""XML, streamed with lxml's incremental parser, without entities, DTD and network.

A record is a repeated element: the child of the root, of a container below it, or what
``record_path`` names. Columns are paths below the record: ``Code``, ``Customer/Code``,
``Price/@currency``; names are local (without their namespace). Text is taken as it stands; XML
itself turns each line end into ``\\n``.

A night on which nothing changed costs little more than this file: records are taken from the tree
by the piece read, and one that has the tags of the last one needs no look at its names.
"""

import re
from collections.abc import Callable, Iterator
from operator import itemgetter
from typing import Any, BinaryIO

from lxml import etree

from ..contract.words import normalise
from .base import Defect, FileError, FormatOptions
from .records import COUNT_NAMES, DefectiveRecordError, Flat, Name, Pairs, RecordReader

CHUNK = 1 << 16
PROBE = 1 << 18
_MAX_CONTAINERS = 5
_LOOKED_AT = 3
_MOST_SHAPES = 5_000
_XSI = "{http://www.w3.org/2001/XMLSchema-instance}"
_DECLARATION = re.compile(rb"\s*<\?xml[^>]*?\bencoding\s*=", re.IGNORECASE)
_HAS_CHILD = etree.XPath("boolean(*/*/*)")
_HAS_ATTRIBUTE = etree.XPath("boolean(*/@*)")
_HAS_VALUE_ATTRIBUTE = etree.XPath("boolean(*/*/@*)")
_IS_DEEP = etree.XPath("boolean(*/*/*/@*) or boolean(*/*/*/*)")
_ENCODING_ERRORS = frozenset(
    (
        etree.ErrorTypes.ERR_INVALID_ENCODING,
        etree.ErrorTypes.ERR_UNKNOWN_ENCODING,
        etree.ErrorTypes.ERR_UNSUPPORTED_ENCODING,
        etree.ErrorTypes.I18N_CONV_FAILED,
    )
)
# These are not made by cutting, although the parser may only find them at the end.
_CONTENT_ERRORS = frozenset(
    (
        etree.ErrorTypes.ERR_DOCUMENT_EMPTY,
        etree.ErrorTypes.ERR_ENTITY_LOOP,
        etree.ErrorTypes.ERR_INVALID_CHAR,
        etree.ErrorTypes.ERR_TAG_NAME_MISMATCH,
        etree.ErrorTypes.ERR_UNDECLARED_ENTITY,
    )
)
_PROLOGUE = re.compile(rb"(?:\s|<\?.*?\?>|<!--.*?-->)*", re.DOTALL)
_MARKS = (b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf")


class XmlFormat(RecordReader):
    """Reader of XML; see :class:`.records.RecordReader`."""

    separator = "/"

    def __init__(
        self,
        stream: BinaryIO,
        name: str,
        options: FormatOptions,
        on_defect: Callable[[Defect], None],
    ) -> None:
        # What the piece of the file being read holds; the common row is spared what it has not.
        self._has_child = self._has_attribute = self._is_intricate = self._long_cells = True
        self._nested: dict[tuple[str, ...], tuple[list[tuple[int, int]], Callable]] = {}
        super().__init__(stream, name, options, on_defect)

    # -- parsing -------------------------------------------------------------------------------

    def _records(self) -> Iterator[tuple[int, Any]]:
        encoding = self._encoding()
        root_tag, path = self._probe(encoding)
        parser = self._parser(encoding, root_tag)
        root, number, unfinished = None, 0, 0
        # Only a cell that is spread over several pieces of the file is longer than a piece.
        always_long = self.options.max_cell_chars < CHUNK
        for size in self._feed(parser):
            for _event, element in parser.read_events():
                root = element if root is None else root
            if root is None or not path:
                continue
            first = number
            for records in self._harvest(root, path, size > 0):
                for record in records:
                    number += 1
                    self._long_cells = always_long or number == first + 1
                    yield number, record
            unfinished = unfinished + size if number == first else 0
            if unfinished > self.options.max_record_bytes:
                raise self._too_large()
        self._note_attributes(root)

    def _set_header(self) -> None:
        # The sample may come from several pieces: what the last one lacks, the others may have.
        self._has_child = self._has_attribute = self._is_intricate = True
        return super()._set_header()

    def _encoding(self) -> str | None:
        """Refuse a DTD unparsed; return the encoding set on the feed if the file declares none."""
        wanted = self.options.encoding
        self._stream.seek(0)
        head = self._stream.read(CHUNK)
        is_marked = head.startswith(_MARKS)
        text = head.replace(b"\0", b"")  # UTF-16
        for mark in _MARKS:
            text = text.removeprefix(mark)
        if text.startswith(b"<!DOCTYPE", _PROLOGUE.match(text).end()):
            raise self._has_dtd()
        return None if wanted == "auto" or is_marked or _DECLARATION.match(text) else wanted

    def _parser(self, encoding: str | None, tag: str | None = None) -> etree.XMLPullParser:
        try:
            return etree.XMLPullParser(
                events=("start",),
                tag=tag,
                encoding=encoding,
                resolve_entities=False,
                no_network=True,
                load_dtd=False,
                dtd_validation=False,
                attribute_defaults=False,
                huge_tree=False,
                recover=False,
                remove_comments=True,
                remove_pis=True,
                collect_ids=False,
            )
        except LookupError:
            raise FileError(
                self.name,
                "encoding",
                f"the encoding “{encoding}” set on the feed is not known",
                "Use auto, utf-8 or cp1252.",
            ) from None

    def _feed(self, parser: etree.XMLPullParser, limit: int = 0) -> Iterator[int]:
        """Feed the file piece by piece; yield the bytes of each, then 0 when it is complete.

        :param limit: stop after this many bytes, without an error
        """
        self._stream.seek(0)
        done = 0
        while not limit or done < limit:
            chunk = self._stream.read(CHUNK)
            try:
                if chunk:
                    parser.feed(chunk)
                else:
                    parser.close()
            except etree.XMLSyntaxError as error:
                raise self._broken(parser, error, at_end=not chunk) from None
            done += len(chunk)
            yield len(chunk)
            if not chunk:
                return

    def _broken(
        self, parser: etree.XMLPullParser, error: etree.XMLSyntaxError, at_end: bool
    ) -> FileError:
        # What is logged first is the reason; what is raised may only be its consequence.
        entry = next(iter(parser.feed_error_log), None)
        code, line, text = error.code, error.lineno, error.msg
        if entry is not None:
            code, line, text = entry.type, entry.line, entry.message
        cause, what = "format", f"this is not valid XML ({text})"
        advice = "Nothing was changed. The export must be corrected; deliver it again."
        if code in _ENCODING_ERRORS:
            cause, what = "encoding", f"the text is not in the declared encoding ({text})"
        elif at_end and code not in _CONTENT_ERRORS:
            cause, what = "truncated", "the XML stops in the middle"
            advice = "Nothing was changed. Deliver the complete export again."
        elif code == etree.ErrorTypes.ERR_DOCUMENT_END:
            cause, what = "data_after_trailer", "there is something after the end of the XML"
            advice = "The file looks like two exports joined together; deliver one per file."
        return FileError(self.name, cause, what, advice, line)

    def _too_large(self) -> FileError:
        return FileError(
            self.name,
            "too_large",
            f"after record {self.records} come more than {self.options.max_record_bytes:,} bytes "
            "without the end of a record",
            "Nothing was changed. Name the path of the records on the feed, or check the export.",
        )

    def _harvest(
        self, node: etree._Element, path: tuple[str, ...], is_open: bool
    ) -> Iterator[list[etree._Element]]:
        """Yield the complete records below ``node`` and take them out of the tree.

        The last child of an element that still grows stays: the parser may be inside it, and keeps
        hold of the text behind it.
        """
        children = list(node)
        done = children[:-1] if is_open else children
        name, rest = path[0], path[1:]
        if not rest:
            if done:
                self._has_child = _HAS_CHILD(node)
                self._has_attribute = _HAS_ATTRIBUTE(node)
                self._is_intricate = _HAS_VALUE_ATTRIBUTE(node) or (
                    self._has_child and _IS_DEEP(node)
                )
                yield [child for child in done if self._is_record(child, name)]
        else:
            for child in children:
                if _local(child.tag) == name:
                    growing = is_open and child is children[-1]
                    yield from self._harvest(child, rest, growing)
                    if not growing:
                        self._note_attributes(child)
                elif not is_open or child is not children[-1]:
                    self._note_element(child)
        if done:
            del node[: len(done)]

    def _is_record(self, child: etree._Element, name: str) -> bool:
        if _local(child.tag) == name:
            return True
        self._note_element(child)
        return False

    def _note_element(self, element: etree._Element) -> None:
        if not len(element):
            self._is_count(_local(element.tag), element.text)

    def _note_attributes(self, element: etree._Element) -> None:
        for name, value in element.items():
            self._is_count(_local(name), value)

    # -- finding the records -------------------------------------------------------------------

    def _probe(self, encoding: str | None) -> tuple[str, tuple[str, ...]]:
        """Read the start of the file: the tag of the root, and the path of the records.

        The path is empty when the whole file has no record.

        :raises FileError: a DTD, or no element that could be a record
        """
        given = tuple(part for part in self.options.record_path.split("/") if part.strip())
        parser, root, done = self._parser(encoding), None, 0
        for size in self._feed(parser):
            done += size
            for _event, element in parser.read_events():
                if root is None:
                    root = element
                    if root.getroottree().docinfo.internalDTD is not None:
                        raise self._has_dtd()
            if root is not None and given:
                own = len(given) > 1 and given[0] == _local(root.tag)
                return root.tag, given[1:] if own else given
            if root is not None and (not size or done >= PROBE):
                path = self._find_records(root)
                if path or (not size and _is_empty(root, self._is_count)):
                    return root.tag, path
            if not size or done > self.options.max_record_bytes:
                break
        raise FileError(
            self.name,
            "format",
            "no repeated element is found in the XML that could be the records",
            "Name the path of the records on the feed, for example Contacts/Contact.",
        )

    def _has_dtd(self) -> FileError:
        return FileError(
            self.name,
            "format",
            "the XML has a DOCTYPE; documents that could declare entities are not read",
            "Export without a DTD, and check where the file comes from.",
        )

    def _find_records(self, root: etree._Element) -> tuple[str, ...]:
        """Find the element that has most of the wanted columns, else the one that looks it."""
        if self._wanted:
            wanted = set(self._wanted)
            scores = {
                path: len(wanted & _names_below(members))
                for path, members in _groups(root, (), _MAX_CONTAINERS)
            }
            best = max(scores, key=lambda path: (scores[path], -len(path)), default=())
            if best and scores[best]:
                return best
        return _likely_records(root, _MAX_CONTAINERS)

    # -- flattening ----------------------------------------------------------------------------

    def _name_of_path(self, path: str) -> Name | None:
        """Return the name of ``Lines/Line``; its parts are known by their local names."""
        name = self._top
        for part in (part for part in path.split("/") if part.strip()):
            name = name.children.get(part) or self._name(name, part, part)
        return None if name is self._top else name

    def _flatten(self, record: etree._Element, flat: Flat, repeated: list[Name]) -> None:
        flat.lines.clear()
        self._walk(record, self._top, flat.pairs, (flat.lines, repeated), 0)

    def _walk(
        self,
        element: etree._Element,
        name: Name,
        pairs: Pairs,
        found: tuple[list[Pairs], list[Name]],
        depth: int,
    ) -> None:
        """Append what is in and below ``element``; ``found`` collects lines and candidates."""
        if depth > self.options.max_depth:
            raise DefectiveRecordError("too_deep", value=name.path)
        text = element.text or ""
        if not len(element) and name.path:
            pairs.append((name.path, text))
        elif text and not text.isspace():
            pairs.append((name.path or ".", text))
        if self._has_attribute or self._is_intricate:
            self._add_attributes(element, name, pairs)
        children, lines_name, seen = name.children, self._lines_name, set()
        for child in element:
            tag = child.tag
            below = children.get(tag)
            if below is None:
                below = self._child(name, tag)
            if below is lines_name:
                line: Pairs = []
                self._walk(child, below, line, found, depth + 1)
                found[0].append(line)
            elif len(child) or (self._is_intricate and child.keys()):
                if below.path in seen and below not in found[1]:
                    found[1].append(below)
                seen.add(below.path)
                self._walk(child, below, pairs, found, depth + 1)
            else:
                pairs.append((below.path, child.text or ""))

    def _child(self, name: Name, tag: str) -> Name:
        """Return the name of a child element; elements of several namespaces may share one."""
        local = _local(tag)
        below = name.children.get(local) or self._name(name, local, local)
        name.children[tag] = below
        return below

    def _add_attributes(self, element: etree._Element, name: Name, pairs: Pairs) -> None:
        for tag, value in element.items():
            if not tag.startswith(_XSI):
                key = f"@{_local(tag)}"
                below = name.children.get(key) or self._name(name, key, key)
                pairs.append((below.path, value))

    # -- the common row ------------------------------------------------------------------------

    def _quick(self, record: etree._Element) -> list[str] | None:
        if self._is_intricate or self._long_cells:
            return None
        if self._has_child:
            return self._quick_nested(record)
        if self._pick is None:
            return None
        children = record[:]
        if self._has_attribute:
            cells = [child.text or "" for child in children] + record.values()
            return self._arranged(self._keys_of(record, children), cells)
        return self._arranged(
            [child.tag for child in children], [child.text or "" for child in children]
        )

    def _quick_nested(self, record: etree._Element) -> list[str] | None:
        """Return the cells of a record with containers that was met before, tag by tag.

        The tags in document order and the number of children of each container tell the whole tree:
        as every element is someone's child, none is left for the others.
        """
        elements = list(record.iterdescendants())
        known = self._nested.get(tuple(self._keys_of(record, elements)))
        if known is None:
            return None
        containers, pick = known
        for index, children in containers:
            if len(elements[index]) != children:
                return None
        cells = [element.text or "" for element in elements]
        if self._has_attribute:
            cells += record.values()
        cells.append("")
        return list(pick(cells))

    def _learn_shape(self, record: etree._Element) -> None:
        if self._is_intricate:
            return
        if self._has_child:
            self._learn_nested(record)
        else:
            keys = self._keys_of(record, record[:])
            self._remember(keys, list(map(self._top.children.get, keys)))

    def _learn_nested(self, record: etree._Element) -> None:
        elements = list(record.iterdescendants())
        keys = self._keys_of(record, elements)
        names = {record: self._top}
        values: list[tuple[int, Name | None]] = []
        containers = []
        for index, element in enumerate(elements):
            name = names[element] = names[element.getparent()].children[element.tag]
            if len(element):
                containers.append((index, len(element)))
            else:
                values.append((index, name))
        for index in range(len(elements), len(keys)):
            values.append((index, self._top.children.get(keys[index])))
        where: dict[int, int] = {}
        for index, name in values:
            place = name and self._columns.get(name.path)
            if place is not None:
                if where.setdefault(place, index) != index:
                    return  # a repeated name
            elif name is None or name.path not in self.unknown:
                return
        width = len(self.header)
        if width < 2 or len(self._nested) >= _MOST_SHAPES:
            return
        pick = itemgetter(*(where.get(place, len(keys)) for place in range(width)))
        self._nested[tuple(keys)] = containers, pick

    def _keys_of(self, record: etree._Element, children: list[etree._Element]) -> list[str]:
        """Return the names of what a record has: its elements, then its attributes."""
        tags = [child.tag for child in children]
        if self._has_attribute:
            tags += [f"@{tag}" for tag in record.keys()]
        return tags


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


def _own_attributes(element: etree._Element) -> list[str]:
    return [_local(tag) for tag in element.keys() if not tag.startswith(_XSI)]


def _is_complex(element: etree._Element) -> bool:
    """Return whether an element has values below it; a mere ``count="0"`` is none."""
    names = set(map(normalise, _own_attributes(element)))
    return len(element) > 0 or not names <= COUNT_NAMES


def _is_empty(root: etree._Element, is_count: Callable[[str, object], bool]) -> bool:
    """Return whether a document says nothing but how many records it has, and notes that."""
    for element in root.iter():
        text = (element.text or "").strip()
        for tag, value in element.items():
            is_count(_local(tag), value)
        if text and not is_count(_local(element.tag), text):
            return False
    return True


def _by_tag(node: etree._Element) -> dict[str, list[etree._Element]]:
    groups: dict[str, list[etree._Element]] = {}
    for child in node:
        if _is_complex(child):
            groups.setdefault(_local(child.tag), []).append(child)
    return groups


def _groups(
    node: etree._Element, path: tuple[str, ...], levels: int
) -> Iterator[tuple[tuple[str, ...], list[etree._Element]]]:
    """Yield (path, some elements) of everything below a node that could be a record."""
    for tag, members in _by_tag(node).items():
        yield (*path, tag), members[:_LOOKED_AT]
        if levels > 1:
            for member in members[:_LOOKED_AT]:
                yield from _groups(member, (*path, tag), levels - 1)


def _names_below(members: list[etree._Element]) -> set[str]:
    """Return the normalised paths of all values below some elements."""
    names: set[str] = set()
    todo = [(member, "", 0) for member in members]
    while todo:
        element, path, depth = todo.pop()
        names.update(normalise(f"{path} {name}") for name in _own_attributes(element))
        for child in element:
            below = f"{path} {_local(child.tag)}"
            names.add(normalise(below))
            if depth < _MAX_CONTAINERS:
                todo.append((child, below, depth + 1))
    return names


def _likely_records(node: etree._Element, levels: int) -> tuple[str, ...]:
    """Find a repeated element with values, in containers too; else the one that has values."""
    groups = _by_tag(node)
    repeated = [tag for tag, members in groups.items() if len(members) > 1]
    if repeated:
        return (max(repeated, key=lambda tag: len(groups[tag])),)
    records = []
    for tag, (child,) in groups.items():
        if not len(child) or any(not len(value) for value in child):
            records.append((tag,))
        elif levels > 1 and (path := _likely_records(child, levels - 1)):
            return (tag, *path)
    return records[0] if records else ()
