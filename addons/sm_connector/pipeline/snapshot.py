"""What a person would see of a record, and what of it differs before and after."""

from odoo.fields import Date, Datetime

DIGITS = 6


def take(records, applier) -> dict:
    """Return what is shown of each record, ``{id: {field: value}}``.

    Values are JSON-able: numbers, text, booleans, ISO dates, the key of a selection, the name of a
    record. A translated text has one value per language, lines have theirs by their key.

    :param records: those of ``applier.model``
    :param Applier applier: says what is shown, see `Applier.shown` and `Applier.shown_lines`
    """
    languages = [code for code, _name in records.env["res.lang"].get_installed()]
    shown = {}
    for record in records:
        values = {}
        for name in applier.shown:
            if record._fields[name].translate:
                for code in languages:
                    values[f"{name}@{code}"] = record.with_context(lang=code)[name] or None
            else:
                values[name] = _plain(record, name)
        for name, (key, columns) in applier.shown_lines.items():
            values[name] = {
                str(_plain(line, key)): {column: _plain(line, column) for column in columns}
                for line in record[name]
            }
        shown[record.id] = values
    return shown


def _plain(record, name):
    field, value = record._fields[name], record[name]
    if field.relational:
        return ", ".join(value.mapped("display_name")) or None
    if field.type == "boolean":
        return bool(value)
    if field.type in ("float", "monetary"):
        return round(value, DIGITS)
    if field.type == "integer":
        return value
    if field.type == "date":
        return Date.to_string(value) or None
    if field.type == "datetime":
        return Datetime.to_string(value) or None
    return value or None


def compare(old: dict, new: dict) -> list:
    """Return the differences of two snapshots of a record, ready for JSON.

    :return: dicts of ``field``, ``old``, ``new``; of a line also its ``line`` and ``column``, the
        latter None when the whole line comes or goes
    """
    diffs = []
    for name, before in old.items():
        after = new[name]
        if not isinstance(before, dict):
            if before != after:
                diffs.append({"field": name, "old": before, "new": after})
            continue
        for key in sorted({*before, *after}, key=lambda key: (len(key), key)):
            diffs += _compare_line(name, key, before.get(key), after.get(key))
    return _once_per_text(diffs)


def _compare_line(name, key, before, after):
    where = {"field": name, "line": key}
    if before is None or after is None:
        return [where | {"column": None, "old": before and _sum(before), "new": _sum(after)}]
    return [
        where | {"column": column, "old": before[column], "new": after[column]}
        for column in before
        if before[column] != after[column]
    ]


def _sum(line):
    """Return a line as one text."""
    if line is None:
        return None
    return " · ".join(str(value) for value in line.values() if value not in (None, False, ""))


def _once_per_text(diffs):
    """Drop what only repeats in another language: mostly all of them have the same text."""
    kept, seen = [], set()
    for diff in diffs:
        name, _at, language = diff["field"].partition("@")
        if language:
            change = (name, diff["old"], diff["new"])
            if change in seen:
                continue
            seen.add(change)
        kept.append(diff)
    return kept
