"""A customer before the pages of the simulators: the chat of the web site, and Messenger."""

import json
from urllib.parse import quote

from .mailbox import until
from .simulated import Simulated


class Pages(Simulated):
    """A simulator that has pages: what is asked of it, and one of its pages in a browser.

    :param page: `scripts.devtools.Page`
    :param url: of the simulator
    """

    def __init__(self, page, url: str):
        super().__init__(url)
        self.page = page

    def type(self, selector: str, text: str) -> None:
        """Write into a field, as one who types."""
        self.page.to_front()
        self.page.wait(selector)
        self.page.run(
            f"document.querySelector({json.dumps(selector)}).focus(),"
            f" document.execCommand('insertText', false, {json.dumps(text)})"
        )

    def text(self, selector: str) -> str:
        """What is to be read there; empty when nothing is."""
        return self.page.run(f"document.querySelector({json.dumps(selector)})?.innerText || ''")

    def sees(self, text: str, selector: str = "body") -> None:
        """Wait until it is to be read."""
        self.page.to_front()
        until(lambda: text in self.text(selector))


class Visitor(Pages):
    """Somebody on the shop's web site.

    :param known: what the web site tells of him, in the words of the simulator:
        ``external_user_id`` of one who has logged in, ``first_name`` …
    """

    def __init__(self, page, url: str, **known):
        super().__init__(page, url)
        label = " ".join(known.values()) or "Visiteur"
        presets = self.ask("GET", "/sim/state")["presets"]
        self.ask("PUT", "/sim/presets", {"presets": [*presets, {"label": label, **known}]})
        self.page.open(f"{url}/visitor?preset={quote(label)}")
        self.page.wait("#presets_label")

    def begin(self, text: str) -> str:
        """Begin a chat; return what iAdvize calls it."""
        self.type("#first_text", text)
        self.page.click("#begin button.primary")
        self.page.wait("#talk")
        found = self.ask("GET", "/sim/ledger")["conversations"]
        [self.chat] = [
            one["id"] for one in found if any(said["text"] == text for said in one["messages"])
        ]
        return self.chat

    def says(self, text: str) -> None:
        self.type("#text", text)
        self.page.click("#answer button.primary")
        self.sees(text, "#thread")

    def got(self) -> list[dict]:
        """What an operator has sent him, by the ledger."""
        return [one for one in self.conversation()["messages"] if one["author"] == "operator"]

    def conversation(self) -> dict:
        """His conversation as iAdvize knows it."""
        return self.ask("GET", f"/sim/chats/{self.chat}")


class Telephone(Pages):
    """Somebody's Messenger.

    :param psid: his id on the shop's page
    """

    def __init__(self, page, url: str, psid: str):
        super().__init__(page, url)
        self.psid = psid
        self.page.open(f"{url}/messenger?person={psid}")
        self.page.wait("#compose")

    def writes(self, text: str) -> None:
        self.type("#text", text)
        self.page.click("#compose button.send")
        self.sees(text, "#messages")

    def follows(self, ref: str) -> None:
        """Come by a link of ours, ``m.me/page?ref=…``."""
        self.page.to_front()
        self.page.click("#menu_button")
        self.type("#ref", ref)
        self.page.click("#menu button")
        self.page.wait("#notice.good")

    def got(self) -> list[dict]:
        """What the shop has written to him, by the ledger."""
        [person] = [
            one for one in self.ask("GET", "/sim/ledger")["people"] if one["psid"] == self.psid
        ]
        return [row for row in person["thread"] if row["by"] != "customer"]
