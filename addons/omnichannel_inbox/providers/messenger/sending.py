"""Sending an answer so that no part of it is sent twice and none gets lost.

Messenger knows no key by which a repetition would be recognised. So what is about to be sent is
remembered before it is, part by part; and each part carries our name of it (``metadata``), by which
it is recognised when it comes back as an echo, often before our own request is answered. A request
that left and was not answered is never made again before the list of the conversation has been
looked at.

What `Outbound.progress` holds::

    parts      by number, what Messenger calls each part that it has taken
    echoes     the same, written by whoever has processed the echo
    sending    number of the part whose request left and of which nothing more is known
    since      when that was, seconds since 1970
    others     names of our other messages of the conversation, which it cannot be
"""

import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from odoo.addons.integration_base.exceptions import (
    IntegrationError,
    PayloadError,
    RejectedError,
    RetryableError,
)

from ..base import Attachment, Outbound, Sent
from .graph import Graph
from .messages import WINDOW, graph_moment
from .parts import split

__all__ = ["HUMAN_WINDOW", "SETTLE", "Sending"]

#: An answer that a person has written is allowed for so long, with the feature *Human Agent*.
HUMAN_WINDOW = timedelta(days=7)
#: Seconds after which a message that was taken is in the list of its conversation. †
SETTLE = 120
#: Seconds by which two clocks may differ.
SKEW = 60
#: Messages of a conversation looked through.
LOOKED_AT = 50
_EPOCH = datetime(1970, 1, 1)
_KINDS = ("image", "audio", "video")

Remember = Callable[[Mapping[str, Any]], None]


