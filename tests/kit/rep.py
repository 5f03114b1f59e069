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
EDITOR = ".o_omni_composer .odoo-editor-editable"


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

    def card(self) -> str:
        """What the card of the customer says."""
        self.page.wait(".o_customer_card[data-status=ready]")
        return self.page.run("document.querySelector('.o_customer_card').innerText")

    def digest(self, file: dict) -> str:
        """SHA-256 of a file of a message, as the browser gets it."""
        script = DOWNLOAD % {"digest": DIGEST, "url": json.dumps(file["url"])}
        return self.page.run(script)

    # -- the composer --------------------------------------------------------------------------

    def write(self, text: str) -> None:
        """Begin an answer."""
        self.page.to_front()
        self.page.click(".o_omni_reply")
        self.page.wait(EDITOR)
        words = "document.querySelector('.o_omni_composer .odoo-editor-editable')"

        def is_written():
            # the editor may not have begun to listen yet
            self.page.run(f"{words}.focus()")
            self.page.run(f"document.execCommand('insertText', false, {json.dumps(text)})")
            return text in self.page.run(f"{words}.innerText")

        self.until(is_written)

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
