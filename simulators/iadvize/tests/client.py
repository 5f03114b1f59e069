"""A plain client for the tests: what the simulator answers, without any idea of ours in between."""

import time
from contextlib import contextmanager

import requests

from simulators.iadvize.server import Simulator, running
from simulators.testing import BaseClient

USER, PASSWORD = "api@meubles-demo.example", "iadvize-demo-password"
SOPHIE, KARIM, BOT = 15253, 15254, 456678
EVER = '{from: "2020-01-01T00:00:00Z", to: "2100-01-01T00:00:00Z"}'


class Client(BaseClient):
    """Speaks to one simulator, with a token of its own."""

    # -- iAdvize -------------------------------------------------------------------------------
    def sign_in(self, **changes):
        """:return Response:"""
        form = {"username": USER, "password": PASSWORD, "grant_type": "password", **changes}
        response = requests.post(f"{self.url}/oauth2/token", data=form, timeout=5)
        if response.ok:
            self.token = response.json()["access_token"]
        return response

    def post_query(self, query, query_string="", headers=None, **variables):
        """:return Response: to a query of GraphQL"""
        headers = {"Authorization": f"Bearer {self.token}", **(headers or {})}
        body = {"query": query, "variables": variables}
        return requests.post(
            f"{self.url}/graphql{query_string}", json=body, headers=headers, timeout=10
        )

    def query(self, query, **variables):
        """:return dict: data; the query went well"""
        response = self.post_query(query, **variables)
        content = response.json()
        assert response.status_code == 200 and "errors" not in content, content
        return content["data"]

    def errors(self, query, **variables):
        """:return list: of str, what is wrong with a query"""
        content = self.post_query(query, **variables).json()
        return [error["message"] for error in content.get("errors", ())]

    # -- the simulator -------------------------------------------------------------------------
    def chat(self, text="Bonjour", **values):
        """A visitor begins. :return str: id of the conversation"""
        values = {"visitor": {"first_name": "Anne"}, "text": text, **values}
        return self.sim("chats", values)["id"]

    def say(self, chat, text, author="visitor", **values):
        return self.sim(f"chats/{chat}/messages", {"author": author, "text": text, **values})

    def wait_until_closed(self, chat, seconds=8):
        """:return dict: the conversation"""
        deadline = time.monotonic() + seconds
        while self.see(f"chats/{chat}")["closed_at"] is None:
            assert time.monotonic() < deadline, "it is still open"
            time.sleep(0.05)
        return self.see(f"chats/{chat}")

    def advance(self, seconds):
        return self.sim("clock", {"advance": seconds})


@contextmanager
def signed_in(**options):
    """:return Client: of a simulator of its own, with a token"""
    with running(Simulator(**options)) as simulator:
        client = Client(simulator)
        assert client.sign_in().ok
        yield client
