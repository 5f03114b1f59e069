"""The expressions of a template: ``[Variable]``, ``[[Variable].Method("a")]``, ``[IIf(…)]``, and
the conditions of ``SkipIf`` and ``If``."""

import re
from dataclasses import dataclass

from .dotnet import call_method, to_text
from .errors import ExpressionError

__all__ = ["Condition", "Expression", "holds"]

NAME = re.compile(r"\w+")
OPERATOR = re.compile(r"==|!=|>=|<=|>|<")
#: Where an unquoted word of a condition or an argument ends.
WORD_END = re.compile(r"==|!=|>=|<=|[<>\[\],()\"]|\|\||&&")
ESCAPES = {"{{": "[", "}}": "]", "^^": '"'}
TEXT_END = re.compile(r"\[|\{\{|\}\}|\^\^")
LITERALS = re.compile(r"True|False|true|false|-?\d+(\.\d+)?|")


@dataclass(frozen=True, slots=True)
class Text:
    text: str
    quoted: bool = False

    def evaluate(self, _scope):
        return self.text

    def inner(self):
        return ()


@dataclass(frozen=True, slots=True)
class Variable:
    name: str

    def evaluate(self, scope):
        return scope(self.name)

    def inner(self):
        return ()


@dataclass(frozen=True, slots=True)
class Method:
    target: object
    name: str
    arguments: tuple

    def evaluate(self, scope):
        arguments = [to_text(argument.evaluate(scope)) for argument in self.arguments]
        return call_method(self.target.evaluate(scope), self.name, arguments)

    def inner(self):
        return (self.target, *self.arguments)


@dataclass(frozen=True, slots=True)
class Choice:
    """``IIf(condition, then, otherwise)``: the only function there is."""

    condition: object
    then: object
    otherwise: object

    def evaluate(self, scope):
        chosen = self.then if holds(self.condition.evaluate(scope)) else self.otherwise
        return chosen.evaluate(scope)

    def inner(self):
        return (self.condition, self.then, self.otherwise)


@dataclass(frozen=True, slots=True)
class Join:
    parts: tuple

    def evaluate(self, scope):
        return "".join(to_text(part.evaluate(scope)) for part in self.parts)

    def inner(self):
        return self.parts


@dataclass(frozen=True, slots=True)
class Operation:
    operator: str
    left: object
    right: object

    def evaluate(self, scope):
        left = self.left.evaluate(scope)
        if self.operator == "||":
            return holds(left) or holds(self.right.evaluate(scope))
        if self.operator == "&&":
            return holds(left) and holds(self.right.evaluate(scope))
        return _compare(self.operator, to_text(left), to_text(self.right.evaluate(scope)))

    def inner(self):
        return (self.left, self.right)


def _compare(operator, left, right):
    if operator in ("==", "!="):
        return (left == right) == (operator == "==")
    try:
        left, right = float(left), float(right)
    except ValueError:
        raise ExpressionError(f'"{left}" {operator} "{right}": not two numbers') from None
    return {">": left > right, "<": left < right, ">=": left >= right, "<=": left <= right}[
        operator
    ]


def holds(value):
    return to_text(value) in ("True", "true")


