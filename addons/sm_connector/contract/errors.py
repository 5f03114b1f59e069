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


class ParamError(ValueError):
    """A parameter of a converter that cannot be: the message is for logs, the code for screens.

    :ivar code: short stable code, for example ``not_a_format``
    :ivar values: what is put into the sentence of that code
    """

    def __init__(self, code: str, message: str, **values: str) -> None:
        super().__init__(message)
        self.code = code
        self.values = values


class MappingError(PayloadError):
    """Header and mapping do not fit together: nothing of the file may be applied.

    :ivar missing: source columns the mapping needs and the file does not have
    :ivar code: short stable code, for example ``target_twice``
    :ivar target: canonical field at fault, empty when it is not one alone
    :ivar values: what is put into the sentence of that code
    """

    def __init__(
        self,
        message: str,
        missing: tuple[str, ...] = (),
        *,
        code: str = "",
        target: str = "",
        **values: str,
    ) -> None:
        super().__init__(message)
        self.missing = missing
        self.code = code
        self.target = target
        self.values = values


def _shorten(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= SHOWN_CHARS else f"{text[: SHOWN_CHARS - 1]}…"
