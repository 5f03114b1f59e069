"""XML as the PBX reads it: not one error forgiven, no document types, and every element knows its
line."""

from dataclasses import dataclass, field
from xml.parsers import expat

from .errors import TemplateError

__all__ = ["Node", "parse_xml"]


@dataclass(slots=True)
class Node:
    tag: str
    line: int
    attributes: dict = field(default_factory=dict)
    children: list = field(default_factory=list)
    text: str = ""

    def get(self, name, default=""):
        return self.attributes.get(name, default)

    def child(self, tag):
        """:return: the first child of that name, or None."""
        return next((child for child in self.children if child.tag == tag), None)

    def all(self, tag):
        return [child for child in self.children if child.tag == tag]


class _Builder:
    def __init__(self, parser):
        self.parser = parser
        self.root = None
        self.open = []
        parser.StartElementHandler = self.start
        parser.EndElementHandler = self.end
        parser.CharacterDataHandler = self.characters
        parser.StartDoctypeDeclHandler = self.document_type

    def start(self, tag, attributes):
        node = Node(tag, self.parser.CurrentLineNumber, attributes)
        if self.open:
            self.open[-1].children.append(node)
        else:
            self.root = node
        self.open.append(node)

    def end(self, _tag):
        self.open.pop()

    def characters(self, data):
        self.open[-1].text += data

    def document_type(self, *_declaration):
        raise TemplateError("document types are not allowed", self.parser.CurrentLineNumber)


def parse_xml(source):
    """:param source: the file, as bytes or as text.
    :rtype: Node
    :raise TemplateError: it is not well-formed XML."""
    if isinstance(source, str):
        source = source.encode()
        parser = expat.ParserCreate("utf-8")
    else:
        parser = expat.ParserCreate()
    builder = _Builder(parser)
    try:
        parser.Parse(source, True)
    except expat.ExpatError as error:
        message = expat.ErrorString(error.code)
        if _in_comment(source, parser.CurrentByteIndex):
            message = 'a comment must not contain "--"'
        raise TemplateError(f"incorrect file format: {message}", error.lineno) from None
    return builder.root


def _in_comment(source, index):
    """Whether the parser stumbled over two hyphens within a comment."""
    before = source[:index]
    return before.rfind(b"<!--") > before.rfind(b"-->") and b"--" in source[index - 2 : index + 3]
