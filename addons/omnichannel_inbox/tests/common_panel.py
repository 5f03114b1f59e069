"""Test kit of the panel in the desk of iAdvize: a channel with a panel, tokens as the desk signs
them, a visitor who has written, and requests as the panel makes them."""

import base64
import hashlib
import hmac
import json
import time
from unittest.mock import patch

from odoo import fields

from ..controllers import iadvize_panel
from ..models import omni_iadvize_panel
from .common import OmniHttpCase

SECRET = "the secret of the connector"
CONVERSATION = "4c8c7408-6d1c-4b2b-9d9e-0d8e6c1a0001"


def encode(part):
    """A part of a token."""
    content = part if isinstance(part, bytes) else json.dumps(part).encode()
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def sign(claims, secret=SECRET, header=None, digest=hashlib.sha256):
    """A JSON Web Token, by RFC 7515."""
    signed = f"{encode(header or {'alg': 'HS256', 'typ': 'JWT'})}.{encode(claims)}"
    signature = hmac.new(secret.encode(), signed.encode(), digest).digest()
    return f"{signed}.{encode(signature)}"


class PanelCase(OmniHttpCase):
    """The panel over real HTTP."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.panel_channel = cls._new_desk("Chat")
        cls.customer = cls._new_partner(
            "Marie Dupont", email="marie@example.com", phone="0475 12 34 56", zip="4000"
        )
        cls.user_rep.partner_id.email = "Rep@shop.example"

    def setUp(self):
        super().setUp()
        for guard in (iadvize_panel.guard, iadvize_panel.pace, omni_iadvize_panel.reading):
            guard.reset()
            self.addCleanup(guard.reset)
        #: what is asked of iAdvize, and what happens then
        self.reads = []
        self.on_read = lambda: None
        channels = type(self.env["omni.channel"])

        def read(channel, conversation_id):
            self.reads.append((channel.env.uid, conversation_id))
            return self.on_read()

        patcher = patch.object(channels, "_iadvize_read", read, create=True)
        patcher.start()
        self.addCleanup(patcher.stop)

    # === WHO ASKS === #

    def _claims(self, **claims):
        now = int(time.time())
        return {
            "iss": "iadvize",
            "sub": "ha-77",
            "aud": self.panel_channel.panel_url,
            "iat": now,
            "exp": now + 60,
            "email": "rep@shop.example",
            **claims,
        }

    def _jwt(self, **claims):
        return sign(self._claims(**claims))

    def _page(self, jwt=None, channel=None, **kwargs):
        channel = channel or self.panel_channel
        query = "" if jwt == "" else f"?jwt={jwt or self._jwt()}"
        return self.url_open(f"/omni/panel/{channel.panel_token}{query}", **kwargs)

    def _request(self, action, values=None, jwt=None, channel=None, body=None):
        """Ask as the panel does.

        :rtype: requests.Response
        """
        channel = channel or self.panel_channel
        document = {"conversation": CONVERSATION, "language": "fr", **(values or {})}
        return self.url_open(
            f"/omni/panel/{channel.panel_token}/{action}",
            data=json.dumps(document).encode() if body is None else body,
            headers={
                "Authorization": f"Bearer {jwt or self._jwt()}",
                "Content-Type": "application/json",
            },
        )

    def _ask(self, action, jwt=None, **values):
        """The answer to a request that succeeds."""
        response = self._request(action, values, jwt)
        self.assertEqual(response.status_code, 200, response.text)
        return response.json()

    def _refused(self, action, jwt=None, **values):
        """The text with which a request is refused."""
        response = self._request(action, values, jwt)
        self.assertIn(response.status_code, (400, 403), response.text)
        return response.json()["error"]["text"]

    # === WHAT THERE IS === #

    @classmethod
    def _new_desk(cls, name, secret=SECRET, **values):
        """A channel of iAdvize with a panel."""
        return cls._new_channel(
            "iadvize",
            name=name,
            panel_secret=secret,
            iadvize_user="api@shop.example",
            **values,
        )

    @classmethod
    def _chat(cls, partner=None, level="none", ticket=True, **values):
        """A visitor has written.

        :param partner: who he is known to be
        :return: the conversation
        """
        channel = values.pop("channel", cls.panel_channel)
        who = cls.env["omni.identity"].create(
            {
                "channel_id": channel.id,
                "external_id": values.pop("visitor", "visitor-1"),
                "name": values.pop("name", "Marie"),
                "email": values.pop("email", False),
                "phone": values.pop("phone", False),
                "partner_id": partner.id if partner else False,
                "level": level,
                "evidence": [{"code": "email_authenticated"}] if partner else [],
            }
        )
        case = cls.env["crm.ticket"]
        if ticket:
            case = case.create(
                {
                    "name": "Where is my sofa?",
                    "team_id": values.pop("team", cls.team).id,
                    "company_id": channel.company_id.id,
                    "partner_id": who.partner_id.id,
                }
            )
        return cls.env["omni.conversation"].create(
            {
                "channel_id": channel.id,
                "external_id": CONVERSATION,
                "identity_id": who.id,
                "partner_id": who.partner_id.id,
                "subject": "Chat",
                "case_model": case._name if case else False,
                "case_id": case.id,
                "is_elsewhere": True,
                "is_open_there": True,
                "last_direction": "in",
                "last_customer_date": fields.Datetime.now(),
                **values,
            }
        )

    @classmethod
    def _order(cls, partner=None, state="sale", expected="2099-05-12 10:00:00", **values):
        order = cls.env["sale.order"].create(
            {"partner_id": (partner or cls.customer).id, "commitment_date": expected, **values}
        )
        order.state = state
        return order
