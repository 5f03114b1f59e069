import json
from datetime import timedelta

from odoo import fields

from odoo.addons.integration_base.tests.common import IntegrationCase

from ..threecx.report import CallReport

GROUPS = "threecx_bridge.group_threecx_%s"
MOBILE = "+32475123456"


class CallCase(IntegrationCase):
    """A telephone system with three extensions, and reports of its calls."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        salesman = "sales_team.group_sale_salesman_all_leads"
        cls.rep = cls._new_user("rep", GROUPS % "user", salesman, name="Vincent")
        cls.colleague = cls._new_user("colleague", GROUPS % "user", salesman, name="Marie")
        cls.boss = cls._new_user("boss", GROUPS % "manager", salesman, name="Ann")
        cls.leader = cls._new_user("leader", GROUPS % "user", salesman, name="Leo")
        cls.team = cls.env["crm.team"].create({"name": "Shop", "user_id": cls.leader.id})
        cls.pbx = cls.env["threecx.pbx"].create(
            {
                "name": "PBX",
                "country_id": cls.belgium.id,
                "team_id": cls.team.id,
                "keep_recordings": True,
            }
        )
        cls.extensions = cls.env["threecx.extension"].create(
            [
                {"pbx_id": cls.pbx.id, "number": "101", "user_id": cls.rep.id},
                {"pbx_id": cls.pbx.id, "number": "102", "user_id": cls.colleague.id},
                {"pbx_id": cls.pbx.id, "number": "103", "user_id": cls.boss.id},
            ]
        )
        cls.calls = cls.env["threecx.call"]
        cls.start = fields.Datetime.now() - timedelta(minutes=5)

    def at(self, seconds):
        return None if seconds is None else self.start + timedelta(seconds=seconds)

    def report(self, source, key, begin=0, *, take=None, end=None, **values):
        """A report of a share that began, was taken and ended at these seconds."""
        values.setdefault("state", "ended" if end is not None else "ongoing" if take else "ringing")
        values.setdefault("direction", "inbound")
        values.setdefault("number", MOBILE)
        values.setdefault("extension", "101")
        return CallReport(
            source=source,
            key=key,
            started=self.at(begin),
            answered=self.at(take),
            ended=self.at(end),
            talk_seconds=end - take if take is not None and end is not None else 0,
            **values,
        )

    def record(self, source, key, begin=0, user=None, intent=None, **values):
        """Record a report; see :meth:`report`."""
        return self.calls._record(self.pbx, self.report(source, key, begin, **values), user, intent)

    def missed(self, key, begin=0, **values):
        """A call that nobody took, as the journal tells it."""
        return self.record("journal", key, begin, end=begin + 20, outcome="missed", **values)

    def talked(self, key, begin=0, **values):
        """A call of a minute, as the journal tells it."""
        return self.record(
            "journal", key, begin, take=begin + 5, end=begin + 65, outcome="answered", **values
        )

    def lines(self, record):
        """Lines about calls in the chatter of a record."""
        return record.message_ids.filtered(lambda line: 'data-oe-model="threecx.call"' in line.body)

    def todo(self, record):
        """Open activities of type call on a record."""
        return record.activity_ids.filtered(
            lambda activity: (
                activity.activity_type_id == self.env.ref("mail.mail_activity_data_call")
            )
        )

    def bus(self, user, function, /, *args, type="threecx_bridge/call", **values):
        """What the screens of a user are sent while a function runs: (result, payloads)."""
        self.env.cr.precommit.run()
        self.env["bus.bus"].sudo().search([]).unlink()
        result = function(*args, **values)
        self.env.cr.precommit.run()
        found = self.env["bus.bus"].sudo().search([], order="id")
        payloads = []
        for message in found:
            channel = json.loads(message.channel)
            body = json.loads(message.message)
            if body["type"] == type and channel[1:3] == [
                "res.partner",
                user.partner_id.id,
            ]:
                payloads.append(body["payload"])
        return result, payloads
