"""The HTTP API of the master: pages of records, conditional and partial answers, three ways to
sign in, and failures on demand."""

import base64
import gzip
import hashlib
import hmac
import json
import re
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime, parsedate_to_datetime
from urllib.parse import parse_qs, urlencode, urlsplit
from zoneinfo import ZoneInfo

from .api_catalogue import Shelf
from .names import ENGLISH, NAMES
from .schema import ARTICLE, CONTACT, DOSSIER, ORDER

PATHS = {"contacts": CONTACT, "articles": ARTICLE, "orders": ORDER, "dossiers": DOSSIER}
CONTENT_TYPES = {
    "json": "application/json",
    "jsonl": "application/x-ndjson",
    "xml": "application/xml",
    "csv": "text/csv",
}
PAGINGS = ("none", "link", "offset", "cursor")
USUAL_LIMIT, LARGEST_LIMIT = 500, 5000
TOKEN = "silicon-token"
USER, PASSWORD = "odoo", "silicon-password"
API_KEY_HEADER, API_KEY = "X-Api-Key", "silicon-key"
TIME_ZONE = ZoneInfo("Europe/Brussels")
RANGE = re.compile(r"bytes=(\d*)-(\d*)")
LOGIN_PAGE = b"<!DOCTYPE html><html><title>Connexion</title><form>Utilisateur</form></html>"


@dataclass
class Reply:
    """An answer on its way.

    :param int cut_at: bytes after which the connection breaks
    :param float pause: seconds of silence in the middle of the body
    """

    status: int = 200
    headers: dict = field(default_factory=dict)
    body: bytes = b""
    cut_at: int = None
    pause: float = 0


class Refusal(Exception):
    """An answer that is an error: status, code, message and headers."""

    def __init__(self, status, code, message, headers=None):
        super().__init__(message)
        body = json.dumps({"error": code, "message": message}).encode()
        headers = {"Content-Type": "application/json; charset=utf-8", **(headers or {})}
        self.reply = Reply(status, headers, body)


@dataclass(frozen=True)
class Query:
    """What is asked for."""

    entity: str
    format: str
    names: str
    paging: str
    limit: int
    start: int
    since: str


