"""The HTTP API serves what the exports carry, page by page, and fails the way it is told to."""

import csv
import gzip
import http.client
import io
import json
import ssl
import subprocess
import time
import urllib.error
import urllib.request
import xml.etree.ElementTree as ElementTree
from base64 import b64encode
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime

import pytest

from simulators.silicon_master import Dialect, House, Settings, export
from simulators.silicon_master.api_control import FAILURES
from simulators.silicon_master.server import running

from .reading import PLAIN, read_rows

PATHS = {"contact": "contacts", "article": "articles", "order": "orders", "dossier": "dossiers"}
LISTS = {"contact": "customers", "article": "items", "order": "orders", "dossier": "cases"}
KEYS = {"contact": "code", "article": "sku", "order": "number", "dossier": "number"}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("house")
    house = House(folder / "state", folder / "drop", Settings.of_size("demo"))
    with running(house) as server:
        yield server


@pytest.fixture(autouse=True)
def good_mood(request):
    if "server" in request.fixturenames:
        request.getfixturevalue("server").reset()


@pytest.fixture(scope="module")
def expected(server, tmp_path_factory):
    """entity → header and rows of the CSV of the same night."""
    paths = export(server.house.world, tmp_path_factory.mktemp("csv"), PLAIN)
    return {entity: read_rows(path)[:2] for entity, path in paths.items()}


class Answer:
    def __init__(self, response):
        self.status, self.headers = response.status, response.headers
        self.body = response.read()

    @property
    def json(self):
        return json.loads(self.body)


class NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_args):
        return None


def get(url, method="GET", data=None, context=None, **headers):
    """:return Answer: whatever its status."""
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    request = urllib.request.Request(url, data, headers, method=method)
    opener = urllib.request.build_opener(NoRedirects, urllib.request.HTTPSHandler(context=context))
    try:
        with opener.open(request, timeout=20) as response:
            return Answer(response)
    except urllib.error.HTTPError as error:
        with error:
            return Answer(error)


def keys_of(answer, entity="contact"):
    return [record[KEYS[entity]] for record in answer.json[LISTS[entity]]]


def next_link(answer):
    link = answer.headers["Link"]
    return link and link[1 : link.index(">")]


# -- data ------------------------------------------------------------------------------------------
@pytest.mark.parametrize("entity", PATHS)
def test_bodies_are_those_of_the_exports(server, expected, tmp_path, entity):
    for file_format in ("json", "jsonl", "xml"):
        for names in ("fr", "en_nested"):
            url = f"{server.url}/api/{PATHS[entity]}?format={file_format}&names={names}"
            dialect = Dialect(file_format, "utf-8", names=names, padding=False, blank_lines=False)
            path = export(server.house.world, tmp_path, dialect, entities=(entity,))[entity]
            body = get(url).body
            if (file_format, names) == ("xml", "fr"):
                # There the file counts rows, the API records.
                found, wanted = (ElementTree.fromstring(b) for b in (body, path.read_bytes()))
                assert [ElementTree.tostring(e) for e in found] == [
                    ElementTree.tostring(e) for e in wanted
                ]
            else:
                assert body == path.read_bytes()
    answer = get(f"{server.url}/api/{PATHS[entity]}?format=csv&names=fr")
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    rows = list(csv.reader(io.StringIO(answer.body.decode(), newline=""), delimiter=";"))
    assert (rows[0], rows[1:]) == expected[entity]


@pytest.mark.parametrize("entity", PATHS)
@pytest.mark.parametrize("limit", [7, 100, 5000])
def test_pages(server, expected, entity, limit):
    keys = list(dict.fromkeys(row[0] for row in expected[entity][1]))
    base = f"{server.url}/api/{PATHS[entity]}?limit={limit}&paging="
    url, found = f"{base}link", []
    while url:
        answer = get(url)
        assert answer.headers["X-Total-Count"] == str(len(keys)) == str(answer.json["count"])
        found += keys_of(answer, entity)
        url = next_link(answer)
    assert found == keys
    found, cursor = [], ""
    while cursor is not None:
        answer = get(f"{base}cursor&cursor={cursor}")
        found += keys_of(answer, entity)
        cursor = answer.headers["X-Next-Cursor"]
        assert answer.json.get("next_cursor") == cursor
    assert found == keys
    found, page = [], None
    while page != []:
        page = keys_of(get(f"{base}offset&offset={len(found)}"), entity)
        found += page
    assert found == keys
    assert keys_of(get(f"{base}offset&page=2"), entity) == keys[limit : 2 * limit]


