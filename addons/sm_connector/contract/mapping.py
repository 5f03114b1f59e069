"""Header + rules, compiled once per file into functions that are called for every row."""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from hashlib import blake2b, sha256
from operator import itemgetter
from typing import Any

from .base import IGNORE, Contract, Field, FieldRule, Record
from .converters import CONVERTERS, Convert
from .errors import MappingError, RowError
from .words import fold_column

Row = tuple[int, list[str]]
Step = tuple[str, int, Convert]
Gather = Callable[[Sequence[str]], str]
JoinStep = tuple[str, tuple[int, ...], Gather, Convert]

HASH_BYTES = 16
_canonical = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode


def canonical_hash(record: Record) -> bytes:
    """Return the sha256 (32 bytes) of a canonical record; equal records have equal hashes."""
    return sha256(_canonical(record).encode()).digest()


def compile_mapping(
    contract: Contract,
    header: Sequence[str],
    rules: Sequence[FieldRule],
    salt: str = "",
    is_partial: bool = False,
) -> "CompiledMapping":
    """Fit rules to a header.

    :param salt: anything else that must make every row be converted afresh when it changes
    :param is_partial: the rows complete what is known already, so that only their key must be there
    :raises MappingError: unknown names, unfit parameters, columns missing or named twice
    """
    return CompiledMapping(contract, header, rules, salt, is_partial)


