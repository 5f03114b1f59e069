"""From the XML of a template to a :class:`~.template.Template`, refusing what the PBX refuses."""

import re

from . import template as parts
from .errors import ExpressionError, TemplateError
from .expressions import Condition, Expression
from .xml_tree import parse_xml

__all__ = ["read_template"]

PREFIXES = ("AsIs", "Off", "Plus", "Zeros")
CONCURRENT_REQUESTS = range(2, 17)
PARAMETER_TYPES = (
    "String", "Password", "Boolean", "Integer", "Double", "DateTime", "OAuth", "List",
)  # fmt: skip
EDITORS = ("String", "Sql")
SCENARIO_TYPES = ("REST", "SQLDatabase", "NoSQLDatabase")
VALUE_TYPES = ("String", "Integer", "Boolean", "Double", "DateTime")
#: Parent of a parameter that is another parameter's neither.
GENERAL = ("", "General Configuration")
DEFAULTS = {
    "Boolean": re.compile(r"(?i:true|false)|"),
    "Integer": re.compile(r"-?\d+|"),
    "Double": re.compile(r"-?\d+(\.\d+)?|"),
}

#: What is written in the file, by its place; anything else is ignored by the PBX, and warned of.
KNOWN = {
    "Crm": {
        "Name", "Version", "Country", "SupportsEmojis", "SupportsTranscription", "ListPageSize",
        "ListRendering", "xmlns:xsi", "xmlns:xsd",
    },
    "Number": {"Prefix", "MaxLength"},
    "Connection": {"MaxConcurrentRequests"},
    "Parameter": {
        "Name", "Type", "Parent", "Editor", "Title", "Validation", "Default", "ListValues",
        "RequestUrl", "RequestUrlParameters", "ResponseScenario",
    },
    "Authentication": {"Type", "DefaultExpiration", "StoreAllValues"},
    "Scenario": {"Id", "Type", "EntityId", "EntityOrder"},
    "Request": {
        "SkipIf", "Url", "MessagePasses", "Message", "RequestContentType", "RequestEncoding",
        "RequestType", "ResponseType",
    },
    "Rule": {"Type", "Ethalon"},
    "Variable": {"Name", "Path", "LookupValue"},
    "Filter": set(),
    "Outputs": {"Next", "AllowEmpty"},
    "Output": {"Type", "Passes", "Value"},
    "Value": {"Key", "Type", "Passes", "If", "SkipIf"},
    "Object": {"Key", "If", "SkipIf"},
    "Array": {"Key", "If", "SkipIf"},
    "PostValues": {"Key", "If", "SkipIf"},
    "Parameters": set(), "Scenarios": set(), "Rules": set(), "Variables": set(),
    "Headers": set(), "QueryParams": set(), "Values": set(),
}  # fmt: skip


def read_template(source):
    """:raise TemplateError: the PBX refuses the file."""
    root = parse_xml(source)
    if root.tag != "Crm":
        raise TemplateError(f"the root element is Crm, not {root.tag}", root.line)
    for name in ("Name", "Version", "Country"):
        if not root.get(name).strip():
            raise TemplateError(f"Crm has no {name}", root.line)
    number = _child(root, "Number")
    parameters = tuple(map(_parameter, _child(root, "Parameters").all("Parameter")))
    _check_parameters(parameters)
    scenarios = tuple(map(_scenario, _child(root, "Scenarios").all("Scenario")))
    _check_scenarios(scenarios)
    return parts.Template(
        name=root.get("Name"),
        version=_integer(root, "Version"),
        country=root.get("Country"),
        supports_emojis=_boolean(root, "SupportsEmojis"),
        prefix=_choice(number, "Prefix", PREFIXES),
        max_length=_expression(number, number.get("MaxLength")),
        max_concurrent_requests=_concurrent(_child(root, "Connection")),
        parameters=parameters,
        authentication=_authentication(_child(root, "Authentication"), scenarios),
        scenarios=scenarios,
        warnings=list(_unknown(root)),
    )