@pytest.mark.parametrize("file_format", ["xml", "csv", "jsonl"])
def test_pages_of_every_format_are_whole(server, expected, file_format):
    url = f"{server.url}/api/orders?format={file_format}&names=fr&paging=link&limit=90"
    rows = []
    while url:
        answer = get(url)
        text = answer.body.decode()
        if file_format == "xml":
            page = [[cell.text or "" for cell in row] for row in ElementTree.fromstring(text)]
        elif file_format == "csv":
            header, *page = csv.reader(io.StringIO(text, newline=""), delimiter=";")
            assert header == expected["order"][0]
        else:
            page = [list(json.loads(line).values()) for line in text.splitlines()]
        rows += page
        url = next_link(answer)
    assert rows == expected["order"][1]


def test_modified_since(server, expected):
    header, rows = expected["contact"]

    def moment(row):
        return datetime.strptime(row[header.index("Modifié le")], "%d/%m/%Y %H:%M")

    since = sorted(moment(row) for row in rows)[300]
    wanted = [row[0] for row in rows if moment(row) >= since]
    assert 0 < len(wanted) < 400
    url = f"{server.url}/api/contacts?paging=offset&limit=5000&modified_since="
    assert keys_of(get(url + since.isoformat())) == wanted
    # In summer the master's clock is two hours ahead.
    wanted = [row[0] for row in rows if moment(row) >= datetime(2026, 7, 1, 14, 0)]
    assert keys_of(get(f"{url}2026-07-01T12:00:00Z")) == wanted
    assert keys_of(get(f"{url}2026-07-01T14:00:00%2B02:00")) == wanted
    assert keys_of(get(f"{url}2100-01-01T00:00:00")) == []
    assert get(f"{url}yesterday").status == 400


def test_questions_that_nobody_understands(server):
    for path, status, code in (
        ("/api/invoices", 404, "not_found"),
        ("/api/contacts?format=yaml", 400, "bad_request"),
        ("/api/contacts?paging=link&limit=0", 400, "bad_request"),
        ("/api/contacts?paging=cursor&cursor=abc", 400, "bad_request"),
        ("/api/contacts?names=nl", 400, "bad_request"),
    ):
        answer = get(server.url + path)
        assert (answer.status, answer.json["error"]) == (status, code)


# -- conditional, partial, packed ------------------------------------------------------------------
def test_conditional_answers(tmp_path):
    house = House(tmp_path / "state", tmp_path / "drop", Settings.of_size("tiny"))
    with running(house) as server:
        url = f"{server.url}/api/orders?paging=link&limit=10"
        first = get(url)
        etag, modified = first.headers["ETag"], first.headers["Last-Modified"]
        assert parsedate_to_datetime(modified) == datetime(2026, 11, 2, 23, 30, tzinfo=timezone.utc)
        for headers in ({"If_None_Match": etag}, {"If_None_Match": f'"x", W/{etag}'}):
            again = get(url, **headers)
            assert (again.status, again.body, again.headers["ETag"]) == (304, b"", etag)
        assert get(url, If_Modified_Since=modified).status == 304
        assert get(url, If_None_Match='"x"', If_Modified_Since=modified).status == 200
        others = {get(next_link(first)).headers["ETag"], get(f"{url}&format=xml").headers["ETag"]}
        assert len(others | {etag}) == 3
        old_cursor = get(f"{server.url}/api/orders?paging=cursor&limit=5").headers["X-Next-Cursor"]
        house.night()
        assert get(url, If_None_Match=etag).status == 200
        assert get(url, If_Modified_Since=modified).status == 200
        answer = get(f"{server.url}/api/orders?paging=cursor&limit=5&cursor={old_cursor}")
        assert (answer.status, answer.json["error"]) == (410, "cursor_expired")


