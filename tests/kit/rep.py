"""A rep before the inbox, in a browser of his own."""

import json
import time

from scripts.console import Problem

#: What stands in each message of the thread, its frame included, the oldest first.
MESSAGES = """
[...document.querySelectorAll(".o_omni_message")].map((message) => ({
    kind: message.className.match(/o_omni_message_(in|out|note)/)[1],
    state: message.dataset.state,
    who: message.querySelector(".o_omni_message_head strong").textContent,
    isAutomatic: Boolean(message.querySelector(".o_omni_message_head .badge")),
    channel: message.querySelector(".o_omni_message_head .text-truncate[title] > i.fa")
        ?.parentElement.title || "",
    text: [...message.querySelectorAll("iframe")]
        .map((frame) => frame.contentDocument?.body?.innerText || "")
        .concat(message.querySelector(".o_omni_text")?.textContent || "").join(" "),
    files: [...message.querySelectorAll(".o_omni_file")].map((file) => ({
        name: file.querySelector(".o_omni_file_name").textContent,
        url: file.querySelector("a")?.getAttribute("href"),
    })),
}))
"""
ITEMS = """
[...document.querySelectorAll(".o_omni_item")].map((item) => ({
    subject: item.querySelector(".o_omni_subject").textContent,
    who: item.querySelector(".o_omni_who").textContent,
    orders: item.querySelector(".o_omni_orders")?.textContent || "",
    channels: item.querySelectorAll(".o_omni_marks > i.fa-fw").length,
}))
"""
#: What stands above the thread: what was joined, what may be, what is answered elsewhere.
STRIPS = """
[...document.querySelectorAll(".o_omni_strip")].map((strip) => ({
    kind: strip.className.match(/o_omni_(suggested|desk|joined)/)[1],
    key: strip.dataset.key,
    text: strip.innerText,
}))
"""
#: Who writes, on each of the channels.
IDENTITIES = """
[...document.querySelectorAll(".o_omni_identity")].map((box) => ({
    level: box.dataset.level,
    channel: box.querySelector("i[role=img]").title,
    text: box.innerText,
}))
"""
#: Conversations that the same answer would answer, too.
ALSO = """
[...document.querySelectorAll(".o_omni_also label")].map((label) => ({
    channel: label.querySelector(".text-nowrap").textContent,
    isAnswered: label.querySelector("input").checked,
}))
"""
#: What has happened since the answer was begun, before it leaves.
CHANGES = """
[...document.querySelectorAll(".o_omni_changes > li")].map((change) => ({
    who: change.querySelector("strong").textContent,
    channel: change.querySelector("i[role=img]")?.title || "",
    text: change.querySelector(".o_omni_text").textContent,
}))
"""
DIGEST = """
const digest = async (content) => {
    const bytes = new Uint8Array(await crypto.subtle.digest("SHA-256", content));
    return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
};
"""
#: A file of this size that nobody can guess is chosen; its digest.
CHOOSE_FILE = """
(async () => {
    %(digest)s
    const content = new Uint8Array(%(size)d);
    for (let start = 0; start < content.length; start += 65536) {
        crypto.getRandomValues(content.subarray(start, start + 65536));
    }
    const transfer = new DataTransfer();
    transfer.items.add(new File([content], %(name)s, { type: "application/pdf" }));
    const input = document.querySelector(".o_omni_composer input[type=file]");
    input.files = transfer.files;
    input.dispatchEvent(new Event("change", { bubbles: true }));
    return digest(content);
})()
"""
DOWNLOAD = """
(async () => {
    %(digest)s
    const answer = await fetch(%(url)s);
    return digest(await answer.arrayBuffer());
})()
"""
RICH = ".o_omni_composer .odoo-editor-editable"
PLAIN = ".o_omni_composer textarea.o_omni_plain"