class CompiledMapping:
    """Rows of one file → keys, hashes and canonical records.

    :ivar fingerprint: 32 bytes that change with the columns read, rules, contract, salt; they seed
        :meth:`source_hash`, so a changed mapping makes every row new
    :ivar unmapped: columns of the file no rule reads
    :ivar absent: sources of optional rules the file has no column for; these fields are left out
    :ivar key: ``key(cells) -> str``, the trimmed key cell; ``""`` when the row is too short
    :ivar source_hash: ``source_hash(cells) -> bytes``, 16 bytes over the mapped cells, so a moved
        timestamp in a column nobody reads changes nothing
    """

    key: Callable[[list[str]], str]
    source_hash: Callable[[list[str]], bytes]

    def __init__(
        self,
        contract: Contract,
        header: Sequence[str],
        rules: Sequence[FieldRule],
        salt: str,
        is_partial: bool = False,
    ) -> None:
        self.contract = contract
        self.header = list(header)
        columns = _find_columns(contract, self.header, rules, is_partial)
        used = {index for indexes in columns.values() for index in indexes}
        self.absent = [rule.source for rule in rules if rule.source and rule.target not in columns]
        self.unmapped = [name for i, name in enumerate(self.header) if name and i not in used]
        self._source_of = {rule.target: rule.source for rule in rules if rule.source}
        self._indexes_of = columns
        self._header_steps = self._compile_steps(rules, "header")
        self._line_steps = self._compile_steps(rules, "line")
        self._header_joins = self._compile_joins(rules, "header")
        self._line_joins = self._compile_joins(rules, "line")
        self._key_names = {
            item.key: item.name for item in contract.fields if item.level == "header"
        }
        self._line_names = {item.key: item.name for item in contract.fields if item.level == "line"}
        self._required = self._required_keys("header")
        self._line_required = self._required_keys("line")
        self.fingerprint = _fingerprint(
            contract, [self.header[index] for index in sorted(used)], rules, salt
        )
        self.key = self._compile_key(rules)
        self.source_hash = _compile_source_hash(sorted(used), self.fingerprint)
        self._line_cells = {
            *(index for _key, index, _fn in self._line_steps),
            *(index for _key, indexes, *_fns in self._line_joins for index in indexes),
        }
        self._header_cells = itemgetter(
            *[index for _key, index, _fn in self._header_steps],
            *[index for _key, indexes, *_fns in self._header_joins for index in indexes],
        )

    # -- compilation ---------------------------------------------------------------------------

    def _compile_steps(self, rules: Sequence[FieldRule], level: str) -> list[Step]:
        steps = []
        for target, rule, indexes in self._found(rules, level):
            if len(indexes) > 1:
                continue
            convert = compile_converter(target, rule)
            if rule.part:
                convert = _after_split(rule.separator, rule.part, convert)
            # A constant reads no column; any index does.
            steps.append((target.key, indexes[0] if indexes else 0, convert))
        return steps

    def _compile_joins(self, rules: Sequence[FieldRule], level: str) -> list[JoinStep]:
        return [
            (target.key, indexes, _joiner(indexes, rule.separator), compile_converter(target, rule))
            for target, rule, indexes in self._found(rules, level)
            if len(indexes) > 1
        ]

    def _found(
        self, rules: Sequence[FieldRule], level: str
    ) -> Iterator[tuple[Field, FieldRule, tuple[int, ...]]]:
        """Yield the rules of a level that the file can feed, with the places of their columns."""
        fields = self.contract.field_by_name
        for rule in rules:
            target = fields[rule.target]
            if target.level == level and rule.target in self._indexes_of:
                yield target, rule, self._indexes_of[rule.target]

    def _required_keys(self, level: str) -> tuple[tuple[str, str], ...]:
        return tuple(
            (item.key, item.name)
            for item in self.contract.fields
            # what a partial file has no column for cannot be empty
            if item.required and item.level == level and item.name in self._indexes_of
        )

    def _compile_key(self, rules: Sequence[FieldRule]) -> Callable[[list[str]], str]:
        rule = next(rule for rule in rules if rule.target == self.contract.key_field)
        indexes, pad = self._indexes_of[rule.target], rule.params.get("pad", 0)
        index = indexes[0] if indexes else 0
        gather = _gatherer(rule, indexes) if rule.more or rule.part else itemgetter(index)

        def key(cells: list[str]) -> str:
            try:
                return gather(cells).strip()
            except IndexError:  # a row cut short
                return ""

        def padded_key(cells: list[str]) -> str:
            text = key(cells)
            return text.zfill(pad) if text.isascii() and text.isdigit() else text

        return padded_key if pad else key

    def find_lacking(self, record: Record) -> str:
        """Return the first field a record needs to be created and this file has no column for."""
        return next(
            (
                item.name
                for item in self.contract.fields
                if item.required and item.level == "header" and item.key not in record
            ),
            "",
        )

    # -- conversion ----------------------------------------------------------------------------

    def convert(self, rows: Sequence[Row]) -> Record:
        """Return the canonical record of one row, or of all rows of one order.

        Values are JSON-able: numbers are text without idle zeros, dates ISO text. Empty text, code,
        country and language are ``""``; an empty number, date or table value is None.

        :raises RowError: naming line, column and value
        """
        if self.contract.line_key_field:
            return self._convert_group(rows)
        line, cells = rows[0]
        if len(rows) > 1:
            raise RowError(
                "repeated_key",
                f"the key stands on {len(rows)} rows (lines {_join(n for n, _cells in rows)})",
                self._source_of.get(self.contract.key_field, ""),
                self.key(cells),
                line,
            )
        record = self._convert_header(cells, line)
        try:
            self.contract.complete(record)
            self.contract.check(record)
        except RowError as error:
            raise self._located(error, self._key_names, cells, line) from None
        return record

    def _convert_group(self, rows: Sequence[Row]) -> Record:
        first_line, first = rows[0]
        record = self._convert_header(first, first_line)
        first_cells = self._header_cells(first)
        lines: list[Record] = []
        seen: dict[Any, int] = {}
        if len(rows) == 1 and not any(first[index].strip() for index in self._line_cells):
            rows = []  # a nested order, or one of two files, that has no lines
        for number, (line, cells) in enumerate(rows, 1):
            if self._header_cells(cells) != first_cells:
                self._check_same(record, first_line, cells, line)
            entry = self._convert_line(cells, line)
            line_key = entry.setdefault(self.contract.line_key_field, None)
            if line_key is None:
                line_key = entry[self.contract.line_key_field] = number
            if line_key in seen:
                raise RowError(
                    "duplicate_line",
                    "the line number stands twice in the same order, "
                    f"first on line {seen[line_key]}",
                    self._source_of.get(self.contract.line_key_field, self.contract.line_key_field),
                    str(line_key),
                    line,
                )
            seen[line_key] = line
            lines.append(entry)
        if self._line_steps or self._line_joins:
            record["lines"] = sorted(lines, key=itemgetter(self.contract.line_key_field))
        try:
            self.contract.complete(record)
            self.contract.check(record)
        except RowError as error:
            raise self._located(error, self._key_names, first, first_line) from None
        return record

    def _convert_header(self, cells: list[str], line: int) -> Record:
        return self._apply(self._header_steps, self._header_joins, self._required, cells, line)

    def _convert_line(self, cells: list[str], line: int) -> Record:
        entry = self._apply(self._line_steps, self._line_joins, self._line_required, cells, line)
        try:
            self.contract.complete_line(entry)
            self.contract.check_line(entry)
        except RowError as error:
            raise self._located(error, self._line_names, cells, line) from None
        return entry

    def _apply(
        self,
        steps: list[Step],
        joins: list[JoinStep],
        required: tuple[tuple[str, str], ...],
        cells: list[str],
        line: int,
    ) -> Record:
        record: Record = {}
        key, index = "", 0
        try:
            for key, index, convert in steps:
                record[key] = convert(cells[index])
        except RowError as error:
            name = self.header[index] if index < len(self.header) else key
            raise RowError(error.cause, error.reason, name, cells[index].strip(), line) from None
        for key, indexes, gather, convert in joins:
            text = gather(cells)
            try:
                record[key] = convert(text)
            except RowError as error:
                name = self.header[indexes[0]]
                raise RowError(error.cause, error.reason, name, text.strip(), line) from None
        for key, name in required:
            if record[key] in ("", None):
                source = self._source_of.get(name, name)
                raise RowError(f"missing_{name}", "is empty, but it is mandatory", source, "", line)
        return record

    def _check_same(self, record: Record, first_line: int, cells: list[str], line: int) -> None:
        """Refuse an order whose rows disagree; ``12,5`` and ``12,50`` agree."""
        other = self._convert_header(cells, line)
        for key, value in other.items():
            if value != record[key]:
                name = self._key_names[key]
                raise RowError(
                    "inconsistent_header",
                    f"the rows of one order differ: “{_show(record[key])}” on line {first_line}, "
                    f"“{_show(value)}” here",
                    self._source_of.get(name, name),
                    _show(value),
                    line,
                )

    def _located(
        self, error: RowError, names: Mapping[str, str], cells: list[str], line: int
    ) -> RowError:
        """Put the column of the file and its raw value in the place of the canonical field."""
        name = names.get(error.field, error.field)
        indexes = self._indexes_of.get(name)
        value = cells[indexes[0]].strip() if indexes else error.value
        return RowError(error.cause, error.reason, self._source_of.get(name, name), value, line)


