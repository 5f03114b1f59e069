"""What everything that stands for a simulator has in common."""

from simulators.own_api import ask


class Simulated:
    """The simulator, by its own API.

    :ivar url: where it listens
    """

    def __init__(self, url: str):
        self.url = url

    def ask(self, method: str, path: str, body=None):
        """Return what it answers, read as JSON."""
        return ask(self.url, method, path, body)