def _child(node, tag):
    children = node.all(tag)
    if len(children) != 1:
        count = "no" if not children else "more than one"
        raise TemplateError(f"{node.tag} has {count} {tag}", node.line)
    return children[0]


def _choice(node, name, allowed, default=None):
    value = node.get(name) or default
    if value not in allowed:
        raise TemplateError(
            f'{node.tag} {name}="{value or ""}": one of {", ".join(allowed)}', node.line
        )
    return value


def _integer(node, name, default=None):
    text = node.get(name) or default
    if text is None or not re.fullmatch(r"\d+", text):
        raise TemplateError(f'{node.tag} {name}="{text or ""}": a whole number', node.line)
    return int(text)


def _boolean(node, name):
    text = node.get(name, "false")
    if text not in ("true", "false", "1", "0"):
        raise TemplateError(f'{node.tag} {name}="{text}": true or false', node.line)
    return text in ("true", "1")


def _expression(node, text):
    try:
        return Expression(text)
    except ExpressionError as error:
        raise TemplateError(str(error), node.line) from None


def _condition(node, name, quotes):
    text = node.get(name).strip()
    try:
        return Condition(text, quotes) if text else None
    except ExpressionError as error:
        raise TemplateError(f"{name}: {error}", node.line) from None


def _concurrent(node):
    count = _integer(node, "MaxConcurrentRequests")
    if count not in CONCURRENT_REQUESTS:
        raise TemplateError("MaxConcurrentRequests is a number from 2 to 16", node.line)
    return count


def _parameter(node):
    kind = _choice(node, "Type", PARAMETER_TYPES)
    _choice(node, "Editor", EDITORS, default="String")
    default = node.get("Default")
    if not node.get("Name"):
        raise TemplateError("a Parameter has no Name", node.line)
    if kind in DEFAULTS and not DEFAULTS[kind].fullmatch(default):
        raise TemplateError(f'Default="{default}" is no {kind}', node.line)
    if kind == "List" and default not in ("", *node.get("ListValues").split(",")):
        raise TemplateError(f'Default="{default}" is not one of ListValues', node.line)
    return parts.Parameter(
        node.get("Name"), kind, node.get("Parent"), node.get("Title"), default, node.line
    )


def _check_parameters(parameters):
    names = set()
    for parameter in parameters:
        if parameter.name in names:
            raise TemplateError(f"two parameters {parameter.name}", parameter.line)
        names.add(parameter.name)
    for parameter in parameters:
        if parameter.parent not in (*GENERAL, *names):
            raise TemplateError(f'Parent="{parameter.parent}" is no parameter', parameter.line)


def _authentication(node, scenarios):
    kind = _choice(node, "Type", ("No", "Basic", "Scenario"))
    if node.child("Scenario"):
        raise TemplateError("the scenario of Authentication stands among Scenarios", node.line)
    value = node.child("Value")
    if kind == "No":
        return parts.Authentication(kind, None)
    if value is None or not value.text.strip():
        raise TemplateError(f"Authentication {kind} has no Value", node.line)
    text = value.text.strip()
    if kind == "Scenario" and text not in {scenario.id for scenario in scenarios}:
        raise TemplateError(f'there is no scenario "{text}"', value.line)
    return parts.Authentication(kind, _expression(value, text))


def _scenario(node):
    kind = _choice(node, "Type", SCENARIO_TYPES)
    outputs = node.child("Outputs")
    rules = node.child("Rules")
    variables = node.child("Variables")
    return parts.Scenario(
        id=node.get("Id"),
        type=kind,
        request=_request(_child(node, "Request")) if kind == "REST" else None,
        rules=_rules(rules),
        variables=tuple(map(_variable, variables.all("Variable"))) if variables else (),
        outputs=_outputs(outputs) if outputs else None,
        line=node.line,
    )