class Sending:
    """Sends one message, from wherever an earlier attempt left it.

    :param remember: stores progress for good
    :param has_human_agent: the app has the feature *Human Agent*
    :param settle: seconds, see :data:`SETTLE`
    :param now: seconds since 1970
    """

    def __init__(
        self,
        graph: Graph,
        message: Outbound,
        remember: Remember,
        *,
        has_human_agent: bool = False,
        settle: float = SETTLE,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._graph = graph
        self._message = message
        self._store = remember
        self._progress = dict(message.progress)
        self._has_human_agent = has_human_agent
        self._settle = settle
        self._now = now
        self._person = message.conversation or (
            message.recipients[0].external_id if message.recipients else ""
        )
        self._texts = split(message.text)
        self._files = tuple(file for file in message.attachments if file.content is not None)

    @property
    def _total(self) -> int:
        return len(self._texts) + len(self._files)

    # -- sending -------------------------------------------------------------------------------

    def send(self) -> Sent:
        """Send what is not there yet.

        :raise RetryableError: not sent yet; with ``is_uncertain`` a part may have been
        :raise RejectedError: refused for good
        """
        if not self._person:
            raise RejectedError("Nobody is named to whom it goes.", code="100/2018001")
        if not self._total:
            raise RejectedError("There is nothing to send.", code="100/2018034")
        if self._pending():
            try:
                self._look_for_pending()
            except RejectedError as error:
                # that it cannot be found does not say that it was not sent
                raise RetryableError(error.message, is_uncertain=True) from error
        for number in range(1, self._total + 1):
            if str(number) not in self._taken():
                self._send_part(number)
        return self._sent()

    def _send_part(self, number: int) -> None:
        kind = self._permission()
        self._remember(sending=number, since=self._now())
        try:
            answer = self._request(number, kind)
        except RetryableError as error:
            if not error.is_uncertain:
                self._remember(sending=None)
            raise
        except PayloadError as error:
            # it answered, but not what became of it
            raise RetryableError(error.message, is_uncertain=True) from error
        except IntegrationError as error:
            self._remember(sending=None)
            raise self._said(error, number) from error
        name = str(answer.get("message_id") or "")
        if not name:
            raise RetryableError("Messenger did not say what it calls it.", is_uncertain=True)
        self._take(number, name)

    def _request(self, number: int, kind: Mapping[str, str]) -> Mapping[str, Any]:
        path = f"{self._graph.page_id}/messages"
        body: dict[str, Any] = {"recipient": {"id": self._person}, **kind}
        if number <= len(self._texts):
            text = self._texts[number - 1]
            body["message"] = {"text": text, "metadata": self._name(number)}
            return self._graph.post(path, body)
        file = self._files[number - len(self._texts) - 1]
        attachment = {"type": _kind(file), "payload": {"is_reusable": False}}
        body["message"] = {"attachment": attachment, "metadata": self._name(number)}
        return self._graph.post_file(path, body, file)

    def _name(self, number: int) -> str:
        """Our name of a part, which comes back with its echo."""
        uuid = self._message.uuid
        return uuid if self._total == 1 else f"{uuid}:{number}/{self._total}"

    def _said(self, error: IntegrationError, number: int) -> IntegrationError:
        """What was refused, and what the customer has of it already."""
        done = len(self._taken())
        if not done or not isinstance(error, RejectedError):
            return error
        return RejectedError(
            f"{done} of {self._total} parts were sent; part {number} was not. {error.message}",
            code=error.code,
        )

    # -- whether it may be sent ----------------------------------------------------------------

    def _permission(self) -> dict[str, str]:
        """Return how the message has to be declared, looked at anew for each part.

        :raise RejectedError: it is too late
        """
        last = self._message.last_received
        passed = _EPOCH + timedelta(seconds=self._now()) - last if last else None
        if passed is not None:
            if passed < (self._message.reply_window or WINDOW):
                return {"messaging_type": "RESPONSE"}
            if (
                self._has_human_agent
                and not self._message.is_automatic
                and passed < max(HUMAN_WINDOW, self._message.reply_window or WINDOW)
            ):
                return {"messaging_type": "MESSAGE_TAG", "tag": "HUMAN_AGENT"}
        raise self._said(
            RejectedError(
                "Messenger allows no answer any more: the customer's last message is too old.",
                code="window",
            ),
            len(self._taken()) + 1,
        )

    # -- what became of it ---------------------------------------------------------------------

    def check(self) -> Sent | None:
        """Return what became of it; ``None``: it is not there, or not all of it.

        :raise RetryableError: too early to tell
        :raise RejectedError: nobody can tell
        """
        if self._total and len(self._taken()) >= self._total:
            return self._sent()
        if self._pending():
            self._look_for_pending()
        return self._sent() if self._total and len(self._taken()) >= self._total else None

    def _pending(self) -> int:
        """The part of which nobody knows whether it was sent; 0: there is none."""
        number = int(self._progress.get("sending") or 0)
        return 0 if str(number) in self._taken() else number

    def _look_for_pending(self) -> None:
        """Look for the part that was perhaps sent, in the list of the conversation. †

        :raise RetryableError: too early to tell
        :raise RejectedError: two messages may be it
        """
        number = self._pending()
        since = float(self._progress.get("since") or 0)
        names, is_whole = self._find(number, since)
        if len(names) == 1:
            self._take(number, names[0])
            return
        if names:
            raise RejectedError(
                "The same was written several times: look in Messenger which of them is this one.",
                code="several",
            )
        passed = self._now() - since
        if passed < self._settle:
            raise RetryableError(
                "Messenger may still be sending it.",
                retry_after=max(self._settle - passed, 1),
                is_uncertain=True,
            )
        if not is_whole:
            raise RejectedError(
                "Too much was written since to find it: look in Messenger.", code="several"
            )
        self._remember(sending=None)

    def _find(self, number: int, since: float) -> tuple[list[str], bool]:
        """Names of the messages that may be a part, and whether all that was written since was
        looked at."""
        fields = f"messages.limit({LOOKED_AT}){{id,created_time,from,message,attachments}}"
        earliest = _EPOCH + timedelta(seconds=since - SKEW)
        known = {*self._taken().values(), *(self._progress.get("others") or ())}
        found, is_whole = [], True
        for row in self._graph.rows(
            f"{self._graph.page_id}/conversations",
            platform="messenger",
            user_id=self._person,
            fields=fields,
        ):
            messages = row.get("messages")
            rows = messages.get("data") if isinstance(messages, Mapping) else None
            rows = [one for one in rows or () if isinstance(one, Mapping)]
            moments = [graph_moment(one.get("created_time")) for one in rows]
            is_whole &= len(rows) < LOOKED_AT or any(when and when < earliest for when in moments)
            found += [
                str(one.get("id") or "")
                for one, when in zip(rows, moments, strict=True)
                if when and when >= earliest and self._is_part(one, number)
            ]
        return [name for name in dict.fromkeys(found) if name and name not in known], is_whole

    def _is_part(self, row: Mapping[str, Any], number: int) -> bool:
        sender = row.get("from")
        if not isinstance(sender, Mapping) or str(sender.get("id")) != self._graph.page_id:
            return False
        text = " ".join(str(row.get("message") or "").split())
        if number <= len(self._texts):
            return text == " ".join(self._texts[number - 1].split())
        file = self._files[number - len(self._texts) - 1]
        files = row.get("attachments")
        rows = files.get("data") if isinstance(files, Mapping) else None
        names = [one for one in rows or () if isinstance(one, Mapping)]
        return not text and any(
            one.get("name") == file.name
            or (one.get("size") and one.get("size") == len(file.content or b""))
            for one in names
        )

    # -- memory --------------------------------------------------------------------------------

    def _taken(self) -> dict[str, str]:
        """What Messenger calls the parts that it has, by number."""
        parts = dict(self._progress.get("echoes") or {})
        return {**parts, **(self._progress.get("parts") or {})}

    def _take(self, number: int, name: str) -> None:
        parts = {**(self._progress.get("parts") or {}), str(number): name}
        self._remember(parts=parts, sending=None)

    def _remember(self, **values: Any) -> None:
        """Keep what changed; ``None`` takes the place of what is forgotten."""
        self._progress |= values
        self._store(values)

    def _sent(self) -> Sent:
        taken = self._taken()
        names = [taken[str(number)] for number in range(1, self._total + 1)]
        return Sent(
            external_id=names[0],
            aliases=tuple(names[1:]),
            conversation=self._person,
            sent=_EPOCH + timedelta(seconds=int(self._progress.get("since") or self._now())),
        )


def _kind(file: Attachment) -> str:
    kind = file.content_type.partition("/")[0]
    return kind if kind in _KINDS else "file"