class Api:
    """Answers requests; sending the answers is the server's business."""

    def __init__(self, house, control):
        """:param House house: whose present night is served; :param Control control: the mood."""
        self.house = house
        self.control = control
        self.shelf = Shelf(house)

    def prepare(self, path_query):
        """Renders beforehand. :return dict: number of records"""
        values = {name: texts[-1] for name, texts in path_query.items()}
        query = self._query(PATHS.get(values.pop("entity", "")), values)
        _night, catalogue = self.shelf.get(query.entity, query.format, query.names)
        return {"records": len(catalogue.since(query.since))}

    def answer(self, path, headers, base_url):
        """:param str path: with its query; :param headers: of the request, a mapping
        :param str base_url: ``http://127.0.0.1:8070``, as the client sees it
        :return tuple: :class:`Reply` and the kind of the failure, None when there was none"""
        parts = urlsplit(path)
        name = parts.path.removeprefix("/api/")
        rule = self.control.take(name)
        kind = rule and rule.kind
        time.sleep(self.control.delay)
        try:
            if name not in PATHS:
                raise Refusal(404, "not_found", f"no such resource: {parts.path}")
            values = {key: texts[-1] for key, texts in parse_qs(parts.query).items()}
            self._check_credentials(headers, values, kind == "expired")
            if rule:
                self._fail_at_once(rule, base_url, path)
            reply = self._page(PATHS[name], values, kind, headers, f"{base_url}{parts.path}")
        except Refusal as refusal:
            reply = refusal.reply
        if rule and reply.status in (200, 206):
            _spoil(reply, rule)
        return reply, kind

    # -- who asks ------------------------------------------------------------------------------
    def _check_credentials(self, headers, values, expired):
        auth = self.control.auth
        given = headers.get("Authorization") or ""
        scheme, _space, secret = given.partition(" ")
        if expired:
            challenge = 'Bearer error="invalid_token", error_description="The token has expired"'
            raise _unauthorized(challenge, "the token has expired")
        if auth == "bearer" and not (scheme == "Bearer" and _equal(secret, TOKEN)):
            raise _unauthorized('Bearer realm="Silicon Master"', "a bearer token is needed")
        if auth == "basic":
            wanted = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
            if not (scheme == "Basic" and _equal(secret, wanted)):
                raise _unauthorized('Basic realm="Silicon Master"', "name and password are needed")
        key = headers.get(API_KEY_HEADER) or values.get("api_key", "")
        if auth == "api_key" and not _equal(key, API_KEY):
            raise _unauthorized(f'ApiKey header="{API_KEY_HEADER}"', "an API key is needed")

    # -- failures that need no data ------------------------------------------------------------
    def _fail_at_once(self, rule, base_url, path):
        if rule.kind == "error500":
            raise Refusal(500, "server_error", "ORA-00600: internal error code")
        if rule.kind == "error503":
            raise Refusal(503, "unavailable", "the night batch is running", _retry_after(rule))
        if rule.kind == "throttled":
            raise Refusal(429, "throttled", "too many requests", _retry_after(rule))
        if rule.kind == "cursor_expired":
            raise Refusal(410, "cursor_expired", "this cursor is no longer good")
        if rule.kind == "redirect":
            elsewhere = base_url.replace("127.0.0.1", "localhost") + path
            raise Refusal(302, "moved", "moved", {"Location": rule.location or elsewhere})

    # -- data ----------------------------------------------------------------------------------
    def _query(self, entity, values):
        """:raises Refusal: 400 for what cannot be understood, 410 for an old cursor"""
        if entity is None:
            raise Refusal(404, "not_found", f"entity: one of {', '.join(PATHS)}")
        file_format = _one_of(values, "format", CONTENT_TYPES, "json")
        names = _one_of(values, "names", NAMES, ENGLISH)
        paging = _one_of(values, "paging", PAGINGS, "none")
        limit = min(_whole(values, "limit", USUAL_LIMIT, 1), LARGEST_LIMIT)
        if "page" in values:
            start = (_whole(values, "page", 1, 1) - 1) * limit
        elif paging == "cursor" and values.get("cursor"):
            start = self._read_cursor(values["cursor"])
        else:
            start = _whole(values, "offset", 0, 0)
        since = _moment(values["modified_since"]) if values.get("modified_since") else None
        return Query(entity, file_format, names, paging, limit, start, since)

    def _page(self, entity, values, kind, request_headers, url):
        """:return Reply: 200, 206, 304 or 416"""
        query = self._query(entity, values)
        night, catalogue = self.shelf.get(query.entity, query.format, query.names)
        places = catalogue.since(query.since)
        first, last, following = _bounds(query, len(places), kind)
        headers = {
            "Content-Type": f"{CONTENT_TYPES[query.format]}; charset=utf-8",
            "X-Total-Count": str(len(places)),
            "Vary": "Accept-Encoding, Authorization",
            "Accept-Ranges": "bytes",
        }
        cursor = None
        if following is not None and query.paging == "cursor":
            cursor = headers["X-Next-Cursor"] = self._write_cursor(night, following)
        if following is not None and query.paging == "link":
            link = urlencode({**values, "offset": following})
            headers["Link"] = f'<{url}?{link}>; rel="next"'
        packed = "gzip" in (request_headers.get("Accept-Encoding") or "")
        seen = json.dumps([self.house.world.settings.seed, night, entity, values, packed])
        etag = headers["ETag"] = f'"{hashlib.sha256(seen.encode()).hexdigest()[:24]}"'
        modified = catalogue.moment.replace(tzinfo=timezone.utc)
        headers["Last-Modified"] = format_datetime(modified, usegmt=True)
        if _is_unchanged(request_headers, etag, modified):
            return Reply(304, headers)
        body = catalogue.page(places[first:last], len(places), cursor)
        if packed:
            headers["Content-Encoding"] = "gzip"
            body = gzip.compress(body, compresslevel=1, mtime=0)
        return _partial(Reply(200, headers, body), request_headers, etag)

    def _write_cursor(self, night, start):
        content = [night, start]
        if self.control.cursor_seconds:
            content.append(time.time() + self.control.cursor_seconds)
        return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")

    def _read_cursor(self, text):
        try:
            content = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
            night, start, *until = (float(value) for value in content)
        except (ValueError, TypeError) as error:
            raise Refusal(400, "bad_request", "cursor: not one of ours") from error
        if night != self.house.world.night or (until and until[0] < time.time()):
            raise Refusal(410, "cursor_expired", "this cursor is no longer good")
        return int(start)


