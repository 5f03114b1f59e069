"""What can go wrong with a template: refused, or failing while it runs."""


class TemplateError(ValueError):
    """The PBX refuses the file.

    :ivar int line: line of the file the reason stands at; 0 when no line is to blame.
    """

    def __init__(self, message, line=0):
        super().__init__(f"line {line}: {message}" if line else message)
        self.line = line


class ExpressionError(ValueError):
    """An expression cannot be read, or fails on the values of this call."""


class HttpError(Exception):
    """The CRM could not be reached, or did not answer with a success.

    :ivar int status: status of the answer; 0 when there was none.
    """

    def __init__(self, message, status=0):
        super().__init__(message)
        self.status = status
