"""An agent at the desk of iAdvize, with our panel in its frame."""

import json

from .customer import Pages
from .mailbox import until

#: Windows' numbers of keys, by which Chromium knows what they do.
KEYS = {"Enter": 13, "Escape": 27, "ArrowDown": 40, "/": 191}
FRAME = "iframe[title=Application]:not([hidden])"


class Desk(Pages):
    """What an agent sees and does. Everything waits until it is there.

    :param page: `scripts.devtools.Page`
    :param url: of the simulator
    :param agent: his address, by which he is known in Odoo
    """

    def __init__(self, page, url: str, agent: str):
        super().__init__(page, url)
        self.agent = agent
        self.world = None

    def open(self, chat: str) -> None:
        """Open one of his chats, and wait for the panel beside it."""
        self.page.to_front()
        self.page.open(f"{self.url}/desk?operator={self.agent}&conversation={chat}")
        self.page.wait(FRAME)
        self.look_into()
        self.until("document.querySelector('#panel:not([aria-busy])')")

    def send(self, text: str = "") -> None:
        """Send what stands in the compose box, after a text of his own."""
        if text:
            self.type("#text", text)
        said = self.compose_box().strip()
        self.page.to_front()
        self.page.click("#answer button.primary")
        until(lambda: not self.compose_box())
        self.sees(said, "#thread")

    def close(self) -> None:
        """End the chat."""
        self.page.to_front()
        self.page.click("#close")
        until(lambda: not self.page.run("document.querySelector('#close').checkVisibility()"))

    def compose_box(self) -> str:
        return self.page.run("document.querySelector('#text').value")

    # -- the panel -----------------------------------------------------------------------------

    def look_into(self, seconds: float = 20) -> str:
        """Find the frame of the panel; it is read and used from a world of its own, which shares
        its document.

        :return: the address of what is shown in it
        """

        def found():
            tree = self.page._call("Page.getFrameTree")["frameTree"]
            frames = [one["frame"] for one in tree.get("childFrames", [])]
            return [
                one
                for one in frames
                if "/omni/panel/" in one["url"] or "chrome-error" in one["url"]
            ]

        frame = until(found, seconds)[-1]
        world = self.page._call("Page.createIsolatedWorld", frameId=frame["id"])
        self.world = world["executionContextId"]
        return frame["url"]

    def run(self, script: str):
        """Value of a JavaScript expression in the panel."""
        result = self.page._call(
            "Runtime.evaluate",
            expression=script,
            contextId=self.world,
            awaitPromise=True,
            returnByValue=True,
        )
        assert "exceptionDetails" not in result, (script, result)
        return result["result"].get("value")

    def until(self, script: str, seconds: float = 30) -> None:
        """Wait until an expression is true in the panel."""
        try:
            until(lambda: self.run(f"Boolean({script})"), seconds)
        except AssertionError as error:
            raise AssertionError(f"{script}\n{self.panel()}") from error

    def panel(self, selector: str = "body") -> str:
        """What is to be read in the panel."""
        return self.run(f"document.querySelector({json.dumps(selector)})?.innerText || ''")

    def shows(self, text: str, selector: str = "body", seconds: float = 30) -> None:
        element = f"document.querySelector({json.dumps(selector)})?.innerText || ''"
        self.until(f"({element}).includes({json.dumps(text)})", seconds)

    def is_level(self, level: str, seconds: float = 30) -> None:
        """Wait until it is shown how sure it is who writes."""
        self.until(f"document.querySelector('#who .p-level-{level}')", seconds)

    def press(self, selector: str) -> None:
        """Click in the panel, once it is shown."""
        self.page.to_front()
        found = f"document.querySelector({json.dumps(selector)})"
        self.until(f"{found}?.checkVisibility()")
        self.run(f"{found}.focus(), {found}.click()")

    def answer(self, title: str, text: str) -> None:
        """Take a prepared answer over, and wait until this stands in the compose box.

        :param title: of the answer
        """
        self._press_within("#answers .p-answer", title)
        until(lambda: text in self.compose_box())

    def tell_date(self, order: str) -> None:
        """Take the date of an order over into the compose box."""
        self._press_within("#orders .p-item", order, "[data-key^=tell]")
        until(lambda: order in self.compose_box())

    def push_order(self, order: str) -> None:
        """Send an order as a card, after it was shown what it looks like."""
        self._press_within("#orders .p-item", order, "[data-key^=card]")
        self.press("dialog .p-primary")
        self.until("!document.querySelector('dialog')")

    def _press_within(self, selector: str, text: str, button: str = "") -> None:
        """Click the element that has this text, or a button in it."""
        self.page.to_front()
        found = (
            f"[...document.querySelectorAll({json.dumps(selector)})]"
            f".find((one) => one.innerText.includes({json.dumps(text)}))"
        )
        if button:
            found += f"?.querySelector({json.dumps(button)})"
        self.until(f"{found}?.checkVisibility()")
        self.run(f"{found}.focus(), {found}.click()")
