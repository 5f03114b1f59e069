"""A template that was read and accepted."""

from dataclasses import dataclass, field

from .expressions import Condition, Expression

__all__ = [
    "Authentication",
    "Output",
    "Outputs",
    "Parameter",
    "Posted",
    "Request",
    "Rule",
    "Scenario",
    "Template",
    "Variable",
]

GET, POST = "Get", "Post"


@dataclass(frozen=True, slots=True)
class Parameter:
    """A field of the PBX's CRM page."""

    name: str
    type: str
    parent: str
    title: str
    default: str
    line: int


@dataclass(frozen=True, slots=True)
class Posted:
    """A header, a query parameter, or a piece of a body.

    ``kind`` is Value, Object or Array; only a Value has an expression, only the others children.
    """

    kind: str
    key: str
    condition: Condition | None
    skip: Condition | None
    line: int
    expression: Expression | None = None
    passes: int = 1
    type: str = "String"
    children: tuple = ()

    def wanted(self, scope):
        if self.skip and self.skip.met(scope):
            return False
        return self.condition is None or self.condition.met(scope)


@dataclass(frozen=True, slots=True)
class Request:
    url: Expression
    method: str
    encoding: str
    content_type: str
    skip: Condition | None
    message: Expression | None
    message_passes: int
    headers: tuple[Posted, ...]
    query: tuple[Posted, ...]
    body: Posted | None
    line: int


@dataclass(frozen=True, slots=True)
class Rule:
    path: str
    expected: Expression | None
    """None: anything that is not empty."""


@dataclass(frozen=True, slots=True)
class Variable:
    name: str
    path: str
    rules: tuple[Rule, ...]
    line: int


@dataclass(frozen=True, slots=True)
class Output:
    type: str
    expression: Expression
    passes: int
    line: int


@dataclass(frozen=True, slots=True)
class Outputs:
    following: str
    """Id of the next scenario of the chain; empty: this is the last one."""
    allow_empty: bool
    values: tuple[Output, ...]


@dataclass(frozen=True, slots=True)
class Scenario:
    id: str
    type: str
    request: Request | None
    rules: tuple[Rule, ...]
    variables: tuple[Variable, ...]
    outputs: Outputs | None
    line: int


@dataclass(frozen=True, slots=True)
class Authentication:
    type: str
    value: Expression | None


@dataclass(frozen=True)
class Template:
    name: str
    version: int
    country: str
    supports_emojis: bool
    prefix: str
    max_length: Expression
    max_concurrent_requests: int
    parameters: tuple[Parameter, ...]
    authentication: Authentication
    scenarios: tuple[Scenario, ...]
    warnings: list[str] = field(default_factory=list)
    """What the PBX accepts and what does not work as it looks."""

    @classmethod
    def parse(cls, source):
        """:param source: the file, as bytes or as text.
        :raise TemplateError: the PBX refuses it."""
        # both build on this module
        from .checks import warnings_of
        from .reader import read_template

        template = read_template(source)
        template.warnings.extend(warnings_of(template))
        return template

    def scenario(self, scenario_id):
        """:return: the scenario of that id; None when there is none."""
        return next((each for each in self.scenarios if each.id == scenario_id), None)

    def starting_with(self, prefix):
        """:return: the scenarios of a reserved beginning that no other one leads to."""
        followers = {each.outputs.following for each in self.scenarios if each.outputs}
        return [
            each
            for each in self.scenarios
            if each.id.startswith(prefix) and each.id not in followers
        ]
