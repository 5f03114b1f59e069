"""A plain client for the tests: what the simulator answers, without any idea of ours in between."""

import hashlib
import hmac
from contextlib import contextmanager

import requests

from simulators.messenger.events import FIELDS
from simulators.messenger.server import Simulator, running
from simulators.messenger.world import APP_ID, APP_SECRET, PAGE_ID, PAGE_TOKEN
from simulators.testing import BaseClient

from .listener import VERIFY_TOKEN, listening


class Client(BaseClient):
    """Speaks to one simulator, as the application of its page."""

    def __init__(self, simulator, endpoint=None):
        super().__init__(simulator)
        self.endpoint = endpoint
        self.token = PAGE_TOKEN

    # -- Meta ----------------------------------------------------------------------------------
    def proof(self, token=None):
        token = token or self.token
        return hmac.new(APP_SECRET.encode(), token.encode(), hashlib.sha256).hexdigest()

    def ask(self, method, path, json=None, query=None, **options):
        """:return Response:"""
        query = {"access_token": self.token, "appsecret_proof": self.proof(), **(query or {})}
        query = {name: value for name, value in query.items() if value is not None}
        url = path if path.startswith("http") else f"{self.url}/v25.0{path}"
        return requests.request(method, url, params=query, json=json, timeout=15, **options)

    def get(self, path, **query):
        return self.ask("GET", path, query=query)

    def send(self, psid, text="Bonjour", page=PAGE_ID, **values):
        """:return Response: of the Send API"""
        message = values.pop("message", None) or {"text": text}
        body = {"recipient": {"id": psid}, "messaging_type": "RESPONSE", "message": message}
        return self.ask("POST", f"/{page}/messages", {**body, **values})

    def error(self, response):
        """:return tuple: code and subcode of a refusal"""
        assert response.status_code >= 400, response.text
        error = response.json()["error"]
        return error["code"], error.get("error_subcode", 0)

    def subscribe(self, fields=FIELDS):
        return self.ask(
            "POST", f"/{PAGE_ID}/subscribed_apps", query={"subscribed_fields": ",".join(fields)}
        )

    def connect(self):
        """The handshake, and the subscription of the page."""
        self.sim("app", {"webhook_url": self.endpoint.url, "verify_token": VERIFY_TOKEN})
        assert self.subscribe().json() == {"success": True}

    # -- the simulator -------------------------------------------------------------------------
    def sim(self, path, body=None, method=None):
        """Looks when it is given nothing to say."""
        return super().sim(path, body, method or ("GET" if body is None else "POST"))

    def person(self, name="Anna Peeters", **values):
        """:return str: his id"""
        return self.sim("people", {"name": name, **values})["psid"]

    def writes(self, psid, text="Où est ma commande ?", **values):
        """:return str: id of what he wrote"""
        return self.sim(f"people/{psid}/messages", {"text": text, **values})["mid"]

    def does(self, psid, verb, **values):
        return self.sim(f"people/{psid}/{verb}", values)

    def thread(self, psid):
        """:return list: what he sees"""
        return self.sim(f"people/{psid}")["thread"]

    def settle(self):
        assert self.sim("settle", {})["idle"]


@contextmanager
def connected(**values):
    """:return Client: of a simulator that tells an endpoint, for the block"""
    with running(Simulator(**values)) as simulator, listening(APP_SECRET) as endpoint:
        client = Client(simulator, endpoint)
        client.connect()
        yield client


__all__ = ["APP_ID", "PAGE_ID", "Client", "connected", "listening", "running"]
