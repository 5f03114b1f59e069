"""What Odoo 19 accepts in silence, or breaks only in the browser, and no linter reports."""

import re
from pathlib import Path

from .settings import ADDONS, ROOT

#: file suffix, what must not be found, what to write
TRAPS = (
    (".py", r"\b_sql_constraints\b", "models.Constraint / models.UniqueIndex: the list is ignored"),
    (".py", r"\bodoo\.osv\b|from odoo import osv", "odoo.fields.Domain"),
    (".py", r"from odoo import (?:.*\b)?registry\b", "odoo.modules.registry.Registry"),
    (".py", r"type=[\"']json[\"']", 'type="jsonrpc"'),
    (".py", r"[\"']view_mode[\"']\s*:\s*[\"'][^\"']*\btree\b", "view_mode list"),
    (".py", r"\.read_group\(", "_read_group or formatted_read_group"),
    (".py", r"\bgroups_id\b", "group_ids"),
    (".xml", r"<tree\b|</tree>", "<list>"),
    (".xml", r"name=[\"']view_mode[\"'][^>]*>[^<]*\btree\b", "view_mode list"),
    (".xml", r"t-name=[\"']kanban-box[\"']", 't-name="card": the old name breaks in the browser'),
    # components of the web client have properties of the same name
    (
        ".xml",
        r"\bstates=[\"']|\battrs=[\"']\s*\{\s*[\"'](?:invisible|readonly|required|column_invisible)",
        "invisible=, readonly=, required= as expressions",
    ),
    (".xml", r"\bt-esc=", "t-out"),
)


def find() -> list[str]:
    """One line ``file:line: what`` for each trap in our addons."""
    found = []
    for path in sorted(ADDONS.rglob("*")):
        rules = [(re.compile(rule), hint) for suffix, rule, hint in TRAPS if path.suffix == suffix]
        if rules and path.is_file():
            found += _in_file(path, rules)
    return found


def _in_file(path: Path, rules: list[tuple[re.Pattern, str]]) -> list[str]:
    return [
        f"{path.relative_to(ROOT)}:{number}: {match.group(0)!r}: use {hint}"
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        for rule, hint in rules
        if (match := rule.search(line))
    ]
