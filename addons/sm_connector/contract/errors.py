"""Errors of rows and of mappings. Every message is a sentence for a person."""

from odoo.addons.integration_base.exceptions import PayloadError

SHOWN_CHARS = 80


class RowError(Exception):
    """One row (or one order) cannot be taken over; the others can.

    :ivar cause: short stable code, rows are grouped by it, for example ``bad_date``
    :ivar reason: what is wrong, without naming column and value
    :ivar field: source column when known, else the canonical field; empty when no single one
    :ivar value: offending text as delivered
    :ivar line: physical line of the row in the file, when known
    """

    def __init__(
        self, cause: str, reason: str, field: str = "", value: str = "", line: int | None = None
    ) -> None:
        super().__init__(cause, reason, field, value, line)
        self.cause = cause
        self.reason = reason
        self.field = field
        self.value = value
        self.line = line

    @property
    def message(self) -> str:
        """English sentence naming line, column and value as far as they are known."""
        where = f"Line {self.line}" if self.line is not None else ""
        if self.field:
            column = f"column “{self.field}”" if where else f"Column “{self.field}”"
            where = f"{where}, {column}" if where else column
            if self.value:
                where += f", value “{_shorten(self.value)}”"
        return (
            f"{where}: {self.reason}." if where else f"{self.reason[:1].upper()}{self.reason[1:]}."
        )

    def __str__(self) -> str:
        return self.message


class MappingError(PayloadError):
    """Header and mapping do not fit together: nothing of the file may be applied.

    :ivar missing: source columns the mapping needs and the file does not have
    """

    def __init__(self, message: str, missing: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.missing = missing


def _shorten(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= SHOWN_CHARS else f"{text[: SHOWN_CHARS - 1]}…"
