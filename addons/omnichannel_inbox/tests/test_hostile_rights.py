import json
import logging

from odoo.exceptions import AccessError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common_messenger import MessengerHttpCase

#: Who may read the records of each model, from the least of them on. What is new has to be added.
READERS = {
    "omni.channel": "user",
    "omni.conversation": "user",
    "omni.demo.write": "user",
    "omni.draft": "user",
    "omni.event": "admin",
    "omni.folder": "user",
    "omni.iadvize.schema": "nobody",
    "omni.iadvize.setup": "admin",
    "omni.iadvize.setup.check": "admin",
    "omni.iadvize.token": "nobody",
    "omni.identity": "user",
    "omni.identity.link": "user",
    "omni.identity.suggestion": "user",
    "omni.join": "user",
    "omni.join.turn": "nobody",
    "omni.message": "user",
    "omni.message.alias": "system",
    "omni.message.edit": "user",
    "omni.messenger.setup": "admin",
    "omni.messenger.setup.check": "admin",
    "omni.moment": "user",
    "omni.outlook.account": "admin",
    "omni.outlook.setup": "admin",
    "omni.outlook.setup.check": "admin",
    "omni.outlook.setup.folder": "admin",
    "omni.outlook.token": "nobody",
    "omni.presence": "user",
    "omni.privacy.log": "admin",
    "omni.privacy.request": "admin",
    "omni.proof": "leader",
    "omni.proof.gap": "leader",
    "omni.reaction": "user",
    "omni.read": "user",
    "omni.rule": "user",
    "omni.signature": "user",
    "omni.undo": "user",
}
LEVELS = ("nobody", "system", "admin", "leader", "user")
#: What hangs on a conversation, and is seen by whoever sees that.
TOLD = (
    "omni.conversation", "omni.identity", "omni.message", "omni.message.edit", "omni.moment",
    "omni.reaction", "omni.join",
)  # fmt: skip


