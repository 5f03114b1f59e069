"""Where the next page is, as servers tell it."""

import pytest
from requests.structures import CaseInsensitiveDict

from odoo.addons.integration_base.exceptions import PayloadError
from odoo.addons.integration_base.http_client import HttpResponse
from odoo.addons.sm_connector.transports.paging import MAX_PAGE_BYTES, Paging, is_empty

URL = "https://erp.example.com/api/orders?limit=2"


@pytest.fixture
def page(tmp_path):
    def page(content):
        path = tmp_path / "page"
        path.write_bytes(content.encode())
        return path

    return page


def following(paging, path, headers=None, number=1):
    response = HttpResponse(200, CaseInsensitiveDict(headers or {}), URL)
    return paging.following(response, path, number)


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ('<https://erp.example.com/p2>; rel="next"', "https://erp.example.com/p2"),
        ('</p1>; rel="prev", <?page=2>; rel=next', "https://erp.example.com/api/orders?page=2"),
        ('</p1>; rel="first last"', ""),
        ("nonsense", ""),
    ],
)
def test_link_header(page, header, expected):
    assert following(Paging("link"), page("[]"), {"Link": header}) == expected


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("next", '{"next": "/p2", "items": []}', "/p2"),
        ("links.next", '{"links": {"next": "/p2"}}', "/p2"),
        ("links.next", '{"links": {"next": null}}', ""),
        ("links.next", '{"links": []}', ""),
        ("next", "[]", ""),
        ("next", '{"a": 1}\n{"a": 2}\n', ""),
        ("@next", '<Orders next="/p2"><Order/></Orders>', "/p2"),
        ("next", '<?xml version="1.0"?>\n<Orders/>', ""),
    ],
)
def test_link_in_the_body(page, name, content, expected):
    assert following(Paging("link", next_name=name), page(content)) == expected


def test_cursor(page):
    paging = Paging("cursor", next_name="X-Next-Cursor")
    assert following(paging, page("[]"), {"x-next-cursor": "abc"}) == {"cursor": "abc"}
    assert following(paging, page("[]")) == {}
    paging = Paging("cursor", next_name="meta.cursor", cursor_param="after")
    assert following(paging, page('{"meta": {"cursor": 7}}')) == {"after": "7"}


@pytest.mark.parametrize("content", ['{"next": [1]}', '{"next": {}}', '{"next": 1', "{" * 9])
def test_nonsense(page, content):
    with pytest.raises(PayloadError):
        following(Paging("link", next_name="next"), page(content))


def test_offset(page):
    paging = Paging("offset", size=2)
    full = page('[{"a": 1}, {"a": 2}]')
    assert following(paging, full, {"X-Total-Count": "5"}) == {"offset": "2"}
    assert following(paging, full, {"X-Total-Count": "5"}, 3) == {}
    assert following(paging, full) == {"offset": "2"}
    assert following(paging, page("[]")) == {}


@pytest.mark.parametrize(
    "content",
    [
        "[]",
        '{"count": 0, "orders": []}',
        "<Orders/>",
        '<Orders count="0"><Next>x</Next></Orders>',
        "N° commande;Date\r\n",
        "",
        " \n ",
    ],
)
def test_empty(page, content):
    assert is_empty(page(content))


@pytest.mark.parametrize(
    "content",
    [
        '[{"a": 1}]',
        '{"count": 1, "orders": [{}]}',
        '{"a": 1}\n{"a": 2}\n',
        "<Orders><Order><Number>1</Number></Order></Orders>",
        '<Orders><Order number="1"/></Orders>',
        "N° commande;Date\r\n1;2\r\n",
    ],
)
def test_not_empty(page, content):
    assert not is_empty(page(content))


def test_too_large(tmp_path):
    path = tmp_path / "page"
    with path.open("wb") as stream:
        stream.truncate(MAX_PAGE_BYTES + 1)
    with pytest.raises(PayloadError, match="too large"):
        is_empty(path)


def test_bombs(page):
    bomb = '<!DOCTYPE a [<!ENTITY b "x"><!ENTITY c "&b;&b;">]><a next="&c;"><d>&c;</d></a>'
    assert following(Paging("link", next_name="next"), page(bomb)) in ("", "xx", "&c;")
    external = '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a><d>&b;</d></a>'
    assert is_empty(page(external))
