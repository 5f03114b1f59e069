"""A plain client for the tests: what the simulator answers, without any idea of ours in between."""

from contextlib import contextmanager

import requests

from simulators.graph.directory import CLIENT_ID, DOMAIN, SECRET, TENANT_ID
from simulators.graph.server import Simulator, running
from simulators.testing import BaseClient

INFO = f"info@{DOMAIN}"
SAV = f"sav@{DOMAIN}"
ANNA = "anna@client.example"
IMMUTABLE = {"Prefer": 'IdType="ImmutableId"'}
FORM = {
    "grant_type": "client_credentials",
    "client_id": CLIENT_ID,
    "client_secret": SECRET,
    "scope": "https://graph.microsoft.com/.default",
}


class Client(BaseClient):
    """Speaks to one simulator, with a token of its own."""

    # -- Microsoft -----------------------------------------------------------------------------
    def sign_in(self, tenant=TENANT_ID, without=(), **changes):
        """:return Response:"""
        form = {name: value for name, value in {**FORM, **changes}.items() if name not in without}
        response = requests.post(f"{self.url}/{tenant}/oauth2/v2.0/token", data=form, timeout=5)
        if response.ok:
            self.token = response.json()["access_token"]
        return response

    def ask(self, method, path, body=None, prefer=(), user=INFO, **options):
        """:param str path: below the mailbox, or a whole address; :return Response:"""
        url = path
        if not path.startswith("http"):
            url = f"{self.url}/v1.0/{path}" if path.startswith("/") else self.of(user, path)
        headers = {"Authorization": f"Bearer {self.token}", **options.pop("headers", {})}
        prefer = [prefer] if isinstance(prefer, str) else [*prefer]
        if prefer:
            headers["Prefer"] = ", ".join(prefer)
        return requests.request(method, url, json=body, headers=headers, timeout=15, **options)

    def of(self, user, path):
        return f"{self.url}/v1.0/users/{user}/{path}"

    def get(self, path, **options):
        return self.ask("GET", path, **options)

    def post(self, path, body=None, **options):
        return self.ask("POST", path, body, **options)

    def patch(self, path, body, **options):
        return self.ask("PATCH", path, body, **options)

    def values(self, path, **options):
        """:return list: of all pages"""
        found = []
        while path:
            content = self.get(path, **options).json()
            found += content["value"]
            path = content.get("@odata.nextLink")
        return found

    def round(self, url, **options):
        """:return tuple: the items of a round of delta, and the link to the next one"""
        found = []
        while True:
            response = self.get(url, **options)
            assert response.status_code == 200, response.text
            content = response.json()
            found += content["value"]
            if "@odata.deltaLink" in content:
                return found, content["@odata.deltaLink"]
            url = content["@odata.nextLink"]

    # -- the simulator -------------------------------------------------------------------------
    def mail(self, **letter):
        """A customer writes. :return dict: ids"""
        letter = {"mailbox": INFO, "from": ANNA, "subject": "Ma commande", "text": "Où est-elle ?",
                  **letter}  # fmt: skip
        return self.sim("mail", letter)

    def ledger(self):
        return self.see("ledger")


@contextmanager
def signed_in(**options):
    """:return Client: of a simulator of its own, with a token"""
    with running(Simulator(**options)) as simulator:
        client = Client(simulator)
        assert client.sign_in().ok
        yield client
