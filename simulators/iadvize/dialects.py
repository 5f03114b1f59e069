"""How messages look in GraphQL. iAdvize does not publish it: two guesses, both served, so that a
client has to look (see the files of ``schema``)."""

from simulators.clock import moment

from .clock import iso
from .gql.errors import QueryError


class Typed:
    """A type for each kind of message."""

    name = "typed"

    def __init__(self, views):
        self.views = views

    def message(self, one, conversation):
        """:param Message one: of a Conversation; :return dict: a node"""
        head = {"id": one.id, "createdAt": iso(one.at)}
        if one.author == "system":
            return {
                "__typename": "SystemMessage",
                **head,
                "attachment": lambda: self._event(one),
            }
        kind = "VisitorMessage" if one.author == "visitor" else "UserMessage"
        return {
            "__typename": kind,
            **head,
            "visitor": lambda: self.views.visitor(conversation.visitor),
            "user": lambda: self.views.user(one.operator),
            "attachment": self._attachment(one),
        }

    def _event(self, one):
        operators = self.views.house.operators
        to, came_from = (operators.get(one.content.get(name)) for name in ("to", "from"))
        return {
            "__typename": f"Conversation{one.kind.capitalize()}SystemAttachment",
            "toUser": self.views.user(to) if to else None,
            "fromUser": self.views.user(came_from) if came_from else None,
            "reason": one.content.get("reason") or None,
        }

    def _attachment(self, one):
        content = one.content
        if one.kind == "file":
            return {
                "__typename": "FileMessageAttachment",
                "fileName": content["file_name"],
                "mimeType": content["mime_type"],
                "url": content["url"],
            }
        if one.kind == "card":
            return {"__typename": "CardMessageAttachment", **content}
        if one.kind == "bundle":
            return {"__typename": "CardBundleMessageAttachment", **content}
        return {"__typename": "TextMessageAttachment", "text": content["text"]}

    def closed(self, filters):
        """:return tuple: begin and end of the interval, test of a conversation"""
        interval = filters["interval"]
        numbers, channels = filters.get("projectIds"), filters.get("channels")
        answered, by_human = filters.get("answered"), filters.get("answeredByHuman")

        def fits(one):
            said = [message for message in one.messages if message.author == "operator"]
            human = any(not message.operator.is_bot for message in said)
            return (
                (numbers is None or self.views.house.project_id in numbers)
                and (channels is None or one.channel in channels)
                and (answered is None or bool(said) == answered)
                and (by_human is None or human == by_human)
                and filters.get("conversationId") in (None, one.id)
            )

        return interval["from"], interval["to"], fits


class Flat:
    """One type for all messages, and other names."""

    name = "flat"

    def __init__(self, views):
        self.views = views

    def message(self, one, conversation):
        """:param Message one: of a Conversation; :return dict: a node"""
        author_type = one.author.upper()
        if one.author == "operator" and one.operator.is_bot:
            author_type = "BOT"
        kinds = {"text": "TEXT", "file": "FILE", "card": "CARD", "bundle": "CARD_BUNDLE"}
        cards = one.content.get("cards") or [one.content]
        return {
            "messageId": one.id,
            "sentAt": iso(one.at),
            "authorType": author_type,
            "author": lambda: self._author(one, conversation),
            "content": (None if one.author == "system" else one.text) or None,
            "contentType": kinds.get(one.kind, "EVENT"),
            "files": self._files(one),
            "links": [action for card in cards for action in card.get("actions", ())],
        }

    def _author(self, one, conversation):
        if one.author == "system":
            return None
        if one.author == "visitor":
            return {"__typename": "Visitor", **self.views.visitor(conversation.visitor)}
        return {"__typename": "User", **self.views.user(one.operator)}

    @staticmethod
    def _files(one):
        if one.kind != "file":
            return []
        content = one.content
        return [
            {
                "name": content["file_name"],
                "mimeType": content["mime_type"],
                "url": content["url"],
            }
        ]

    def closed(self, to, projectIds=None, channels=None, **given):
        """:return tuple: begin and end of the interval, test of a conversation"""

        def fits(one):
            return (projectIds is None or self.views.house.project_id in projectIds) and (
                channels is None or one.channel in channels
            )

        return given["from"], to, fits


def between(begin, end):
    """:param str begin, end: moments; :return tuple: seconds since 1970; :raises QueryError:"""
    begin, end = moment(begin), moment(end)
    if end < begin:
        raise QueryError("The interval ends before it begins.")
    return begin, end


DIALECTS = {one.name: one for one in (Typed, Flat)}
