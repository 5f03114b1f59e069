"""What a GraphQL server says when it cannot answer."""


class QueryError(Exception):
    """:param str message: for the client; :param tuple place: line and column, or None
    :param list path: of the answer, where it happened; :param str code: for machines"""

    def __init__(self, message, place=None, path=None, code=None):
        super().__init__(message)
        self.message = message
        self.place = place
        self.path = path
        self.code = code

    def to_json(self):
        content = {"message": self.message}
        if self.place:
            content["locations"] = [{"line": self.place[0], "column": self.place[1]}]
        if self.path:
            content["path"] = self.path
        if self.code:
            content["extensions"] = {"code": self.code}
        return content