def _bounds(query, count, kind):
    """:return tuple: first and last place of the page, and where the next one starts or None."""
    if query.paging == "none":
        return (0, 0, None) if kind == "empty_page" else (0, count, None)
    start, limit = query.start, query.limit
    if kind == "missing_page":
        start += limit
    following = start + limit if start + limit < count else None
    if kind == "duplicate_page":
        start = max(0, start - limit)
    start = min(start, count)
    return start, start if kind == "empty_page" else min(start + limit, count), following


def _is_unchanged(headers, etag, modified):
    """:return bool: whether the client has this very answer already."""
    known = headers.get("If-None-Match")
    if known:
        return etag in [tag.strip().removeprefix("W/") for tag in known.split(",")]
    try:
        return parsedate_to_datetime(headers.get("If-Modified-Since") or "") >= modified
    except (TypeError, ValueError):
        return False


def _partial(reply, headers, etag):
    """:return Reply: the asked part of the body, when a part was asked for and is the same yet."""
    asked = RANGE.fullmatch(headers.get("Range") or "")
    if not asked or asked[0] == "bytes=-" or (headers.get("If-Range") or etag) != etag:
        return reply
    size = len(reply.body)
    if asked[1]:
        first, last = int(asked[1]), min(int(asked[2] or size), size - 1)
    else:
        first, last = max(0, size - int(asked[2])), size - 1
    if first > last:
        return Reply(416, {"Content-Range": f"bytes */{size}"})
    reply.headers["Content-Range"] = f"bytes {first}-{last}/{size}"
    return Reply(206, reply.headers, reply.body[first : last + 1])


def _spoil(reply, rule):
    """Failures of the answer itself."""
    if rule.kind == "cut":
        reply.cut_at = len(reply.body) // 2 if rule.at is None else rule.at
    elif rule.kind == "slow":
        reply.pause = rule.seconds
    elif rule.kind == "not_json":
        reply.body = reply.body[: len(reply.body) // 2]
    elif rule.kind == "wrong_type":
        reply.headers = {"Content-Type": "text/html; charset=utf-8"}
        reply.body = LOGIN_PAGE


def _retry_after(rule):
    if rule.retry_after is None:
        return {}
    if rule.retry_after == "date":
        moment = datetime.now(timezone.utc) + timedelta(seconds=rule.seconds)
        return {"Retry-After": format_datetime(moment, usegmt=True)}
    return {"Retry-After": str(rule.retry_after)}


def _unauthorized(challenge, message):
    return Refusal(401, "unauthorized", message, {"WWW-Authenticate": challenge})


def _equal(given, wanted):
    return hmac.compare_digest(given.encode(), wanted.encode())


def _one_of(values, name, allowed, usual):
    value = values.get(name, usual)
    if value not in allowed:
        raise Refusal(400, "bad_request", f"{name}: one of {', '.join(allowed)}, not {value}")
    return value


def _whole(values, name, usual, least):
    text = values.get(name, str(usual))
    if not text.isdigit() or int(text) < least:
        raise Refusal(400, "bad_request", f"{name}: a whole number from {least} on, not {text}")
    return int(text)


def _moment(text):
    """:return str: ISO text in the local time of the master."""
    try:
        # A plus sign in a query that nobody quoted arrives as a blank.
        text = re.sub(r" (\d\d:\d\d)$", r"+\1", text) if "T" in text else text
        moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError as error:
        raise Refusal(400, "bad_request", f"modified_since: no ISO moment: {text}") from error
    if moment.tzinfo:
        moment = moment.astimezone(TIME_ZONE).replace(tzinfo=None)
    return moment.isoformat(timespec="seconds")