class Rep:
    """What he sees and does. Everything waits until it is there.

    :param browser: `scripts.devtools.Browser`
    :param url: of Odoo
    :param login: his; ``password`` as well
    """

    def __init__(self, browser, url: str, database: str, login: str, password: str):
        self.page = browser.page(1400, 950, context=browser.context())
        params = {"db": database, "login": login, "password": password}
        body = json.dumps(json.dumps({"params": params}))
        self.page.open(f"{url}/web/login")
        self.page.wait("form.oe_login_form", 60)
        self.page.run(
            "fetch('/web/session/authenticate', {method: 'POST', headers: "
            f"{{'Content-Type': 'application/json'}}, body: {body}}}).then((one) => one.text())"
        )
        self.page.open(f"{url}/odoo/inbox")
        self.page.wait(".o_omni_folder[data-key=unassigned]", 120)
        # is gone when the page is loaded anew
        self.page.run("window.isSamePage = true")

    def until(self, what, seconds: float = 60):
        """Wait until ``what()`` says something, and return that."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                answer = what()
            except Problem:  # the page is being drawn
                answer = None
            if answer:
                return answer
            if time.monotonic() > deadline:
                shown = self.page.run("document.body.innerText.slice(0, 3000)")
                raise AssertionError(f"nothing came of it after {seconds:g} s:\n{shown}")
            time.sleep(0.1)

    def is_same_page(self) -> bool:
        """Whether it was never loaded anew."""
        return bool(self.page.run("window.isSamePage"))

    # -- the list ------------------------------------------------------------------------------

    def show(self, folder: str) -> None:
        """Go to a folder."""
        self.page.to_front()
        self.page.click(f".o_omni_folder[data-key={folder}]")
        self.page.wait(f".o_omni_folder.active[data-key={folder}]")

    def items(self) -> list[dict]:
        """The list as it is now."""
        return self.page.run(ITEMS)

    def item(self, subject: str) -> dict:
        """The one of this subject."""
        return self.until(
            lambda: next((one for one in self.items() if one["subject"] == subject), None)
        )

    def open(self, subject: str, folder: str = "all") -> dict:
        """Go to a folder and open the ticket of this subject; return it as it stood there."""
        self.show(folder)
        found = self.item(subject)
        self.page.run(
            "[...document.querySelectorAll('.o_omni_item')].find((item) => item"
            f".querySelector('.o_omni_subject').textContent === {json.dumps(subject)}).click()"
        )
        title = "document.querySelector('.o_omni_thread_title')?.textContent"
        self.until(lambda: self.page.run(title) == subject)
        self.page.wait(".o_omni_thread[data-status=ready]")
        return found

    # -- the thread ----------------------------------------------------------------------------

    def messages(self) -> list[dict]:
        """The thread as it is now."""
        return self.page.run(MESSAGES)

    def message(self, text: str, **values) -> dict:
        """The one that has this text, once it is like this (``kind``, ``state`` …)."""
        return self.until(
            lambda: next(
                (
                    one
                    for one in self.messages()
                    if text in one["text"] and all(one[name] == values[name] for name in values)
                ),
                None,
            )
        )

    def event(self, text: str) -> str:
        """The line between the messages that says this, once it is there."""
        lines = "[...document.querySelectorAll('.o_omni_event')].map((line) => line.innerText)"
        return self.until(
            lambda: next((line for line in self.page.run(lines) if text in line), None)
        )

    def card(self) -> str:
        """What the card of the customer says."""
        self.page.wait(".o_customer_card[data-status=ready]")
        return self.page.run("document.querySelector('.o_customer_card').innerText")

    def digest(self, file: dict) -> str:
        """SHA-256 of a file of a message, as the browser gets it."""
        script = DOWNLOAD % {"digest": DIGEST, "url": json.dumps(file["url"])}
        return self.page.run(script)

    def identities(self) -> list[dict]:
        """How sure it is who writes, on each of the channels."""
        return self.page.run(IDENTITIES)

    # -- one customer on several channels ------------------------------------------------------

    def strips(self, kind: str = "") -> list[dict]:
        """What stands above the thread, all of it: what was joined and why, what may be."""
        more = "document.querySelector('.o_omni_strips_more[aria-expanded=false]')"
        if self.page.run(f"Boolean({more})"):
            self.page.run(f"{more}.click()")
            self.until(lambda: not self.page.run(f"Boolean({more})"))
        return [one for one in self.page.run(STRIPS) if kind in ("", one["kind"])]

    def undo_join(self, channel: str) -> None:
        """Part again what a channel was joined by."""
        self._act(".o_omni_joined", channel, ".o_omni_join_undo")

    def join(self, channel: str) -> None:
        """Join what the same customer writes on another channel."""
        self._act(".o_omni_suggested", channel, ".o_omni_join")

    def _act(self, strips: str, text: str, button: str) -> None:
        """Press a button of the strip that has this text, and wait until the strip is gone."""
        self.page.to_front()
        kind = strips.rpartition("_")[2]
        [strip] = self.until(lambda: [one for one in self.strips(kind) if text in one["text"]])
        key = json.dumps(f".o_omni_strip[data-key={strip['key']}]")
        self.page.click(f"{json.loads(key)} {button}")
        self.until(lambda: strip["key"] not in {one["key"] for one in self.strips()})

    def close(self) -> None:
        """Close the ticket."""
        self.page.to_front()
        self.page.click(".o_omni_close")
        self.page.wait(".o_omni_reopen")

    # -- the composer --------------------------------------------------------------------------

    def write(self, text: str) -> None:
        """Begin an answer."""
        self.begin()
        self.type(text)

    def begin(self) -> None:
        """Open the composer."""
        self.page.to_front()
        self.page.click(".o_omni_reply")
        self.page.wait(f"{RICH}, {PLAIN}")

    def via(self) -> str:
        """On which channel the answer would leave."""
        return self.page.run("document.querySelector('.o_omni_via').innerText.trim()")

    def answer_on(self, channel: str) -> None:
        """Choose the channel on which the answer leaves; what is written goes along."""
        self.page.to_front()
        if self.via() == channel:
            return
        self.page.click("button.o_omni_via")
        self._click_text(".o-dropdown--menu .o-dropdown-item", channel)
        self.until(lambda: self.via() == channel)

    def type(self, text: str) -> None:
        """Write into the open composer."""
        field = f"document.querySelector({json.dumps(f'{RICH}, {PLAIN}')})"

        def is_written():
            # the editor may not have begun to listen yet
            self.page.run(f"{field}.focus()")
            self.page.run(f"document.execCommand('insertText', false, {json.dumps(text)})")
            return text in self.page.run(f"{field}.value ?? {field}.innerText")

        self.until(is_written)

    def also(self) -> list[dict]:
        """Where else the customer waits, as the composer asks: is it answered as well?"""
        return self.page.run(ALSO)

    def answers_too(self, channel: str) -> None:
        """Say that the answer answers another channel as well."""
        self.page.to_front()
        self._click_text(".o_omni_also label", channel)
        self.until(
            lambda: any(one["isAnswered"] for one in self.also() if one["channel"] == channel)
        )

    def attach(self, name: str, size: int) -> str:
        """Add a file; return its SHA-256 once the server has it."""
        values = {"digest": DIGEST, "size": size, "name": json.dumps(name)}
        digest = self.page.run(CHOOSE_FILE % values)
        self.page.wait(".o_omni_composer .o_omni_file_download", 60)
        return digest

    def send(self) -> None:
        """Press the button."""
        self.page.to_front()
        self.page.click(".o_omni_send:enabled")

    def changes(self) -> list[dict]:
        """What has stopped the answer: what happened since it was begun."""
        self.page.wait(".o_omni_changes")
        return self.page.run(CHANGES)

    def read_first(self) -> None:
        """Go back and read it."""
        self.page.click(".o_omni_read_first")
        self.until(lambda: not self.page.run("Boolean(document.querySelector('.modal'))"))

    def _click_text(self, selector: str, text: str) -> None:
        """Click the first of these elements that has this text, once it is shown."""
        found = (
            f"[...document.querySelectorAll({json.dumps(selector)})]"
            f".find((one) => one.checkVisibility() && one.innerText.includes({json.dumps(text)}))"
        )
        self.until(lambda: self.page.run(f"Boolean({found})"))
        self.page.run(f"{found}.click()")