@tagged("post_install", "-at_install")
class TestHostileRights(MessengerHttpCase):
    """What each group gets to see, asked over RPC as a browser would."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.user_system = cls._new_user("omni_system", "base.group_system")
        cls.user_internal = cls._new_user("omni_internal", "base.group_user")
        cls.user_portal = cls._new_user("omni_portal", "base.group_portal")
        cls.company = cls.env["res.company"].create({"name": "Elsewhere"})
        cls.user_abroad = cls._new_user(
            "omni_abroad",
            "crm_ticket.group_ticket_admin",
            company_id=cls.company.id,
            company_ids=[(6, 0, cls.company.ids)],
        )
        for user in (
            cls.user_rep, cls.user_other, cls.user_leader, cls.user_admin, cls.user_system,
            cls.user_internal, cls.user_portal, cls.user_abroad,
        ):  # fmt: skip
            user.password = "omni_password"
        for user in (cls.user_rep, cls.user_leader, cls.user_admin):
            # what is refused to them is refused because of what it is
            user.group_ids += cls.env.ref("base.group_allow_export")
        cls.desk = cls._new_channel(
            "iadvize", iadvize_user="api@shop.example", iadvize_password="of the desk"
        )

    def setUp(self):
        super().setUp()
        self.enterContext(mute_logger("odoo.http"))
        self.hear(
            self.said("Before", mid="m_1"),
            self.row(1, message_edit={"mid": "m_1", "text": "After", "num_edit": 1}),
            self.row(2, reaction={"mid": "m_1", "action": "react", "emoji": "❤"}),
            self.row(3, postback={"mid": "p_1", "title": "x", "payload": "get_started"}),
        )
        self.conversation = self.messages()[:1].conversation_id
        self.env["omni.join"].create(
            {
                "case_id": self.conversation.ticket_id.id,
                "conversation_id": self.conversation.id,
                "kind": "open",
                "state": "joined",
            }
        )
        day = "2026-11-22"
        self.env["omni.proof"].create({"channel_id": self.page.id, "day": day})
        self.env.flush_all()

    def _rpc(self, user, model, method, *args, **kwargs):
        """The answer, or the error, of a call over RPC."""
        self.authenticate(user.login, "omni_password")
        params = {"model": model, "method": method, "args": args, "kwargs": kwargs}
        response = self.url_open(
            f"/web/dataset/call_kw/{model}/{method}",
            data=json.dumps({"jsonrpc": "2.0", "method": "call", "params": params}),
            headers={"Content-Type": "application/json"},
        )
        return response.json()

    def _seen(self, user, model):
        """Ids that somebody finds; ``None``: he may not look."""
        answer = self._rpc(user, model, "search_read", [], ["id"])
        if "error" in answer:
            self.assertEqual(answer["error"]["data"]["name"], "odoo.exceptions.AccessError")
            return None
        return {row["id"] for row in answer["result"]}

    # === MODELS === #

    def test_every_model_is_named(self):
        models = {
            name
            for name, model in self.registry.items()
            if name.startswith("omni.") and not model._abstract
        }
        self.assertEqual(models, set(READERS))

    def test_who_may_read(self):
        users = {
            "internal": self.user_internal,
            "portal": self.user_portal,
            "user": self.user_rep,
            "leader": self.user_leader,
            "admin": self.user_admin,
        }
        for model, least in READERS.items():
            for level, user in users.items():
                may = level in LEVELS and LEVELS.index(level) <= LEVELS.index(least)
                found = self.env[model].with_user(user).has_access("read")
                self.assertEqual(found, may, f"{model}: {level}")

    def test_nobody_writes_what_was_told(self):
        for model in (*TOLD, "omni.event", "omni.message.alias", "omni.proof", "omni.proof.gap"):
            for user in (self.user_rep, self.user_leader, self.user_admin):
                for operation in ("create", "write"):
                    self.assertFalse(
                        self.env[model].with_user(user).has_access(operation), (model, user.login)
                    )

    # === RECORDS === #

    def test_of_team_and_company(self):
        for model in TOLD:
            ours = set(self.env[model].search([]).ids)
            self.assertTrue(ours, model)
            named = self._mine(model)
            self.assertTrue(named, model)
            self.assertLessEqual(named, self._seen(self.user_rep, model), model)
            self.assertLessEqual(named, self._seen(self.user_leader, model), model)
            self.assertFalse(named & self._seen(self.user_other, model), model)
            self.assertFalse(self._seen(self.user_abroad, model), model)
            self.assertIsNone(self._seen(self.user_internal, model), model)
            self.assertIsNone(self._seen(self.user_portal, model), model)

    def _mine(self, model):
        """Records of the conversation of this test."""
        path = {
            "omni.conversation": "id",
            "omni.identity": "conversation_ids",
            "omni.message.edit": "message_id.conversation_id",
            "omni.reaction": "message_id.conversation_id",
        }.get(model, "conversation_id")
        return set(self.env[model].search([(path, "in", self.conversation.ids)]).ids)

    def test_of_the_company(self):
        for model in ("omni.channel", "omni.event", "omni.proof", "omni.folder"):
            self.assertFalse(self._seen(self.user_abroad, model), model)
        self.assertTrue(self._seen(self.user_admin, "omni.event"))
        self.assertTrue(self._seen(self.user_leader, "omni.proof"))
        self.assertIsNone(self._seen(self.user_rep, "omni.proof"))
        self.assertIsNone(self._seen(self.user_leader, "omni.event"))

    # === SECRETS === #

    def _secrets(self):
        """What nobody but who may change the settings gets to see, with a value."""
        for model in READERS:
            for name, field in self.env[model]._fields.items():
                if field.groups == "base.group_system":
                    yield model, name

    def test_what_sounds_like_a_secret_is_one(self):
        known = {name for _model, name in self._secrets()}
        self.assertLessEqual(
            {"secret", "webhook_token", "panel_secret", "panel_token", "iadvize_password",
             "messenger_page_token", "messenger_app_secret", "private_key"}, known
        )  # fmt: skip
        for model in READERS:
            for name, field in self.env[model]._fields.items():
                sounds = any(part in name for part in ("secret", "password", "token", "private"))
                if sounds and field.type in ("char", "text", "json", "binary"):
                    is_hidden = field.groups == "base.group_system"
                    is_nobodys = READERS[model] == "nobody"
                    self.assertTrue(is_hidden or is_nobodys or model == "omni.undo", (model, name))

    def test_secrets_cannot_be_had(self):
        """Neither read nor exported, grouped, sorted by, nor guessed by searching for them."""
        for user in (self.user_rep, self.user_leader, self.user_admin):
            for name, field in self.env["omni.channel"]._fields.items():
                if field.groups != "base.group_system":
                    continue
                value = self.page.sudo()[name] or self.desk.sudo()[name]
                calls = [
                    ("read", [self.page.ids, [name]], {}),
                    ("web_read", [self.page.ids, {name: {}}], {}),
                    ("export_data", [self.page.ids, [name]], {}),
                ]
                if field.store:
                    calls += [
                        ("search_read", [[(name, "=", value)], ["id"]], {}),
                        ("search_read", [[(name, "=like", "a%")], ["id"]], {}),
                        ("search_count", [[(name, "!=", False)]], {}),
                        ("search_read", [[], ["id"]], {"order": f"{name} desc"}),
                        ("formatted_read_group", [[], [name], ["__count"]], {}),
                        ("web_read_group", [[], [name]], {}),
                    ]
                for method, args, kwargs in calls:
                    answer = self._rpc(user, "omni.channel", method, *args, **kwargs)
                    self.assertIn("error", answer, (user.login, name, method))
                    if isinstance(value, str) and len(value) > 7:
                        self.assertNotIn(value, json.dumps(answer), (name, method))

    def test_secrets_through_relations(self):
        """No way around by a field of another model that leads to the channel."""
        for model, path in (
            ("omni.conversation", "channel_id"),
            ("omni.message", "channel_id"),
            ("omni.folder", "channel_id"),
            ("omni.event", "channel_id"),
        ):
            for name in ("secret", "webhook_token", "messenger_page_token", "panel_token"):
                for method, args in (
                    ("search_count", [[(f"{path}.{name}", "!=", False)]]),
                    ("export_data", [[], [f"{path}/{name}"]]),
                ):
                    if method == "export_data":
                        args = [self.env[model].search([], limit=1).ids, args[1]]
                    answer = self._rpc(self.user_admin, model, method, *args)
                    self.assertIn("error", answer, (model, name, method))

    def test_secrets_do_not_travel_with_a_copy(self):
        for channel in (self.page, self.desk):
            [copied] = channel.copy_data()
            for name in ("secret", "webhook_token", "panel_token", "panel_secret",
                         "iadvize_password", "messenger_page_token",
                         "messenger_app_secret", "messenger_verify_token"):  # fmt: skip
                self.assertNotIn(name, {key for key, value in copied.items() if value})

    def test_secrets_are_in_no_log(self):
        """Nor in what is kept of an error: the token is refused, and said so."""
        values = [
            self.page[name]
            for name in ("messenger_page_token", "messenger_app_secret", "secret", "webhook_token")
        ]
        self.fault(kill_token=True)
        with self.assertLogs(level=logging.DEBUG) as logs:
            logging.getLogger("omni.test").debug("begin")
            self.page.action_test_connection()
            self.hear(self.said("Hello", mid="m_9", attachments=[
                {"type": "image", "payload": {"url": f"{self.sim.url}/nothing"}}
            ]))  # fmt: skip
        shown = "\n".join(record.getMessage() for record in logs.records)
        shown += json.dumps(
            [
                self.env["omni.event"].search([]).read(["error", "failure_reason", "cause"]),
                self.page.read(["last_error", "health_message"]),
            ],
            default=str,
        )
        for value in values:
            self.assertTrue(value)
            self.assertNotIn(value, shown)

    def test_raw_payloads_are_for_administrators(self):
        with self.assertRaises(AccessError):
            self.env["omni.event"].with_user(self.user_leader).search([]).mapped("payload")