def test_partial_answers(server):
    url = f"{server.url}/api/articles"
    whole = get(url)
    assert whole.headers["Accept-Ranges"] == "bytes"
    etag, size = whole.headers["ETag"], len(whole.body)
    for asked, part in (
        ("bytes=1000-", whole.body[1000:]),
        ("bytes=10-19", whole.body[10:20]),
        ("bytes=-5", whole.body[-5:]),
    ):
        answer = get(url, Range=asked, If_Range=etag)
        assert (answer.status, answer.body) == (206, part)
        assert answer.headers["Content-Range"].endswith(f"/{size}")
    assert get(url, Range="bytes=1000-", If_Range='"other"').body == whole.body
    answer = get(url, Range=f"bytes={size}-")
    assert (answer.status, answer.headers["Content-Range"]) == (416, f"bytes */{size}")


def test_packed_answers(server):
    url = f"{server.url}/api/articles"
    plain, packed = get(url), get(url, Accept_Encoding="gzip, deflate")
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.body) == plain.body and len(packed.body) < len(plain.body) / 4
    assert packed.headers["ETag"] != plain.headers["ETag"]
    part = get(url, Accept_Encoding="gzip", Range="bytes=50-")
    assert part.body == packed.body[50:]


def test_head(server):
    answer = get(f"{server.url}/api/articles", method="HEAD")
    assert answer.body == b"" and int(answer.headers["Content-Length"]) > 1000


# -- who asks --------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("auth", "good"),
    [
        ("bearer", {"Authorization": "Bearer silicon-token"}),
        ("basic", {"Authorization": "Basic " + b64encode(b"odoo:silicon-password").decode()}),
        ("api_key", {"X_Api_Key": "silicon-key"}),
    ],
)
def test_signing_in(server, auth, good):
    url = f"{server.url}/api/dossiers"
    server.control(auth=auth)
    assert get(url, **good).status == 200
    wrong = {name: f"{value}x" for name, value in good.items()}
    for headers in ({}, wrong, {"Authorization": "Bearer silicon-key"}):
        answer = get(url, **headers)
        assert (answer.status, answer.json["error"]) == (401, "unauthorized")
        assert answer.headers["WWW-Authenticate"]
    assert "silicon" not in json.dumps(server.requests())
    server.control(reset=True)
    assert get(url).status == 200


def test_key_in_the_address(server):
    server.control(auth="api_key")
    assert get(f"{server.url}/api/dossiers?api_key=silicon-key").status == 200


def test_https(tmp_path):
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    subprocess.run(
        [*command, "-keyout", key, "-out", cert, "-subj", "/CN=127.0.0.1",
         "-addext", "subjectAltName=IP:127.0.0.1"],
        check=True, capture_output=True,
    )  # fmt: skip
    house = House(tmp_path / "state", tmp_path / "drop", Settings.of_size("tiny"))
    with running(house, certificate=(cert, key)) as server:
        url = f"{server.url}/api/contacts?paging=link&limit=30"
        with pytest.raises(urllib.error.URLError, match="CERTIFICATE_VERIFY_FAILED"):
            get(url)
        answer = get(url, context=ssl.create_default_context(cafile=cert))
        assert answer.status == 200 and next_link(answer).startswith("https://127.0.0.1:")


# -- failures on demand ----------------------------------------------------------------------------
def test_every_failure_is_known_and_others_are_refused(server):
    server.control(fail=[{"kind": kind} for kind in FAILURES])
    for wrong in (
        {"fail": [{"kind": "fire"}]},
        {"fail": [{"kind": "cut", "heat": 1}]},
        {"mood": 1},
    ):
        with pytest.raises(ValueError):
            server.control(**wrong)
    answer = get(f"{server.url}/control", "POST", b'{"auth": "magic"}')
    assert answer.status == 400 and "bearer" in answer.json["error"]


def test_rules_are_used_up_in_order(server):
    url = server.url
    body = {
        "fail": [
            {"kind": "error500", "times": 2, "skip": 1, "entity": "orders"},
            {"kind": "throttled", "entity": "articles", "retry_after": 3},
        ]
    }
    assert len(get(f"{url}/control", "POST", json.dumps(body).encode()).json["fail"]) == 2
    statuses = [get(f"{url}/api/orders").status for _request in range(4)]
    assert statuses == [200, 500, 500, 200]
    assert get(f"{url}/api/contacts").status == 200
    answer = get(f"{url}/api/articles")
    assert (answer.status, answer.headers["Retry-After"]) == (429, "3")
    assert get(f"{url}/control").json["fail"] == []
    noted = [(r["path"], r["status"], r["failure"]) for r in get(f"{url}/requests").json]
    assert noted[1] == ("/api/orders", 500, "error500") and len(noted) == 6
    get(f"{url}/requests", "DELETE")
    assert get(f"{url}/requests").json == []


