"""A plain client for the tests: what the simulator answers, without any idea of ours in between."""

import json
from contextlib import contextmanager
from urllib.parse import quote

import requests
import websocket

from simulators.testing import BaseClient
from simulators.threecx.house import CLIENT_ID, CLIENT_SECRET
from simulators.threecx.server import Simulator, running

FORM = {
    "client_id": CLIENT_ID,
    "client_secret": CLIENT_SECRET,
    "grant_type": "client_credentials",
}


class Client(BaseClient):
    """Speaks to one simulator, with a token of its own."""

    def sign_in(self, **changes):
        """As the sample does: multipart. :return Response:"""
        fields = {name: (None, text) for name, text in {**FORM, **changes}.items()}
        response = requests.post(f"{self.url}/connect/token", files=fields, timeout=5)
        if response.ok:
            self.token = response.json()["access_token"]
        return response

    @property
    def headers(self):
        return {"Authorization": f"Bearer {self.token}"}

    def get(self, path, **options):
        return requests.get(self.url + path, headers=self.headers, timeout=5, **options)

    def post(self, path, body=None):
        return requests.post(self.url + path, json=body or {}, headers=self.headers, timeout=5)

    def ring(self, number="+32475123456", to="101", **options):
        """:return int: id of the call"""
        return self.sim("calls", {"from": number, "to": to, **options})["callid"]

    def ledger(self, **params):
        return requests.get(f"{self.url}/sim/ledger", params=params, timeout=5).json()

    def participants(self, dn):
        return self.get(f"/callcontrol/{dn}/participants").json()

    def make_call(self, dn, destination, device=None):
        where = f"/devices/{quote(device, safe='')}" if device else ""
        return self.post(f"/callcontrol/{dn}{where}/makecall", {"destination": destination})

    @contextmanager
    def listening(self, token=None):
        """:return function: that takes the next event"""
        socket = websocket.create_connection(
            self.url.replace("http", "ws", 1) + "/callcontrol/ws",
            header=[f"Authorization: Bearer {token or self.token}"],
            timeout=5,
        )
        try:
            yield lambda: json.loads(socket.recv())
        finally:
            socket.close()


@contextmanager
def signed_in(**options):
    """:return Client: of a simulator of its own, with a token"""
    with running(Simulator(**options)) as simulator:
        client = Client(simulator)
        client.sign_in()
        yield client
