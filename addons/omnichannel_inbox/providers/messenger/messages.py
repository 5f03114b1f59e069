"""What an event of a page says, in the words of the inbox. No network.

https://developers.facebook.com/docs/messenger-platform/reference/webhook-events and the pages below
it; of a message read from the list of conversations: ``…/reference/message``.
"""

import mimetypes
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any
from urllib.parse import urlsplit

from odoo.addons.integration_base.exceptions import PayloadError

from ...identity import order_numbers, signed_ref
from ..base import (
    Address,
    Attachment,
    Claim,
    Edited,
    Event,
    Ignored,
    Inbound,
    Item,
    Moment,
    Reaction,
    Status,
)
from .webhook import moment, person_of

__all__ = ["AD_WINDOW", "INBOX_APP", "WINDOW", "Reader", "graph_moment"]

WINDOW = timedelta(hours=24)
#: After a click on an advertisement that leads to Messenger.
AD_WINDOW = timedelta(days=7)
#: The app that the inbox of a page is.
INBOX_APP = "263902037430900"
_INBOX_NAME = "Meta Business Suite"
#: Files: what Meta calls them, and what they are when their name does not tell.
_FILES = {
    "image": "image/jpeg",
    "sticker": "image/png",
    "video": "video/mp4",
    "audio": "audio/mp4",
    "file": "application/octet-stream",
}
#: Links to what lies on Facebook or Instagram, or elsewhere.
_SHARES = ("fallback", "reel", "ig_reel", "post", "ig_post", "share", "story_mention")
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?::\d{1,4}/\d{1,4})?")
#: A payload that only says that somebody has come.
_ARRIVAL = re.compile(r"get.?started|welcome", re.I)
#: Times of the Graph API: ``2026-11-22T10:15:30+0000``.
_OFFSET = re.compile(r"([+-]\d\d)(\d\d)$")
_NAME_LENGTH = 120
_MOST_FILES = 50
_MOST_EDITS = 10_000


