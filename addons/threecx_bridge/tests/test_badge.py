from odoo.tests import tagged

from .common_call import MOBILE, CallCase

OTHER = "+32475999888"
MISSED, PRESENCE = "threecx_bridge/missed", "threecx_bridge/presence"


@tagged("post_install", "-at_install")
class TestBadge(CallCase):
    """What the handset on top of the screen says, and learns from the bus alone."""

    def told(self, user, function, /, *args, **values):
        """Ids that were added and removed on the screens of a user while a function runs, in the
        end."""
        result, changes = self.bus(user, function, *args, type=MISSED, **values)
        waiting, gone = set(), set()
        for change in changes:
            waiting = (waiting | set(change["added"])) - set(change["removed"])
            gone = (gone | set(change["removed"])) - set(change["added"])
        return result, waiting, gone

    def missed_of(self, user):
        return self.calls._missed_of(user)

    def test_who_was_called_and_who_is_asked_to_call_back(self):
        self._new_partner("Jan", phone=MOBILE)
        self._new_partner("Piet", phone=OTHER)
        call, waiting, gone = self.told(self.rep, self.missed, "a")
        self.assertEqual((waiting, gone), ({call.id}, set()))
        self.assertEqual(call.activity_id.user_id, self.leader)
        self.assertEqual(self.missed_of(self.rep), call.ids)
        self.assertEqual(self.missed_of(self.leader), call.ids)
        self.assertFalse(self.missed_of(self.colleague))
        other, waiting, _gone = self.told(self.leader, self.missed, "b", 60, number=OTHER)
        self.assertEqual(waiting, {other.id})

    def test_a_call_back_ends_it(self):
        call = self.missed("a")
        _back, waiting, gone = self.told(
            self.rep, self.talked, "back", 100, direction="outbound", extension="102"
        )
        self.assertEqual((waiting, gone), (set(), {call.id}))
        self.assertFalse(self.missed_of(self.rep))

    def test_done_reassigned_deleted(self):
        call = self.missed("a")
        activity = call.activity_id
        _res, waiting, gone = self.told(self.boss, activity.write, {"user_id": self.boss.id})
        self.assertEqual((waiting, gone), ({call.id}, set()))
        _res, waiting, gone = self.told(self.boss, activity.unlink)
        self.assertEqual((waiting, gone), (set(), {call.id}))
        self.assertEqual(self.missed_of(self.rep), call.ids)
        second = self.missed("b", 100)
        _res, _waiting, gone = self.told(self.rep, second.activity_id.action_done)
        self.assertIn(second.id, gone)

    def test_a_deleted_call_waits_no_more(self):
        call = self.missed("a")
        _res, _waiting, gone = self.told(self.rep, call.sudo().unlink)
        self.assertEqual(gone, {call.id})

    def test_nothing_new_is_not_told(self):
        self.missed("a")
        _call, messages = self.bus(self.rep, self.missed, "a", type=MISSED)
        self.assertFalse(messages)
        _call, messages = self.bus(self.rep, self.talked, "b", 100, number=OTHER, type=MISSED)
        self.assertFalse(messages)

    def test_who_is_asked_to_call_back_sees_it_whoever_was_called(self):
        call = self.missed("a", number=OTHER)
        self.assertFalse(call.with_user(self.colleague).has_access("read"))
        values = {"user_id": self.colleague.id}
        _res, waiting, _gone = self.told(self.colleague, call.activity_id.write, values)
        self.assertEqual(waiting, {call.id})
        self.assertEqual(self.missed_of(self.colleague), call.ids)

    def test_nothing_of_what_one_may_not_see(self):
        call = self.missed("a", number=OTHER)
        values = {"user_id": self.user_employee.id}
        _res, waiting, _gone = self.told(self.user_employee, call.activity_id.write, values)
        self.assertFalse(waiting)

    def test_presence(self):
        extension = self.extensions[0]
        _res, messages = self.bus(self.rep, extension.write, {"state": "talking"}, type=PRESENCE)
        self.assertEqual(messages, [{"extension": "101", "state": "talking"}])
        self.assertEqual(self.rep.with_user(self.rep)._threecx_session()["presence"], "talking")
        extension.user_id = False
        _res, messages = self.bus(self.rep, extension.write, {"state": "idle"}, type=PRESENCE)
        self.assertFalse(messages)

    def test_session(self):
        call = self.missed("a", number=MOBILE)
        self.assertEqual(self.rep.with_user(self.rep)._threecx_session()["missed"], call.ids)