def _find_columns(
    contract: Contract,
    header: Sequence[str],
    rules: Sequence[FieldRule],
    is_partial: bool = False,
) -> dict[str, tuple[int, ...]]:
    """Return target → positions (none for a constant) of every rule the file can feed."""
    needed = _needed(contract, is_partial)
    names = [fold_column(name) for name in header]
    counts = Counter(names)
    columns: dict[str, tuple[int, ...]] = {}
    missing: list[tuple[FieldRule, str]] = []
    targets: set[str] = set()
    for rule in rules:
        _check_rule(contract, rule, targets)
        targets.add(rule.target)
        _check_columns(rule, counts)
        absent = [name for name in rule.sources if not counts[fold_column(name)]]
        if not absent:
            columns[rule.target] = tuple(names.index(fold_column(name)) for name in rule.sources)
        elif rule.target in needed or rule.required and not is_partial:
            missing += [(rule, name) for name in absent]
    if missing:
        raise _missing_columns(contract, header, missing)
    for item in contract.fields:
        if item.name in needed and item.name not in columns:
            raise _unfed(item)
    return columns


def find_problems(
    contract: Contract,
    header: Sequence[str] | None,
    rules: Sequence[FieldRule],
    is_partial: bool = False,
) -> list[MappingError]:
    """Return everything that keeps a mapping from being used, where compiling stops at the first.

    :param header: columns of a file, None when there is none to look at
    :param is_partial: as for :func:`compile_mapping`
    """
    fields = contract.field_by_name
    needed = _needed(contract, is_partial)
    counts = Counter(map(fold_column, header or ()))
    problems: list[MappingError] = []
    targets: set[str] = set()
    used = [rule for rule in rules if rule.ownership != IGNORE]
    for rule in used:
        try:
            _check_rule(contract, rule, targets)
            targets.add(rule.target)
            compile_converter(fields[rule.target], rule)
            if header is not None:
                _check_columns(rule, counts)
                missing = [name for name in rule.sources if not counts[fold_column(name)]]
                if missing and (rule.target in needed or rule.required and not is_partial):
                    raise _missing_columns(contract, header, [(rule, name) for name in missing])
        except MappingError as error:
            problems.append(error)
    fed = {rule.target for rule in used}
    problems += [
        _unfed(item) for item in contract.fields if item.name in needed and item.name not in fed
    ]
    return problems