class Reader:
    """Reads the events of one page.

    :param settings: those of the provider
    """

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self._page = str(settings.get("page_id") or "")
        self._app = str(settings.get("app_id") or "")
        self._name = str(settings.get("page_name") or settings.get("name") or "")
        self._secret = str(settings.get("secret") or "")
        self._start: datetime | None = settings.get("start_date") or None

    def items(self, event: Event) -> list[Item]:
        """Return what an event says.

        :raise PayloadError: it cannot be understood
        """
        payload = event.payload
        if not isinstance(payload, Mapping):
            raise PayloadError("This is no event of Messenger.")
        if str(payload.get("page") or self._page) != self._page:
            return [Ignored("page")]
        if isinstance(payload.get("listed"), Mapping):
            return [self._listed(payload["listed"], event)]
        row = payload.get("event")
        if not isinstance(row, Mapping):
            return [Ignored("kind")]
        person = person_of(row, self._page)
        when = moment(row.get("timestamp")) or event.occurred
        if when is None:
            raise PayloadError("The event does not say when it was.")
        items: list[Item] = []
        for name, read in self._kinds():
            if isinstance(row.get(name), Mapping):
                items += read(row[name], row, person, when, bool(payload.get("standby")))
        return items or [Ignored("kind")]

    def _kinds(self):
        return (
            ("message", self._message),
            ("message_edit", self._edit),
            ("reaction", self._reaction),
            ("postback", self._postback),
            ("referral", self._referral),
            ("delivery", self._delivery),
            ("read", self._seen),
            ("optin", self._optin),
            ("take_thread_control", self._control),
            ("pass_thread_control", self._control),
            ("request_thread_control", self._request),
        )

    # -- messages ------------------------------------------------------------------------------

    def _message(self, message, row, person, when, is_standby) -> list[Item]:
        mid = str(message.get("mid") or "")
        if not mid or not person:
            raise PayloadError("The message has no name, or nobody has written it.")
        if message.get("is_deleted"):
            # documented for Instagram only, of which nothing comes in: what was said here stays
            return [Ignored("kind")]
        is_ours = bool(message.get("is_echo"))
        app = str(message.get("app_id") or "")
        text, files = self._content(message)
        metadata = str(message.get("metadata") or "")
        inbound = Inbound(
            external_id=mid,
            sent=when,
            author=self._author(person, is_ours, app),
            conversation=person,
            is_ours=is_ours,
            outbox_uuid=metadata if is_ours and _UUID.fullmatch(metadata) else "",
            text=text,
            recipients=(Address(person),) if is_ours else (),
            attachments=files,
            in_reply_to=_mid_of(message.get("reply_to")),
            is_answered_elsewhere=is_standby,
            is_history=self._is_history(when),
        )
        referral = message.get("referral")
        if is_ours or not isinstance(referral, Mapping):
            return [inbound]
        told = self._referral(referral, row, person, when, is_standby)
        if _is_ad(referral):
            inbound = replace(inbound, reply_window=AD_WINDOW)
        claims = tuple(claim for one in told if isinstance(one, Moment) for claim in one.claims)
        return [replace(inbound, claims=claims), *told]

    def _author(self, person: str, is_ours: bool, app: str) -> Address:
        if not is_ours:
            return Address(person)
        return Address(self._page, _INBOX_NAME if app == INBOX_APP else self._name)

    def _is_history(self, when: datetime) -> bool:
        return self._start is not None and when < self._start

    def _content(self, message: Mapping[str, Any]) -> tuple[str, tuple[Attachment, ...]]:
        """Text, and files and links, of a message."""
        texts = [str(message["text"])] if message.get("text") else []
        files: list[Attachment] = []
        rows = message.get("attachments")
        for index, row in enumerate(rows[:_MOST_FILES] if isinstance(rows, list) else ()):
            if isinstance(row, Mapping):
                said, file = _attachment(row, index)
                texts += [said] if said and said not in texts else []
                files += [file] if file else []
        if not texts and not files:
            # shown in Messenger only: it is named, so that somebody looks there
            files.append(Attachment(name=str(message.get("type") or "…")))
        return "\n".join(texts), tuple(files)

    def _edit(self, edit, row, person, when, is_standby) -> list[Item]:
        mid = str(edit.get("mid") or "")
        if not mid:
            raise PayloadError("It does not say which message was changed.")
        version = edit.get("num_edit")
        return [
            Edited(
                mid,
                str(edit.get("text") or ""),
                edited=when,
                version=version if type(version) is int and 0 < version < _MOST_EDITS else 0,
            )
        ]

    def _reaction(self, reaction, row, person, when, is_standby) -> list[Item]:
        mid = str(reaction.get("mid") or "")
        sender = row.get("sender")
        author = str(sender.get("id") or "") if isinstance(sender, Mapping) else ""
        if not mid or not author:
            raise PayloadError("It does not say who reacts to what.")
        return [
            Reaction(
                mid,
                str(reaction.get("emoji") or reaction.get("reaction") or ""),
                Address(author),
                is_removed=reaction.get("action") == "unreact",
                occurred=when,
            )
        ]

    # -- buttons and links ---------------------------------------------------------------------

    def _postback(self, postback, row, person, when, is_standby) -> list[Item]:
        if not person:
            raise PayloadError("It does not say who has pressed a button.")
        title = str(postback.get("title") or "").strip()
        payload = str(postback.get("payload") or "")
        mid = str(postback.get("mid") or "")
        referral = postback.get("referral")
        told = (
            self._referral(referral, row, person, when, is_standby)
            if isinstance(referral, Mapping)
            else []
        )
        if title and mid and not _ARRIVAL.search(payload):
            # a button says in his place what he wants: he sees it as his own message
            inbound = Inbound(
                external_id=mid,
                sent=when,
                author=Address(person),
                conversation=person,
                text=title,
                is_answered_elsewhere=is_standby,
                is_history=self._is_history(when),
            )
            return [inbound, *told]
        pressed = Moment(
            conversation=person,
            code="postback",
            dedupe_key=f"postback:{mid or when.isoformat()}",
            occurred=when,
            author=Address(person),
            params={"title": title},
            reply_window=WINDOW,
        )
        return [pressed, *told]

    def _referral(self, referral, row, person, when, is_standby) -> list[Item]:
        if not person:
            raise PayloadError("It does not say who has come by a link.")
        ref = str(referral.get("ref") or "").strip()
        claims = self._claims(ref)
        is_ad = _is_ad(referral)
        ad = referral.get("ads_context_data")
        title = str(ad.get("ad_title") or "") if isinstance(ad, Mapping) else ""
        reference = claims[0].value if claims and claims[0].is_verified else ref
        return [
            Moment(
                conversation=person,
                code="advertisement" if is_ad else "referral",
                dedupe_key=f"referral:{when.isoformat()}",
                occurred=when,
                author=Address(person),
                params={"reference": reference, "title": title},
                claims=claims,
                reply_window=AD_WINDOW if is_ad else WINDOW,
            )
        ]

    def _claims(self, ref: str) -> tuple[Claim, ...]:
        """What a reference says of who follows it: surely, when we have signed it."""
        if not ref:
            return ()
        known = signed_ref.read(self._secret, ref)
        if known:
            return (known,)
        # a reference is one word for Meta: what stands for a space is up to who made the link
        words = re.sub(r"[_+]|%20", " ", ref)
        numbers = dict.fromkeys((*order_numbers.candidates(ref), *order_numbers.candidates(words)))
        return tuple(Claim("order", number) for number in list(numbers)[:3])

    def _optin(self, optin, row, person, when, is_standby) -> list[Item]:
        if not person:
            # by a check box, before he has written: nobody we could write to
            return [Ignored("kind")]
        ref = str(optin.get("ref") or "").strip()
        return [
            Moment(
                conversation=person,
                code="optin",
                dedupe_key=f"optin:{when.isoformat()}",
                occurred=when,
                author=Address(person),
                params={"title": str(optin.get("title") or optin.get("type") or "")},
                claims=self._claims(ref),
            )
        ]

    # -- delivered, read -----------------------------------------------------------------------

    def _delivery(self, delivery, row, person, when, is_standby) -> list[Item]:
        until = moment(delivery.get("watermark"))
        mids = delivery.get("mids")
        items: list[Item] = [
            Status("delivered", external_id=str(mid), occurred=when)
            for mid in (mids if isinstance(mids, list) else ())
        ]
        if until and person:
            items.append(Status("delivered", conversation=person, until=until, occurred=when))
        return items

    def _seen(self, seen, row, person, when, is_standby) -> list[Item]:
        until = moment(seen.get("watermark"))
        if not until or not person:
            raise PayloadError("It does not say what was read.")
        return [Status("read", conversation=person, until=until, occurred=when)]

    # -- who has the thread --------------------------------------------------------------------

    def _control(self, control, row, person, when, is_standby) -> list[Item]:
        if not person:
            raise PayloadError("It does not say whose thread it is.")
        owner = str(control.get("new_owner_app_id") or "")
        before = str(control.get("previous_owner_app_id") or "")
        is_ours = not owner or owner == self._app
        other = before if is_ours else owner
        return [
            Moment(
                conversation=person,
                code="passed" if is_ours else "taken",
                dedupe_key=f"control:{when.isoformat()}:{owner}",
                occurred=when,
                author=Address(person),
                params={"application": _application(other)},
            )
        ]

    def _request(self, request, row, person, when, is_standby) -> list[Item]:
        if not person:
            return [Ignored("kind")]
        application = _application(str(request.get("requested_owner_app_id") or ""))
        return [
            Moment(
                conversation=person,
                code="requested",
                dedupe_key=f"requested:{when.isoformat()}",
                occurred=when,
                author=Address(person),
                params={"application": application},
            )
        ]

    # -- read from the list --------------------------------------------------------------------

    def _listed(self, message: Mapping[str, Any], event: Event) -> Item:
        """A message as the list of conversations has it."""
        mid = str(message.get("id") or "")
        when = graph_moment(message.get("created_time")) or event.occurred
        sender = message.get("from")
        author = sender if isinstance(sender, Mapping) else {}
        if not mid or when is None or not event.conversation:
            raise PayloadError("The message has no name, or nobody has written it.")
        is_ours = str(author.get("id") or "") == self._page
        files = message.get("attachments")
        rows = files.get("data") if isinstance(files, Mapping) else None
        attachments = tuple(
            _listed_file(row, index)
            for index, row in enumerate(rows[:_MOST_FILES] if isinstance(rows, list) else ())
            if isinstance(row, Mapping)
        )
        text = str(message.get("message") or "")
        if not text and not attachments:
            attachments = (Attachment(name="…"),)
        # his name stands there, which the channel tells us of nobody else
        name = "" if is_ours else str(author.get("name") or "")
        return Inbound(
            external_id=mid,
            sent=when,
            author=self._author(event.conversation, True, "")
            if is_ours
            else Address(event.conversation, name),
            conversation=event.conversation,
            is_ours=is_ours,
            text=text,
            recipients=(Address(event.conversation),) if is_ours else (),
            attachments=attachments,
            in_reply_to=_mid_of(message.get("reply_to")),
            is_history=self._is_history(when),
        )