class _Reader:
    def __init__(self, source, quotes=True):
        self.source = source
        self.quotes = quotes
        self.at = 0

    def starts(self, text):
        return self.source.startswith(text, self.at)

    def take(self, text):
        if found := self.starts(text):
            self.at += len(text)
        return found

    def need(self, text):
        if not self.take(text):
            rest = self.source[self.at : self.at + 20] or "the end"
            raise ExpressionError(f'"{text}" expected before "{rest}" in "{self.source}"')

    def text(self):
        """A text with expressions in it, up to the end."""
        parts = []
        while self.at < len(self.source):
            if self.take("["):
                parts.append(self.bracket())
                continue
            escape = next((mark for mark in ESCAPES if self.take(mark)), None)
            if escape:
                parts.append(Text(ESCAPES[escape]))
                continue
            end = TEXT_END.search(self.source, self.at)
            stop = end.start() if end else len(self.source)
            parts.append(Text(self.source[self.at : stop]))
            self.at = stop
        return parts[0] if len(parts) == 1 else Join(tuple(parts))

    def bracket(self):
        """What stands behind an opening bracket, up to its closing one."""
        if self.take("["):
            value = self.bracket()
        elif name := NAME.match(self.source, self.at):
            self.at = name.end()
            if self.starts("."):
                method = NAME.match(self.source, self.at + 1)
                raise ExpressionError(f"Unknown function: {name[0]}.{method[0] if method else ''}")
            value = self.function(name[0]) if self.starts("(") else Variable(name[0])
        else:
            raise ExpressionError(f'a name is expected behind "[" in "{self.source}"')
        while self.take("."):
            method = NAME.match(self.source, self.at)
            if not method:
                raise ExpressionError(f'a method is expected behind "." in "{self.source}"')
            self.at = method.end()
            value = Method(value, method[0], tuple(self.arguments()))
        self.need("]")
        return value

    def function(self, name):
        arguments = self.arguments()
        if name != "IIf":
            raise ExpressionError(f"Unknown function: {name}")
        if len(arguments) != 3:
            raise ExpressionError("IIf takes a condition and two values")
        return Choice(*arguments)

    def arguments(self):
        self.need("(")
        if self.take(")"):
            return []
        arguments = [self.either()]
        while self.take(","):
            arguments.append(self.either())
        self.need(")")
        return arguments

    def either(self):
        left = self.both()
        while self.take("||"):
            left = Operation("||", left, self.both())
        return left

    def both(self):
        left = self.comparison()
        while self.take("&&"):
            left = Operation("&&", left, self.comparison())
        return left

    def comparison(self):
        left = self.operand()
        if operator := OPERATOR.match(self.source, self.at):
            self.at = operator.end()
            return Operation(operator[0], left, self.operand())
        return left

    def operand(self):
        parts = []
        while self.at < len(self.source):
            if self.take("["):
                parts.append(self.bracket())
            elif self.starts('"'):
                parts.append(self.quoted())
            elif not parts and NAME.match(self.source, self.at) and self.starts("IIf("):
                self.at += 3
                parts.append(self.function("IIf"))
            elif word := self.word():
                parts.append(Text(word))
            else:
                break
        parts = _trimmed(parts)
        return parts[0] if len(parts) == 1 else Join(tuple(parts))

    def quoted(self):
        end = self.source.find('"', self.at + 1)
        if end < 0:
            raise ExpressionError(f"a quotation mark is not closed in {self.source!r}")
        text, self.at = self.source[self.at : end + 1], end + 1
        return Text(text[1:-1], quoted=True) if self.quotes else Text(text)

    def word(self):
        end = WORD_END.search(self.source, self.at)
        stop = end.start() if end else len(self.source)
        word, self.at = self.source[self.at : stop], stop
        return word


def _trimmed(parts):
    """Without the blanks around an operand; those in quotation marks stay."""
    if parts and isinstance(parts[0], Text) and not parts[0].quoted:
        parts[0] = Text(parts[0].text.lstrip())
    if parts and isinstance(parts[-1], Text) and not parts[-1].quoted:
        parts[-1] = Text(parts[-1].text.rstrip())
    blank = Text("")
    return [part for part in parts if part != blank] or [blank]


class _Readable:
    """What expressions and conditions have in common."""

    def __init__(self, source, tree):
        self.source = source
        self.tree = tree

    def __repr__(self):
        return f"{type(self).__name__}({self.source!r})"

    def nodes(self):
        todo = [self.tree]
        while todo:
            node = todo.pop()
            yield node
            todo.extend(node.inner())

    def variables(self):
        """:return: names of the variables in it."""
        return {node.name for node in self.nodes() if isinstance(node, Variable)}


class Expression(_Readable):
    """A text with expressions in it.

    :raise ExpressionError: it cannot be read.
    """

    def __init__(self, source):
        super().__init__(source, _Reader(source).text())

    def render(self, scope, passes=1):
        """:param scope: gives the value of a variable's name.
        :param int passes: how often the result is read as an expression again; 0 means once.
        :rtype: str"""
        text = to_text(self.tree.evaluate(scope))
        for _again in range(1, passes):
            text = to_text(Expression(text).tree.evaluate(scope))
        return text


class Condition(_Readable):
    """The text of a ``SkipIf`` or an ``If``.

    :param bool quotes: quotation marks enclose a text (``SkipIf``), or are part of it (``If``).
    :raise ExpressionError: it cannot be read.
    """

    def __init__(self, source, quotes=True):
        reader = _Reader(source, quotes)
        tree = reader.either()
        if reader.at < len(source):
            raise ExpressionError(f'"{source[reader.at :]}" is left over in "{source}"')
        super().__init__(source, tree)

    def unquoted_words(self):
        """:return: words that are compared with, and stand in no quotation marks."""
        return [
            side.text
            for node in self.nodes()
            if isinstance(node, Operation) and node.operator not in ("||", "&&")
            for side in node.inner()
            if isinstance(side, Text) and not side.quoted and not LITERALS.fullmatch(side.text)
        ]

    def met(self, scope):
        return holds(self.tree.evaluate(scope))
