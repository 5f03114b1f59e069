"""Test kit of the inbox.

`OmniCase` has a channel of the demo, a team, a user of each group, and delivers what customers
write; `FakeProvider` is a channel that does as a test tells it.
"""

import json
from contextlib import contextmanager, nullcontext
from datetime import datetime
from unittest.mock import patch

from odoo import SUPERUSER_ID, Command, fields

from odoo.addons.integration_base.tests.common import IntegrationCase, IntegrationHttpCase

from ..providers import PROVIDERS, register
from ..providers.base import Address, Capabilities, Event, Inbound, Outbound, Provider, Sent, Status
from ..providers.demo import event_of

GROUPS = "crm_ticket.group_ticket_%s"


class OmniMixin:
    """What the test cases of the inbox share."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # what comes of messages is said in the language of the company, whichever that is here
        cls.env.company.partner_id.lang = "en_US"
        cls.user_rep = cls._new_user("omni_rep", GROUPS % "user", email="rep@shop.example")
        cls.user_other = cls._new_user("omni_other", GROUPS % "user", email="other@shop.example")
        cls.user_leader = cls._new_user("omni_leader", GROUPS % "leader")
        cls.user_admin = cls._new_user("omni_admin", GROUPS % "admin")
        teams = cls.env["crm.team"]
        cls.team = teams.create(
            {
                "name": "Omni Service",
                "use_tickets": True,
                "crm_team_member_ids": [Command.create({"user_id": cls.user_rep.id})],
            }
        )
        cls.other_team = teams.create(
            {
                "name": "Omni Workshop",
                "use_tickets": True,
                "crm_team_member_ids": [Command.create({"user_id": cls.user_other.id})],
            }
        )
        cls.channel = cls._new_channel()

    @classmethod
    def _new_channel(cls, provider="demo", **values):
        """A channel in service, that customers have always written on."""
        return cls.env["omni.channel"].create(
            {
                "name": f"Test {provider}",
                "provider": provider,
                "team_id": cls.team.id,
                "is_enabled": True,
                "start_date": "2020-01-01 00:00:00",
                "responsible_id": cls.user_admin.id,
                **values,
            }
        )

    # === WHAT COMES IN === #

    def _store(self, *events, channel=None):
        """Store events as they would come in.

        :return: those that are new
        :rtype: omni.event
        """
        channel = channel or self.channel
        before = self.env["omni.event"].search([("channel_id", "=", channel.id)])
        self.env["omni.event"]._store(channel, events)
        return self.env["omni.event"].search(
            [("channel_id", "=", channel.id), ("id", "not in", before.ids)], order="id"
        )

    def _deliver(self, text="Hello", *, channel=None, author="jan@tafel.be", name="", **document):
        """A customer writes on a channel of the demo: stored, and processed.

        :param str author: his address
        :param document: ``id``, ``conversation``, ``subject``, ``html``, ``sent`` (text or
            datetime), ``in_reply_to``: see `providers.demo`
        :return: the message; empty when it was left alone
        :rtype: omni.message
        """
        channel = channel or self.channel
        sent = document.pop("sent", None) or fields.Datetime.now()
        number = self.env["omni.event"].search_count([("channel_id", "=", channel.id)]) + 1
        document = {
            "id": f"demo-in-{channel.id}-{number}",
            "author": {"id": author, "name": name, "email": author if "@" in author else ""},
            "text": text,
            "subject": "A question",
            "sent": sent.isoformat() if isinstance(sent, datetime) else sent,
            **document,
        }
        self._store(event_of(document), channel=channel)._process()
        return self.env["omni.message"].search(
            [("channel_id", "=", channel.id), ("external_id", "=", document["id"])]
        )

    # === SCHEDULED ACTIONS === #

    def _test_mode(self):
        """Where transactions apart see what the test has written (an `HttpCase` is there)."""
        if isinstance(self, IntegrationHttpCase):
            return nullcontext()
        return self.enter_registry_test_mode()

    @contextmanager
    def _cron_env(self):
        """An environment as scheduled actions have it."""
        self.env.flush_all()
        with self._test_mode(), self.registry.cursor() as cr:
            yield self.env(cr=cr, user=SUPERUSER_ID)
        self.env.invalidate_all()

    def _run_in(self, kind="mail"):
        """Process what came in."""
        with self._cron_env() as env:
            env["omni.event"]._cron_process_queue(kind)

    def _run_out(self, kind="mail"):
        """Send what is due."""
        with self._cron_env() as env:
            env["omni.message"]._cron_process_queue(kind)

    def _run_sync(self):
        """Read the folders that are due."""
        with self._cron_env() as env:
            env["omni.channel"]._cron_sync()

    # === WHAT GOES OUT === #

    def _answer(self, message, html="<p>We look into it.</p>", user=None, **values):
        """A user answers a message; due at once.

        :rtype: omni.message
        """
        conversation = message.conversation_id.with_user(user or self.user_rep).sudo()
        return (
            self.env["omni.message"]
            .with_env(conversation.env)
            ._enqueue(conversation, {"html": html, "delay": 0, **values})
            .with_env(self.env)
        )

    def _notifications(self, user):
        """Catch what is shown to a user at once: a list that fills.

        :return: context manager
        """
        return _Caught(self, user)


class _Caught:
    """Messages of the bus to one user while it is open."""

    def __init__(self, case, user):
        self.case, self.user, self.payloads = case, user, []

    def __enter__(self):
        partners = type(self.case.env["res.users"])
        original = partners._bus_send
        caught = self

        def bus_send(records, kind, payload, **kwargs):
            if kind == "simple_notification" and caught.user in records:
                caught.payloads.append(payload)
            return original(records, kind, payload, **kwargs)

        self._patch = patch.object(partners, "_bus_send", bus_send)
        self._patch.start()
        return self.payloads

    def __exit__(self, *exc_info):
        self._patch.stop()


class FakeProvider(Provider):
    """Does as it is told: `outcomes` are raised, called or returned by the next calls of `send`."""

    code = "fake"
    label = "Fake"
    capabilities = Capabilities(has_html=True, has_subject=True, has_cc=True)
    has_sync = True

    #: What happened, as tuples of the name of the method and its main argument.
    calls: list = []
    outcomes: list = []
    checks: list = []
    pages: list = []

    @classmethod
    def reset(cls):
        cls.calls, cls.outcomes, cls.checks, cls.pages = [], [], [], []

    def parse(self, event):
        if event.kind == "status":
            return [Status(**event.payload)]
        payload = event.payload
        if payload.get("raise"):
            raise RuntimeError(payload["raise"])
        return [fake_inbound(payload["id"], text=payload.get("text", ""), sent=event.occurred)]

    def send(self, message: Outbound, remember):
        type(self).calls.append(("send", message))
        return _play(self.outcomes, message, remember)

    def check(self, message: Outbound):
        type(self).calls.append(("check", message))
        return _play(self.checks, message, None)

    def sync(self, folder, cursor, since):
        type(self).calls.append(("sync", (folder, cursor, since)))
        for page in self.pages:
            if isinstance(page, Exception):
                raise page
            yield page


def _play(outcomes, message, remember):
    outcome = outcomes.pop(0) if outcomes else Sent(external_id=f"fake-{message.uuid}")
    if callable(outcome):
        outcome = outcome(message, remember)
    if isinstance(outcome, BaseException):
        raise outcome
    return outcome


def fake_event(number, **payload):
    """An event of `FakeProvider`."""
    return Event(
        kind="message",
        dedupe_key=f"message:{number}",
        payload={"id": str(number), **payload},
        occurred=datetime(2026, 1, 5, 9, 0, 0),
        conversation=payload.get("conversation", ""),
    )


def fake_inbound(external_id, **values):
    """A message of a customer."""
    return Inbound(
        **{
            "external_id": external_id,
            "sent": datetime(2026, 1, 5, 9, 0, 0),
            "author": Address("jan@tafel.be", "Jan", "jan@tafel.be"),
            "subject": "A question",
            "text": "Hello",
            **{key: value for key, value in values.items() if value is not None},
        }
    )


class OmniCase(OmniMixin, IntegrationCase):
    """For models of the inbox."""


class OmniFakeCase(OmniCase):
    """With a channel of `FakeProvider`, too."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        register(FakeProvider)
        cls.addClassCleanup(PROVIDERS.pop, FakeProvider.code)
        cls.fake = cls._new_channel("fake")

    def setUp(self):
        super().setUp()
        FakeProvider.reset()


class OmniHttpCase(OmniMixin, IntegrationHttpCase):
    """For controllers of the inbox, and its screens."""

    def _post(self, channel, document, headers=None, **kwargs):
        """Speak to the webhook of a channel.

        :param document: bytes, or what is written as JSON
        :rtype: requests.Response
        """
        body = document if isinstance(document, bytes) else json.dumps(document).encode()
        return self.url_open(
            f"/omni/webhook/{channel.webhook_token}",
            data=body,
            headers={"Content-Type": "application/json", **(headers or {})},
            **kwargs,
        )
