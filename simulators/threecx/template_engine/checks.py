"""What a PBX accepts in a template and what bites later."""

from .moments import COMMON, PHONE_OUTPUTS, V20_VARIABLES, VARIABLES

__all__ = ["warnings_of"]

NAMES = {"FirstName", "LastName", "CompanyName", "FullName"}
OUTPUTS = {
    "ContactUrl", "Email", "EntityId", "EntityType", "PhotoUrl", "HeaderName", "HeaderValue",
    "BearerExpiration", *NAMES, *PHONE_OUTPUTS,
}  # fmt: skip
FINDING = ("LookupByEmail", "SearchContacts", "CreateContactRecordFromClient")
REPORTS = ("ReportCall", "ReportChat")


def warnings_of(template):
    """:return: iterator of texts, each beginning with its line."""
    if template.scenario("") is None:
        yield "line 1: no scenario looks numbers up (Id empty)"
    for scenario in template.scenarios:
        for line, text in _of_scenario(template, scenario):
            yield f"line {line}: {text}"


def _of_scenario(template, scenario):
    if scenario.id in REPORTS and (scenario.rules or scenario.variables or scenario.outputs):
        yield scenario.line, f"{scenario.id} has neither Rules nor Variables nor Outputs"
    if scenario.request:
        yield from _of_request(scenario.request)
    for variable in scenario.variables:
        if any(step.isdecimal() for step in variable.path.split(".")):
            yield variable.line, f"{variable.path}: an element cannot be chosen by its index"
    if scenario.outputs:
        yield from _of_outputs(template, scenario)
    if not _is_chained(template, scenario):
        yield from _unfilled(template, scenario)


def _of_request(request):
    if request.skip and (words := request.skip.unquoted_words()):
        yield request.line, f'SkipIf: "{words[0]}" is no text without quotation marks'
    todo = [request.body] if request.body else []
    while todo:
        posted = todo.pop()
        todo.extend(posted.children)
        if posted.condition and any('"' in word for word in posted.condition.unquoted_words()):
            yield posted.line, "If: quotation marks are part of the text"
        if posted.kind == "Array" and any(child.key for child in posted.children):
            yield posted.line, "elements of an Array have no Key"


def _of_outputs(template, scenario):
    for output in scenario.outputs.values:
        if output.type not in OUTPUTS:
            yield output.line, f"Output {output.type} is unknown"
        if output.type == "EntityType" and output.expression.source in ("person", "company"):
            yield output.line, "EntityType begins with a capital letter"
    is_last = not scenario.outputs.following and not _is_chained(template, scenario)
    if is_last and (not scenario.id or scenario.id.startswith(FINDING)):
        types = {output.type for output in scenario.outputs.values}
        if "ContactUrl" not in types:
            yield scenario.line, "without ContactUrl every match is thrown away"
        if not types & NAMES:
            yield scenario.line, "without a name every match is thrown away"
        if not scenario.id and not types & set(PHONE_OUTPUTS):
            yield scenario.line, "without a phone number every match is thrown away"


def _is_chained(template, scenario):
    return any(each.outputs and each.outputs.following == scenario.id for each in template.scenarios
               if scenario.id)  # fmt: skip


def _unfilled(template, scenario):
    """Variables no one fills."""
    reserved = max((key for key in VARIABLES if key and scenario.id.startswith(key)),
                   key=len, default="")  # fmt: skip
    is_reserved = reserved or not scenario.id
    known = COMMON | {parameter.name for parameter in template.parameters}
    known |= VARIABLES[reserved] if is_reserved else set()
    known |= {variable.name for each in template.scenarios for variable in each.variables
              if each is scenario or each.id == _authentication(template)}  # fmt: skip
    for line, readable in _readables(scenario):
        for name in sorted(readable.variables() - known):
            reason = "20 and later" if name in V20_VARIABLES else "nobody"
            yield line, f"[{name}] is filled by {reason}"


def _authentication(template):
    value = template.authentication.value
    return value.source if template.authentication.type == "Scenario" else None


def _readables(scenario):
    """Every expression and condition of a scenario, with its line."""
    request = scenario.request
    if request:
        for readable in (request.url, request.skip, request.message):
            if readable:
                yield request.line, readable
        todo = [*request.headers, *request.query, *([request.body] if request.body else [])]
        while todo:
            posted = todo.pop()
            todo.extend(posted.children)
            for readable in (posted.condition, posted.skip, posted.expression):
                if readable:
                    yield posted.line, readable
    if scenario.outputs:
        for output in scenario.outputs.values:
            yield output.line, output.expression