def graph_moment(text: Any) -> datetime | None:
    """Return a time of the Graph API as naive UTC; ``None`` when it is none."""
    if not isinstance(text, str):
        return None
    try:
        when = datetime.fromisoformat(_OFFSET.sub(r"\1:\2", text.strip().replace("Z", "+00:00")))
    except ValueError:
        return None
    return when.astimezone(timezone.utc).replace(tzinfo=None) if when.tzinfo else when


def _attachment(row: Mapping[str, Any], index: int) -> tuple[str, Attachment | None]:
    """Text and file, or link, that an attachment of a webhook is."""
    kind = str(row.get("type") or "")
    payload = row.get("payload") if isinstance(row.get("payload"), Mapping) else {}
    url = str(payload.get("url") or row.get("url") or row.get("URL") or "")
    title = str(payload.get("title") or row.get("title") or "")
    if kind == "template":
        return _template(payload), None
    if kind == "location":
        return title, _place(payload.get("coordinates"), title)
    if kind in _SHARES or (kind not in _FILES and url):
        return "", Attachment(name=(title or url or kind)[:_NAME_LENGTH], url=url)
    if kind in _FILES:
        return "", _file(kind, url, index)
    # an appointment and what else there may be one day
    return title or _template(payload), None if title else Attachment(name=kind or "…")