def _needed(contract: Contract, is_partial: bool) -> set[str]:
    """Return the fields without which a file cannot be used."""
    if is_partial:
        return {contract.key_field}
    return {item.name for item in contract.fields if item.required}


def _unfed(item: Field) -> MappingError:
    return MappingError(
        f"The mapping feeds nothing into “{item.name}” ({item.label}), which is mandatory.",
        code="mandatory_unfed",
        target=item.name,
    )


def _check_columns(rule: FieldRule, counts: Mapping[str, int]) -> None:
    """Refuse a column that stands twice in the file.

    :raises MappingError: naming the column
    """
    for name in rule.sources:
        if counts[fold_column(name)] > 1:
            raise MappingError(
                f"The file has the column “{name}” {counts[fold_column(name)]} times; "
                f"it cannot be told which one feeds “{rule.target}”.",
                code="column_twice",
                target=rule.target,
                column=name,
            )


def _check_rule(contract: Contract, rule: FieldRule, targets: set[str]) -> None:
    """Refuse a rule that fits no file at all.

    :raises MappingError: unknown or repeated target, no column, an impossible join or split
    """
    fields = contract.field_by_name
    if rule.target not in fields:
        raise MappingError(
            f"The mapping feeds “{rule.target}”, which is no field of {contract.label}.",
            code="unknown_target",
            column=rule.source,
        )
    if rule.target in targets:
        raise MappingError(
            f"The mapping feeds the field “{rule.target}” twice.",
            code="target_twice",
            target=rule.target,
        )
    is_constant = (rule.converter or fields[rule.target].converter) == "constant"
    if not all(map(fold_column, rule.sources)) or not (rule.source or is_constant):
        raise MappingError(
            f"The mapping names no column for the field “{rule.target}”.",
            code="no_column",
            target=rule.target,
        )
    if rule.more and (rule.part or not rule.source):
        raise MappingError(
            f"The mapping of “{rule.target}” both joins columns and splits one.",
            code="join_and_split",
            target=rule.target,
        )
    if rule.part and not rule.separator:
        raise MappingError(
            f"The mapping of “{rule.target}” splits a column, but at no separator.",
            code="no_separator",
            target=rule.target,
        )


def _missing_columns(
    contract: Contract, header: Sequence[str], missing: Sequence[tuple[FieldRule, str]]
) -> MappingError:
    by_name = {fold_column(name): name for name in header if name}
    parts = []
    for rule, source in missing:
        synonyms = contract.synonyms.get(rule.target, ()) if source == rule.source else ()
        candidates = [source, *synonyms]
        known = next((by_name[n] for n in map(fold_column, candidates) if n in by_name), None)
        near = get_close_matches(fold_column(source), by_name, n=1, cutoff=0.6)
        nearest = known or (by_name[near[0]] if near else None)
        parts.append(f"“{source}”" + (f" (nearest in the file: “{nearest}”)" if nearest else ""))
    shown = ", ".join(f"“{name}”" for name in header[:30])
    columns = "1 column" if len(missing) == 1 else f"{len(missing)} columns"
    return MappingError(
        f"The file lacks {columns} that the mapping needs: {', '.join(parts)}. "
        f"The file has: {shown}. Nothing was changed. "
        "Correct the export, or the mapping of the feed.",
        tuple(source for _rule, source in missing),
        code="missing_columns",
        target=missing[0][0].target,
        column=", ".join(source for _rule, source in missing),
    )


