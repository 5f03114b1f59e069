"""How a server tells where the next page is. Pure."""

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lxml import etree

from odoo.addons.integration_base.exceptions import PayloadError
from odoo.addons.integration_base.http_client import HttpResponse

#: A page is read as a whole to find what it says of the next one.
MAX_PAGE_BYTES = 64 * 2**20


@dataclass(frozen=True)
class Paging:
    """How to ask for pages.

    ``kind`` is ``none``, ``link`` (header ``Link``, or a link in the body), ``offset`` or
    ``cursor``. ``next_name`` is the response header, the path in a JSON page (``meta.next``) or the
    attribute of the root of an XML page that holds the link or the cursor.
    """

    kind: str = "none"
    size: int = 500
    size_param: str = "limit"
    offset_param: str = "offset"
    cursor_param: str = "cursor"
    next_name: str = ""

    def first(self) -> dict[str, str]:
        """Return the parameters that ask for the first page."""
        if self.kind == "none" or not self.size_param:
            return {}
        return {self.size_param: str(self.size)}

    def following(self, response: HttpResponse, path: Path, number: int) -> str | dict[str, str]:
        """Return the link of the next page, or the parameters that ask for it; empty at the end.

        :param response: what came with the page
        :param path: where its content is
        :param number: how many pages there are with this one
        """
        if self.kind == "link":
            return response.link("next") or self._named(response, path)
        if self.kind == "cursor":
            cursor = self._named(response, path)
            return {self.cursor_param: cursor} if cursor else {}
        if self.kind == "offset":
            total = total_of(response)
            is_last = number * self.size >= total if total is not None else is_empty(path)
            return {} if is_last else {self.offset_param: str(number * self.size)}
        return {}

    def _named(self, response: HttpResponse, path: Path) -> str:
        if not self.next_name:
            return ""
        if self.next_name in response.headers:
            return response.headers[self.next_name].strip()
        content = read_page(path)
        kind = content.lstrip()[:1]
        if kind == b"<":
            found: Any = _root_attributes(content).get(self.next_name.lstrip("@"))
        elif kind == b"{":
            found = _json_value(content)
            for name in self.next_name.split("."):
                found = found.get(name) if isinstance(found, dict) else None
        else:
            found = None
        if found is not None and not isinstance(found, str | int):
            raise PayloadError(f"“{self.next_name}” of a page holds neither a link nor a cursor.")
        return "" if found is None else str(found)


def total_of(response: HttpResponse) -> int | None:
    """Return how many records the server says there are in all pages, when it says so."""
    total = response.headers.get("X-Total-Count", "")
    return int(total) if total.isascii() and total.isdigit() else None


def read_page(path: Path) -> bytes:
    """Return the content of a page.

    :raises PayloadError: it is too large to be read as a whole
    """
    if path.stat().st_size > MAX_PAGE_BYTES:
        raise PayloadError("A page is too large. Ask for fewer records per page.")
    return path.read_bytes()


def is_empty(path: Path) -> bool:
    """Whether a page holds no record, whatever its format."""
    content = read_page(path)
    kind = content.lstrip()[:1]
    if kind == b"<":
        return not any(_records(content))
    if kind not in (b"{", b"["):
        return len(content.strip().splitlines()) <= 1  # a header, or nothing
    try:
        value = json.loads(content)
    except ValueError:
        return False  # JSON lines: one record each
    lists = value.values() if isinstance(value, dict) else [value]
    return not any(isinstance(item, list) and item for item in lists)


def _json_value(content: bytes) -> Any:
    """Return a JSON page read; None of JSON lines, which hold records only.

    :raises PayloadError: it is neither
    """
    try:
        return json.loads(content)
    except (ValueError, RecursionError) as error:
        if _is_json(content.lstrip().partition(b"\n")[0]):
            return None
        raise PayloadError("A page is no JSON, though it begins like it.") from error


def _is_json(content: bytes) -> bool:
    try:
        json.loads(content)
    except (ValueError, RecursionError):
        return False
    return True


def _records(content: bytes):
    """Yield the place of each element below the root that has attributes, or others in it."""
    depth = 0
    for event, element in _events(content):
        depth += 1 if event == "start" else -1
        if event == "start" and depth == 3:
            yield depth
        elif event == "end" and depth == 1:
            if element.attrib:
                yield depth
            element.clear()


def _root_attributes(content: bytes) -> Mapping[str, str]:
    for _event, element in _events(content):
        return dict(element.attrib)
    return {}


def _events(content: bytes):
    try:
        yield from etree.iterparse(
            io.BytesIO(content), ("start", "end"), resolve_entities=False, no_network=True
        )
    except etree.XMLSyntaxError as error:
        raise PayloadError("A page is no XML, though it begins like it.") from error