def _check_scenarios(scenarios):
    by_id = {}
    for scenario in scenarios:
        if scenario.id and scenario.id in by_id:
            raise TemplateError(f'two scenarios "{scenario.id}"', scenario.line)
        by_id[scenario.id] = scenario
    for scenario in scenarios:
        seen = []
        while scenario.outputs and (following := scenario.outputs.following):
            if following not in by_id:
                raise TemplateError(f'Next="{following}" is no scenario', scenario.line)
            if following in seen:
                raise TemplateError(f'"{following}" follows itself', scenario.line)
            seen.append(following)
            scenario = by_id[following]


def _request(node):
    method = _choice(node, "RequestType", (parts.GET, parts.POST), default=parts.GET)
    encoding = _choice(node, "RequestEncoding", ("UrlEncoded", "Json"), default="UrlEncoded")
    _choice(node, "ResponseType", ("Json", "Xml"), default="Json")
    if not node.get("Url").strip():
        raise TemplateError("Request has no Url", node.line)
    posted = node.child("PostValues")
    body = _posted(posted, "Object") if posted and posted.children else None
    if body and node.get("Message"):
        raise TemplateError("Message and PostValues exclude each other", node.line)
    if body and encoding == "UrlEncoded" and any(each.kind != "Value" for each in body.children):
        raise TemplateError("Object and Array need RequestEncoding Json", node.line)
    return parts.Request(
        url=_expression(node, node.get("Url")),
        method=method,
        encoding=encoding,
        content_type=node.get("RequestContentType"),
        skip=_condition(node, "SkipIf", quotes=True),
        message=_expression(node, node.get("Message")) if node.get("Message") else None,
        message_passes=_integer(node, "MessagePasses", "0"),
        headers=_values(node.child("Headers")),
        query=_values(node.child("QueryParams")),
        body=body,
        line=node.line,
    )


def _values(node):
    values = tuple(_posted(value, "Value") for value in node.all("Value")) if node else ()
    for value in values:
        if not value.key:
            raise TemplateError(f"a Value of {node.tag} has no Key", value.line)
    return values


def _posted(node, kind):
    common = {
        "kind": kind,
        "key": node.get("Key"),
        "condition": _condition(node, "If", quotes=False),
        "skip": _condition(node, "SkipIf", quotes=True),
        "line": node.line,
    }
    if kind == "Value":
        return parts.Posted(
            **common,
            expression=_expression(node, node.text),
            passes=_integer(node, "Passes", "1"),
            type=_choice(node, "Type", VALUE_TYPES, default="String"),
        )
    kinds = ("Value", "Object", "Array")
    children = tuple(_posted(child, child.tag) for child in node.children if child.tag in kinds)
    return parts.Posted(**common, children=children)


def _rules(node):
    return tuple(map(_rule, node.all("Rule"))) if node else ()


def _rule(node):
    kind = _choice(node, "Type", ("Any", "Equals"))
    path = node.text.strip()
    if not path:
        raise TemplateError("a Rule has no path", node.line)
    expected = _expression(node, node.get("Ethalon")) if kind == "Equals" else None
    return parts.Rule(path, expected)


def _variable(node):
    if not node.get("Name") or not node.get("Path"):
        raise TemplateError("a Variable needs a Name and a Path", node.line)
    rules = _rules(node.child("Filter"))
    return parts.Variable(node.get("Name"), node.get("Path"), rules, node.line)


def _outputs(node):
    return parts.Outputs(
        node.get("Next"), _boolean(node, "AllowEmpty"), tuple(map(_output, node.all("Output")))
    )


def _output(node):
    if not node.get("Type"):
        raise TemplateError("an Output has no Type", node.line)
    value = _expression(node, node.get("Value"))
    return parts.Output(node.get("Type"), value, _integer(node, "Passes", "0"), node.line)


def _unknown(node):
    """What stands in the file and means nothing to the PBX."""
    for name in node.attributes:
        if name not in KNOWN.get(node.tag, ()):
            yield f"line {node.line}: {node.tag} {name} is ignored"
    for child in node.children:
        if child.tag in KNOWN:
            yield from _unknown(child)
        else:
            yield f"line {child.line}: {child.tag} is ignored"