def _file(kind: str, url: str, index: int) -> Attachment:
    name = urlsplit(url).path.rpartition("/")[2][-_NAME_LENGTH:] if url else ""
    guessed = mimetypes.guess_type(name)[0] if name else None
    extension = "" if guessed else (mimetypes.guess_extension(_FILES[kind]) or "")
    return Attachment(
        name=f"{name or kind}{extension}",
        content_type=guessed or _FILES[kind],
        # where it lies now, and which one it is of its message, should that be over
        external_id=f"{index} {url}",
    )


def _listed_file(row: Mapping[str, Any], index: int) -> Attachment:
    name = str(row.get("name") or "")[-_NAME_LENGTH:]
    size = row.get("size")
    return Attachment(
        name=name or "file",
        content_type=str(row.get("mime_type") or "application/octet-stream"),
        size=size if isinstance(size, int) else 0,
        external_id=f"{index} {address_of(row)}",
    )


def address_of(row: Mapping[str, Any]) -> str:
    """Return where a file of a listed message lies."""
    for name in ("image_data", "video_data"):
        data = row.get(name)
        if isinstance(data, Mapping) and data.get("url"):
            return str(data["url"])
    return str(row.get("file_url") or "")


def _place(coordinates: Any, title: str) -> Attachment | None:
    if not isinstance(coordinates, Mapping):
        return None
    try:
        north, east = float(coordinates["lat"]), float(coordinates["long"])
    except (KeyError, TypeError, ValueError):
        return None
    url = f"https://www.openstreetmap.org/?mlat={north:.6f}&mlon={east:.6f}"
    return Attachment(name=title or f"{north:.5f}, {east:.5f}", url=url)


def _template(payload: Any) -> str:
    """The words of a message with buttons, or of products."""
    if not isinstance(payload, Mapping):
        return ""
    lines = [str(payload.get("text") or "")]
    product = payload.get("product")
    rows = (product if isinstance(product, Mapping) else payload).get("elements")
    for row in rows if isinstance(rows, list) else ():
        if isinstance(row, Mapping):
            words = (str(row.get(name) or "") for name in ("title", "subtitle"))
            lines.append(" – ".join(filter(None, words)))
    rows = payload.get("buttons")
    titles = [
        str(row.get("title") or "") for row in rows or () if isinstance(row, Mapping)
    ] if isinstance(rows, list) else []  # fmt: skip
    lines.append(" ".join(f"[{title}]" for title in titles if title))
    return "\n".join(filter(None, lines))


def _mid_of(reply_to: Any) -> str:
    return str(reply_to.get("mid") or "") if isinstance(reply_to, Mapping) else ""


def _is_ad(referral: Mapping[str, Any]) -> bool:
    return str(referral.get("source") or "").upper() == "ADS" or bool(referral.get("ad_id"))


def _application(app: str) -> str:
    return _INBOX_NAME if app == INBOX_APP else app