@pytest.mark.parametrize(("kind", "status"), [("error503", 503), ("throttled", 429)])
def test_retry_after_a_date(server, kind, status):
    server.control(fail=[{"kind": kind, "retry_after": "date", "seconds": 40}])
    answer = get(f"{server.url}/api/orders")
    assert answer.status == status
    wait = parsedate_to_datetime(answer.headers["Retry-After"]) - datetime.now(timezone.utc)
    assert timedelta(seconds=30) < wait <= timedelta(seconds=40)


@pytest.mark.parametrize("at", [None, 777])
def test_a_body_that_breaks_off_can_be_resumed(server, at):
    url = f"{server.url}/api/articles"
    whole = get(url).body
    server.control(fail=[{"kind": "cut", "at": at}])
    with pytest.raises(http.client.IncompleteRead) as caught:
        get(url)
    part = caught.value.partial
    assert part == whole[: len(whole) // 2 if at is None else at]
    rest = get(url, Range=f"bytes={len(part)}-")
    assert rest.status == 206 and part + rest.body == whole


def test_answers_that_are_none(server):
    url = f"{server.url}/api/articles"
    server.control(fail=[{"kind": kind} for kind in ("wrong_type", "not_json", "redirect")])
    page = get(url)
    assert page.status == 200 and page.headers["Content-Type"].startswith("text/html")
    assert "ETag" not in page.headers
    torn = get(url)
    assert torn.status == 200
    with pytest.raises(ValueError):
        assert torn.json
    moved = get(url)
    port = server.server_port
    assert moved.headers["Location"] == f"http://localhost:{port}/api/articles"
    server.control(fail=[{"kind": "redirect", "location": "http://elsewhere.invalid/"}])
    assert get(url).headers["Location"] == "http://elsewhere.invalid/"


def test_an_expired_token(server):
    server.control(auth="bearer", fail=[{"kind": "expired"}])
    token = {"Authorization": "Bearer silicon-token"}
    answer = get(f"{server.url}/api/orders", **token)
    assert answer.status == 401 and "invalid_token" in answer.headers["WWW-Authenticate"]
    assert get(f"{server.url}/api/orders", **token).status == 200


@pytest.mark.parametrize("paging", ["link", "cursor"])
@pytest.mark.parametrize(
    ("kind", "pages"),
    [
        ("duplicate_page", [0, 0, 2, 3]),
        ("missing_page", [0, 2, 3]),
        ("empty_page", [0, None, 2, 3]),
    ],
)
def test_wrong_pages(server, expected, paging, kind, pages):
    keys = [row[0] for row in expected["contact"][1]]
    first = f"{server.url}/api/contacts?paging={paging}&limit=100"
    server.control(fail=[{"kind": kind, "skip": 1}])
    url, found = first, []
    while url:
        answer = get(url)
        found.append(keys_of(answer))
        cursor = answer.headers["X-Next-Cursor"]
        url = next_link(answer) if paging == "link" else cursor and f"{first}&cursor={cursor}"
    wanted = [[] if page is None else keys[100 * page : 100 * page + 100] for page in pages]
    assert found == wanted


def test_cursors_expire(server):
    server.control(cursor_seconds=0.2)
    url = f"{server.url}/api/contacts?paging=cursor&limit=10"
    cursor = get(url).headers["X-Next-Cursor"]
    assert get(f"{url}&cursor={cursor}").status == 200
    time.sleep(0.3)
    assert get(f"{url}&cursor={cursor}").status == 410


def test_slow_answers(server):
    url = f"{server.url}/api/dossiers"
    whole = get(url).body

    def seconds():
        started = time.monotonic()
        assert get(url).body == whole
        return time.monotonic() - started

    server.control(fail=[{"kind": "slow", "seconds": 0.4}])
    assert seconds() >= 0.4 > seconds()
    server.control(delay=0.3)
    assert seconds() >= 0.3
    server.control(reset=True, bytes_per_second=len(whole) * 2)
    assert seconds() >= 0.4


def test_prepared_pages(server):
    url = f"{server.url}/prepare?entity=orders&format=xml"
    assert get(url, "POST", b"").json == {"records": 300}
    assert get(f"{server.url}/prepare?entity=nobody", "POST", b"").status == 404
