"""Two hundred messy mails in a real browser, in the frame of the inbox itself: no script runs, and
nothing is asked of other machines until it is allowed.

There are two walls, what the server has made of a mail and the frame it is shown in, and each is
tried without the other. That the traps work is shown by mails with no wall around them.
"""

import json
import re
import threading
import time
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from odoo.addons.omnichannel_inbox.mailbody import parse_mime, render_body
from odoo.addons.omnichannel_inbox.tests_pure.messy import build
from odoo.addons.omnichannel_inbox.tests_pure.messy.vectors import CALLS, IMAGES, SCRIPTS, fill

from scripts.devtools import Browser

THREAD = Path(__file__).parents[1] / "addons/omnichannel_inbox/static/src/thread"
PIXEL = bytes.fromhex(
    "47494638396101000100800000ffffff00000021f90401000000002c00000000010001000002024401003b"
)
#: The page that shows: it has the frame's own code, with nothing behind its imports.
PAGE = """<!DOCTYPE html><html><head><script type="importmap">{"imports": {
"@odoo/owl": "/nothing.js", "@web/core/l10n/translation": "/nothing.js",
"@web/core/browser/browser": "/nothing.js"}}</script></head><body><script type="module">
import { frameDocument } from "/frame.js";
const sandbox = %s;
const loaded = (frame) => new Promise((done) => frame.addEventListener("load", done));
const settled = async (frame) => {
    const images = [...(frame.contentDocument?.images || [])].filter((image) => image.src);
    const limit = new Promise((done) => setTimeout(done, 500));
    const end = (image) =>
        image.complete || new Promise((done) => (image.onload = image.onerror = done));
    await Promise.race([limit, Promise.all(images.map(end))]);
};
window.show = async (number, { wall, frameWall, allowRemote }) => {
    const query = new URLSearchParams({ wall, allowRemote });
    const mail = await (await fetch(`/mail/${number}?${query}`)).json();
    const frame = document.createElement("iframe");
    frame.style = "width:800px;height:600px";
    if (frameWall) {
        frame.setAttribute("sandbox", sandbox);
    }
    frame.srcdoc = frameWall ? frameDocument(mail.html, { allowRemote }) : mail.html;
    const isLoaded = loaded(frame);
    document.body.append(frame);
    await isLoaded;
    await settled(frame);
    const content = frame.contentDocument;
    for (const element of content?.body?.querySelectorAll("*:not(a[href^=http])") || []) {
        element.dispatchEvent(new MouseEvent("mouseover", { bubbles: true }));
    }
    const found = {
        text: (content?.body?.innerText || "").length,
        code: content?.querySelectorAll("script,iframe,object,embed,svg,form,base,link").length,
        width: frameWall && content ? content.documentElement.scrollWidth : 0,
    };
    frame.remove();
    return found;
};
window.isReady = true;
</script></body></html>"""
NOTHING = """
export class Component {} export const _t = String; export const browser = window;
export const onMounted = 0, onWillUnmount = 0, onWillUpdateProps = 0, useRef = 0, useState = 0;
"""


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self):  # noqa: N802 (the name is given)
        self.server.asked.append(self.path)
        content, content_type = self.server.answer(self.path)
        # a frame that is taken away does not wait for its answers
        with suppress(ConnectionError):
            self._answer(content, content_type)

    def _answer(self, content, content_type):
        self.send_response(200 if content_type else 404)
        self.send_header("Content-Type", content_type)
        self.send_header("Access-Control-Allow-Origin", "*")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_arguments):
        """Keep the output of the tests clean."""


@contextmanager
def serving(answer):
    """A server on a port of its own; ``asked`` are the paths it was asked for."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.asked, server.answer = [], answer
    server.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class House:
    """Shows mails, and knows what was asked of elsewhere meanwhile."""

    def __init__(self, mails):
        #: HTML and text of each mail, as they came
        self.mails = mails
        self.images = {"p1": "/web/image/1"}

    def answer(self, path):
        if path.startswith("/mail/"):
            number = int(re.match(r"/mail/(\d+)", path)[1])
            html, text = self.mails[number]
            if "wall=true" in path:
                cids = {cid: self.server.url + url for cid, url in self.images.items()}
                made = render_body(html, text, cids, "allowRemote=true" in path)
                html = f"{made.html}<hr>{made.quote}"
            return json.dumps({"html": html}).encode(), "application/json"
        if path == "/frame.js":
            return (THREAD / "frame.js").read_bytes(), "text/javascript"
        if path == "/nothing.js":
            return NOTHING.encode(), "text/javascript"
        if path.startswith("/page"):
            sandbox = re.search(r'sandbox="([^"]+)"', (THREAD / "frame.xml").read_text())[1]
            return (PAGE % json.dumps(sandbox)).encode(), "text/html"
        return (PIXEL, "image/gif") if path in self.images.values() else (b"", "")

    def show_all(self, **walls):
        """Show every mail; return what was seen, and what elsewhere was asked for."""
        self.elsewhere.asked.clear()
        with self.browser.page(900, 700) as page:
            page.open(f"{self.server.url}/page")
            deadline = time.monotonic() + 20
            while not page.run("window.isReady === true"):
                assert time.monotonic() < deadline, "the page does not start"
                time.sleep(0.1)
            options = json.dumps({"wall": True, "frameWall": True, "allowRemote": False} | walls)
            seen = [
                page.run(f"window.show({number}, {options})") for number in range(len(self.mails))
            ]
            time.sleep(1)  # what was begun arrives
        return seen, sorted(set(self.elsewhere.asked))


@pytest.fixture(scope="module")
def house():
    with serving(lambda _path: (PIXEL, "image/gif")) as elsewhere, Browser() as browser:
        inbound = [parse_mime(mail.raw) for mail in build(elsewhere.url)]
        mails = [(mail.html, mail.text) for mail in inbound]
        # and each trap by itself: nothing before it can have swallowed it
        mails += [(fill(trap, elsewhere.url), "") for trap in SCRIPTS + CALLS + IMAGES]
        house = House(mails)
        house.elsewhere, house.browser = elsewhere, browser
        with serving(house.answer) as house.server:
            yield house


def test_nothing_runs_and_nothing_is_asked_for(house):
    seen, asked = house.show_all()
    assert asked == []
    assert not [number for number, mail in enumerate(seen[:200]) if mail["code"]]
    # every mail with a text shows one
    with_text = [bool(text.strip() or html.strip()) for html, text in house.mails[:200]]
    assert [mail["text"] > 1 for mail in seen[:200]] == with_text
    assert max(mail["width"] for mail in seen) <= 800
    # pictures of the mail itself are there
    assert "/web/image/1" in house.server.asked


def test_images_when_they_are_allowed(house):
    _seen, asked = house.show_all(allowRemote=True)
    assert asked == sorted(f"/i{number}.png" for number in range(1, 11))


def test_what_the_server_made_needs_no_frame(house):
    _seen, asked = house.show_all(frameWall=False)
    assert asked == []


def test_the_frame_needs_no_server(house):
    _seen, asked = house.show_all(wall=False)
    assert asked == []


def test_the_traps_work(house):
    _seen, asked = house.show_all(wall=False, frameWall=False)
    caught = {re.match(r"/[a-z]+\d*", path)[0] for path in asked}
    assert {"/s1", "/s2", "/s3", "/s4", "/c1", "/c2", "/i1", "/i4", "/i5"} <= caught
    assert len(caught) >= 30