def compile_converter(target: Field, rule: FieldRule) -> Convert:
    """Return the function that converts the text a rule gathers.

    :raises MappingError: an unknown converter or unfit parameters
    """
    name = rule.converter or target.converter
    if name not in CONVERTERS:
        raise MappingError(
            f"The mapping of “{rule.source}” names the converter “{name}”, which does not exist "
            f"(known: {', '.join(CONVERTERS)}).",
            code="unknown_converter",
            target=rule.target,
        )
    proposed = target.params if name == target.converter else {}
    try:
        return CONVERTERS[name].compile({**proposed, **rule.params})
    except (ValueError, TypeError, KeyError) as error:
        raise MappingError(
            f"The mapping of “{rule.source}”: {error}.",
            code=getattr(error, "code", "bad_params"),
            target=rule.target,
            **getattr(error, "values", {}),
        ) from error


def gather_text(rule: FieldRule, texts: Sequence[str]) -> str:
    """Return the text that a rule hands to its converter.

    :param texts: cells of the rule's columns, in their order; none for a constant
    """
    if not texts:
        return ""
    return _gatherer(rule, tuple(range(len(texts))))(texts)


def _gatherer(rule: FieldRule, indexes: tuple[int, ...]) -> Gather:
    if len(indexes) > 1:
        return _joiner(indexes, rule.separator)
    index = indexes[0] if indexes else 0
    if not rule.part:
        return itemgetter(index)
    split = _splitter(rule.separator, rule.part)
    return lambda cells: split(cells[index])


def _joiner(indexes: tuple[int, ...], separator: str) -> Gather:
    pick = itemgetter(*indexes)

    def join(cells: Sequence[str]) -> str:
        return separator.join(filter(None, map(str.strip, pick(cells))))

    return join


def _splitter(separator: str, part: int) -> Callable[[str], str]:
    """Return text → its part, ``""`` when it has fewer; a blank separates at any run of blanks."""
    position = part - 1 if part > 0 else part
    blank = not separator.strip(" ")

    def split(text: str) -> str:
        parts = text.split() if blank else text.split(separator)
        try:
            return parts[position]
        except IndexError:
            return ""

    return split


def _after_split(separator: str, part: int, convert: Convert) -> Convert:
    split = _splitter(separator, part)
    return lambda text: convert(split(text))


def _fingerprint(
    contract: Contract, read: Sequence[str], rules: Sequence[FieldRule], salt: str
) -> bytes:
    """Describe how rows become records; ``read`` are the columns that count, in their order."""
    described = [
        [rule.target, rule.source, rule.converter, dict(rule.params), rule.required]
        # nothing more for a plain rule: the rows of a mapping that stays the same stay the same
        + ([[*rule.more], rule.separator, rule.part] if rule.more or rule.part else [])
        for rule in sorted(rules, key=lambda rule: rule.target)
    ]
    content = [contract.entity, contract.version, list(read), described, salt]
    return blake2b(_canonical(content).encode(), digest_size=32).digest()


def _compile_source_hash(used: list[int], fingerprint: bytes) -> Callable[[list[str]], bytes]:
    """Hash the used cells; NUL separates them, as no readable row holds one.

    The seed goes into blake2b's ``person`` and ``salt``, which cost nothing per row.
    """
    person, salt = fingerprint[:16], fingerprint[16:]
    first, end = used[0], used[-1] + 1

    def contiguous(cells: list[str]) -> bytes:
        text = "\0".join(cells[first:end])
        return blake2b(text.encode(), digest_size=HASH_BYTES, person=person, salt=salt).digest()

    pick = itemgetter(*used) if len(used) > 1 else lambda cells: (cells[first],)

    def scattered(cells: list[str]) -> bytes:
        text = "\0".join(pick(cells))
        return blake2b(text.encode(), digest_size=HASH_BYTES, person=person, salt=salt).digest()

    return contiguous if used == list(range(first, end)) else scattered


def _join(numbers: Any) -> str:
    return ", ".join(map(str, numbers))


def _show(value: Any) -> str:
    text = "" if value is None else str(value)
    return text if len(text) <= 40 else f"{text[:39]}…"
