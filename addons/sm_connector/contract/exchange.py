"""A mapping as JSON: exported, imported, and kept version by version."""

from collections.abc import Iterable, Mapping
from typing import Any

from .base import IGNORE, OWNERSHIPS, Contract, FieldRule
from .converters import CONVERTERS
from .errors import MappingError

FORMAT = "silicon-master-mapping"
VERSION = 1
MAX_RULES = 500
_DEFAULTS = FieldRule("", "")
_OPTIONAL = ("converter", "params", "required", "more", "separator", "part", "ownership")
_TYPES = {
    "source": str,
    "target": str,
    "converter": str,
    "params": dict,
    "required": bool,
    "more": (list, tuple),
    "separator": str,
    "part": int,
    "ownership": str,
}


def rule_to_json(rule: FieldRule) -> dict[str, Any]:
    """Return a rule with all its settings as JSON-able values."""
    return {
        "target": rule.target,
        "source": rule.source,
        "more": list(rule.more),
        "separator": rule.separator,
        "part": rule.part,
        "converter": rule.converter,
        "params": dict(rule.params),
        "required": rule.required,
        "ownership": rule.ownership,
    }


def rule_from_json(data: Any) -> FieldRule:
    """Return the rule that :func:`rule_to_json` described; what is left out has its usual value.

    :raises MappingError: this is no rule
    """
    if not isinstance(data, Mapping) or not data.get("target"):
        raise _unreadable("a field of the mapping has no name", "target")
    unknown = set(data) - set(_TYPES)
    if unknown:
        name = sorted(map(str, unknown))[0]
        raise _unreadable(f"the mapping has the unknown setting “{name}”", name)
    for name, value in data.items():
        fits = isinstance(value, _TYPES[name])
        if name == "part":
            fits = fits and not isinstance(value, bool) and abs(value) <= 1000
        if name == "more":
            fits = fits and all(isinstance(column, str) for column in value)
        if name == "ownership":
            fits = value in OWNERSHIPS
        if not fits:
            raise _unreadable(f"the mapping has an unfit “{name}”", name)
    return FieldRule(**{**data, "source": data.get("source", "")})


def mapping_to_json(entity: str, rules: Iterable[FieldRule]) -> dict[str, Any]:
    """Return a mapping as the document a person keeps; usual settings are left out."""
    usual = rule_to_json(_DEFAULTS)
    fields = []
    for rule in rules:
        described = rule_to_json(rule)
        for name in _OPTIONAL:
            if described[name] == usual[name]:
                del described[name]
        fields.append(described)
    return {"format": FORMAT, "version": VERSION, "entity": entity, "fields": fields}


def mapping_from_json(contract: Contract, document: Any) -> list[FieldRule]:
    """Read a document of :func:`mapping_to_json`.

    :raises MappingError: another kind of document, another entity, unknown fields or converters
    """
    if not isinstance(document, Mapping) or document.get("format") != FORMAT:
        raise _unreadable("this is no mapping", "format")
    if document.get("version") != VERSION:
        raise _unreadable("the mapping is written by another version", "version")
    if document.get("entity") != contract.entity:
        raise MappingError(
            f"The mapping is one of “{document.get('entity')}”, not of “{contract.entity}”.",
            code="other_entity",
            value=str(document.get("entity")),
        )
    fields = document.get("fields")
    if not isinstance(fields, list) or len(fields) > MAX_RULES:
        raise _unreadable("the mapping has no list of fields", "fields")
    rules = [rule_from_json(item) for item in fields]
    known = contract.field_by_name
    seen: set[str] = set()
    for rule in rules:
        if rule.target not in known:
            raise _refused(rule, "unknown_target", "is no field of this kind of data")
        if rule.target in seen:
            raise _refused(rule, "target_twice", "is fed twice")
        if rule.converter and rule.converter not in CONVERTERS:
            raise _refused(rule, "unknown_converter", f"is converted by “{rule.converter}”")
        if rule.ownership not in contract.ownerships(rule.target):
            raise _refused(rule, "owner", f"cannot be owned like this: “{rule.ownership}”")
        seen.add(rule.target)
    return rules


def used_rules(rules: Iterable[FieldRule]) -> list[FieldRule]:
    """Return the rules that a run uses."""
    return [rule for rule in rules if rule.ownership != IGNORE]


def _unreadable(message: str, name: str) -> MappingError:
    return MappingError(f"{message[:1].upper()}{message[1:]}.", code="unreadable", value=name)


def _refused(rule: FieldRule, code: str, message: str) -> MappingError:
    return MappingError(
        f"The field “{rule.target}” {message}.", code=code, target=rule.target, column=rule.source
    )
