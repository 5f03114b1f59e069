"""The service around it: paths, pages, its own API, and how it is started."""

import random
import re
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from simulators.graph import mime
from simulators.graph.call import segments, shape
from simulators.graph.letter import File, Letter, Person, harmless, text_of

from .client import ANNA, INFO, signed_in

FOLDER = Path(__file__).parents[1]
NDR = (
    b"From: MAILER-DAEMON@mx.example\r\nTo: info@x.example\r\nSubject: Undelivered\r\n"
    b"Content-Type: multipart/report; report-type=delivery-status; boundary=z\r\n\r\n--z\r\n"
    b"Content-Type: text/plain\r\n\r\nIt failed.\r\n--z\r\n"
    b"Content-Type: message/delivery-status\r\n"
    b"\r\nReporting-MTA: dns;mx.example\r\n\r\nFinal-Recipient: rfc822;a@b.example\r\nStatus: 5.1.1"
    b"\r\n--z\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: <9@x.example>\r\n--z--\r\n"
)


@pytest.fixture
def client():
    with signed_in() as client:
        yield client


@pytest.mark.parametrize(
    ("path", "pattern", "values"),
    [
        ("/users/a@b.c/messages/X/send", "users/*/messages/*/send", ["a@b.c", "X"]),
        ("/me/messages", "users/*/messages", [""]),
        ("/users('a''b')/mailFolders('inbox')/messages/delta()",
         "users/*/mailFolders/*/messages/delta", ["a'b", "inbox"]),
        ("/Users/a/MailFolders/inbox/Messages/microsoft.graph.delta",
         "users/*/mailFolders/*/messages/delta", ["a", "inbox"]),
        ("/users/a/messages/a%3D/attachments/b/$value",
         "users/*/messages/*/attachments/*/$value", ["a", "a=", "b"]),
    ],
)  # fmt: skip
def test_paths(path, pattern, values):
    assert shape(segments(path)) == (pattern, values)


def test_a_message_through_its_folder(client):
    key = client.mail()["messages"][0]["id"]
    sub = client.sim(f"mailboxes/{INFO}/folders", {"name": "Clients"})["id"]
    through = client.get(f"mailFolders/inbox/childFolders/{sub}/messages/{key}?$select=subject")
    assert through.json()["subject"] == "Ma commande"
    assert client.get(f"mailFolders/inbox/childFolders/{sub}").json()["displayName"] == "Clients"
    assert client.get("mailFolders/inbox/nonsense").status_code == 400
    assert client.ask("PUT", f"messages/{key}").status_code == 405


def test_reports_keep_their_parts():
    letter = mime.read(NDR)
    assert letter.text.strip() == "It failed."
    assert [file.content_type for file in letter.files] == [
        "message/delivery-status", "text/rfc822-headers",
    ]  # fmt: skip
    assert b"Final-Recipient: rfc822;a@b.example" in letter.files[0].content
    assert dict(letter.headers)["Content-Type"].startswith("multipart/report")


def test_mime_there_and_back():
    inner = Letter(Person("c@d.example"), subject="Dedans", content="x")
    letter = Letter(
        Person("é@b.example", "Zoé"), subject="Été", to=[Person(INFO)], content="<p>Là</p>",
        content_type="html", date=1_700_000_000.0, references=["<1@x>"], in_reply_to="<1@x>",
        files=[File("plan é.txt", b"a"), File("i", kind="item", letter=inner),
               File("logo.png", b"p", "image/png", "logo", True)],
    )  # fmt: skip
    again = mime.read(mime.write(letter))
    assert (again.subject, again.sender.name, again.html.strip()) == ("Été", "Zoé", "<p>Là</p>")
    assert (again.message_id, again.references, again.date) == (
        letter.message_id, ["<1@x>"], letter.date,
    )  # fmt: skip
    assert [(file.name, file.kind) for file in again.files] == [
        ("plan é.txt", "file"), ("Dedans", "item"), ("logo.png", "file"),
    ]  # fmt: skip
    assert again.files[2].content_id == "logo" and again.files[2].is_inline


def test_headers_with_bytes_that_no_header_should_have():
    raw = "From: Zoé <z@b.example>\r\nSubject: Été =?utf-8?Q?=C3=A0?= suivre\r\n\r\nx"
    for charset in ("utf-8", "cp1252"):
        letter = mime.read(raw.encode(charset))
        assert (letter.sender.name, letter.subject) == ("Zoé", "Été à suivre")


def test_nothing_is_too_broken_to_arrive(client):
    dice = random.Random(7)
    for _time in range(300):
        raw = bytearray(NDR)
        for _change in range(dice.randint(1, 12)):
            raw[dice.randrange(len(raw))] = dice.randrange(256)
        client.simulator.exchange.write(mime.read(bytes(raw)), [INFO])
    mime.read(b"")
    found = client.values("messages?$top=100&$select=subject,body,internetMessageHeaders")
    assert len(found) == 300


def test_what_html_says():
    html = "<style>x</style><p>Un&nbsp;deux<br>trois</p><script>no()</script>"
    assert text_of(html) == "Un deux\ntrois"
    assert harmless('<a href="javascript:x()" onclick=y>z</a>') == '<a href="x()">z</a>'


def test_pages(client):
    page = requests.get(client.url, timeout=5)
    assert page.status_code == 200 and 'lang="fr"' in page.text
    for path in re.findall(r'(?:src|href)="(/static/[^"]+)"', page.text):
        assert requests.get(client.url + path, timeout=5).ok
    shared = requests.get(f"{client.url}/static/shared/page.js", timeout=5)
    assert "javascript" in shared.headers["Content-Type"]
    # Without any permission nothing that a mail brings can run.
    assert re.search(r'<iframe id="body" sandbox (?!=)', page.text)


def test_files_are_never_shown_by_the_browser(client):
    client.mail(attachments=[{"name": 'x"y.html', "text": "<script>", "content_type": "text/html"}])
    file = client.see(f"customers/{ANNA}")[0]["attachments"][0]
    answer = requests.get(client.url + file["url"], timeout=5)
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Content-Disposition"].startswith("attachment;")


def test_presets_and_mailboxes(client):
    preset = {"label": "Retard", "from": ANNA, "subject": "x", "text": "y"}
    request = requests.put(f"{client.url}/sim/presets", json={"presets": [preset]}, timeout=5)
    assert request.ok
    client.sim("mailboxes", {"address": "b2b@meubles-demo.example", "name": "B2B"})
    client.mail(mailbox="b2b@meubles-demo.example")
    state = client.see("state")
    assert state["presets"] == [preset]
    assert state["customers"] == [{"address": ANNA, "count": 1}]
    assert state["mailboxes"][-1]["folders"]["inbox"] == 1


def test_nobody_is_written_to(client):
    body = {"to": ["x@elsewhere.example"], "from": ANNA}
    assert requests.post(f"{client.url}/sim/mail", json=body, timeout=5).status_code == 400


def test_command_line():
    command = [sys.executable, "-m", "simulators.graph", "serve", "--help"]
    options = {"capture_output": True, "text": True, "cwd": FOLDER.parents[1]}
    answer = subprocess.run(command, check=True, **options)
    assert "--mailboxes" in answer.stdout


def test_it_needs_nothing_of_the_addons():
    for path in FOLDER.rglob("*.py"):
        assert not re.search(r"^\s*(from|import) (odoo|addons)\b", path.read_text(), re.MULTILINE)
