from dataclasses import asdict, replace
from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import escape_psql

from ..threecx import merging
from ..threecx.call_number import CallNumber, party_key, same_number
from .threecx_call import MATCHES

#: A call of the past that comes in late is not told on anybody's screen.
NEWS = timedelta(minutes=10)
#: The own telephone rings at most this long after the click that has it call.
OWN_RINGING = timedelta(seconds=20)
#: Calls of one number looked at when a share looks for its call.
NEIGHBOURS = 40
WITHHELD = "-"
#: No subscription, no tracking, no line "created": a call has its own line.
SILENT = {
    "mail_create_nolog": True,
    "mail_create_nosubscribe": True,
    "mail_notrack": True,
    "tracking_disable": True,
}
#: What was said, by the field that keeps it: its name in a report.
_SAID = {
    "recording_ref": "recording_id",
    "recording_url": "recording_url",
    "transcript": "transcript",
    "summary": "summary",
}
_NOTHING_SAID = {"recording_id": 0, "recording_url": "", "transcript": "", "summary": ""}


class ThreecxCall(models.Model):
    """How a call comes into being, and changes, by what a telephone system reports."""

    _inherit = "threecx.call"

    @api.model
    def _record(self, pbx, report, user=None, intent=None):
        """Write down what a source knows of one extension's share of a call.

        The only way a call comes into being or changes by what a PBX says. Reports may be
        repeated, be late and come in any order, from several processes at once.

        :param pbx: `threecx.pbx` the report is of
        :param CallReport report:
        :param user: `res.users` of our side, when it is known apart from the extension (a click)
        :param intent: record of any model from which the call was started; the caller has checked
            that the user may see it
        :return: the call, in the present environment; empty when the PBX is told not to keep such
            calls
        :rtype: threecx.call
        :raise psycopg2.errors.SerializationFailure: another process recorded a call of the same
            number meanwhile; `odoo.service.model.retrying`, which wraps every request, repeats the
            transaction
        """
        pbx_sudo = pbx.sudo()
        # sudo: whoever reports, a PBX or a click, writes what users only read
        calls_sudo = self.sudo().with_company(pbx_sudo.company_id).with_context(**SILENT)
        report = calls_sudo._cleaned(pbx_sudo, report)
        if not calls_sudo._is_kept(pbx_sudo, report):
            return self.browse()
        number = pbx_sudo._call_number(report.number)
        report = replace(report, number=number.raw)
        calls_sudo._take_slots(pbx_sudo, report, number)
        leg_sudo = calls_sudo._find_leg(pbx_sudo, report)
        report = calls_sudo._as_meant(pbx_sudo, report, number, leg_sudo)
        if leg_sudo:
            call_sudo, is_new = leg_sudo.call_id, False
            has_changed = leg_sudo._learn(report)
        else:
            call_sudo = calls_sudo._find_call(pbx_sudo, report, number)
            is_new, has_changed = not call_sudo, True
            if is_new:
                call_sudo = calls_sudo._create_call(pbx_sudo, report, number)
            call_sudo._add_leg(report, user)
        if has_changed:
            call_sudo = call_sudo._joined(report, number)
        has_changed |= call_sudo._learn_texts(report)
        has_changed |= call_sudo._learn_number(report, number)
        has_changed |= call_sudo._learn_intent(intent)
        if has_changed:
            call_sudo._refresh(is_new=is_new)
            if report.ended is None or report.ended >= fields.Datetime.now() - NEWS:
                call_sudo._notify()
        return call_sudo.with_env(self.env)

    # === STEPS === #

    @api.model
    def _cleaned(self, pbx, report):
        """The report with moments as Odoo keeps them, and without what must not be kept."""
        moments = {
            name: getattr(report, name) and getattr(report, name).replace(microsecond=0)
            for name in ("started", "answered", "ended")
        }
        if not moments["started"]:
            moments["started"] = moments["answered"] or moments["ended"] or fields.Datetime.now()
        if report.state == "ended" and not moments["ended"]:
            moments["ended"] = moments["answered"] or moments["started"]
        if not pbx.keep_recordings:
            moments |= _NOTHING_SAID
        return replace(report, **moments)

    @api.model
    def _is_kept(self, pbx, report):
        if report.source == "journal":
            return pbx.journal_calls
        if report.direction == "internal" and report.source != "click":
            return pbx.journal_internal
        return True

    @api.model
    def _take_slots(self, pbx, report, number):
        """Collide with whoever records a share of the same call at the same time."""
        names = [f"{pbx.id}/number/{party_key(report, number)}"]
        if report.call_ref:
            names.append(f"{pbx.id}/call/{report.call_ref}")
        self.env["threecx.call.slot"]._take(*names)

    @api.model
    def _find_leg(self, pbx, report):
        return self.env["threecx.call.leg"].search(
            [("pbx_id", "=", pbx.id), ("source", "=", report.source), ("key", "=", report.key)]
        )

    @api.model
    def _as_meant(self, pbx, report, number, leg):
        """The report of a call that a click has made, as the user means it.

        The telephone of who clicked rings first, with the number that he calls: to the PBX, and so
        to the listener, that looks like a call that comes in.

        :param leg: what is known of the share already
        :rtype: CallReport
        """
        if report.source != "listener" or report.direction != "inbound":
            return report
        is_ours = leg.direction == "outbound" if leg else self._is_clicked(pbx, report, number)
        if not is_ours:
            return report
        outcome = "no_answer" if report.outcome == "missed" else report.outcome
        return replace(report, direction="outbound", outcome=outcome)

    @api.model
    def _is_clicked(self, pbx, report, number):
        """Whether the extension has just been made to call this number, and has not rung yet."""
        if not report.extension or not number.key:
            return False
        clicks = self.env["threecx.call.leg"].search(
            [
                ("pbx_id", "=", pbx.id),
                ("source", "=", "click"),
                ("direction", "=", "outbound"),
                ("extension", "=", report.extension),
                ("started", ">=", report.started - OWN_RINGING),
                ("started", "<=", report.started + merging.SKEW),
            ]
        )
        return any(
            same_number(pbx._call_number(click.number).key, number.key)
            and "listener" not in click.call_id.leg_ids.mapped("source")
            for click in clicks
        )

    @api.model
    def _find_call(self, pbx, report, number):
        """The call a new share belongs to; empty when it is a call of its own."""
        same = self._find_referred(pbx, report, number)
        return same or self._find_neighbour(pbx, report, number)

    @api.model
    def _find_referred(self, pbx, report, number):
        """The call that the PBX itself says is the same; another one than the present."""
        if not report.call_ref:
            return self.browse()
        legs = self.env["threecx.call.leg"].search(
            [
                ("pbx_id", "=", pbx.id),
                ("call_ref", "=", report.call_ref),
                ("call_id", "not in", self.ids),
            ],
            order="started DESC, id DESC",
            limit=NEIGHBOURS,
        )
        for call in legs.call_id:
            if merging.same_reference(report, call._shares()) and call._may_be(number):
                return call
        return self.browse()

    @api.model
    def _find_neighbour(self, pbx, report, number):
        """The call with the same other side at the same time; another one than the present."""
        begin = report.started - merging.LONGEST
        end = (report.ended or report.started) + merging.INTENT
        calls = self.search(
            [
                ("pbx_id", "=", pbx.id),
                ("kind", "=", "call"),
                ("number_suffix", "=", party_key(report, number) or WITHHELD),
                ("started", ">=", begin),
                ("started", "<=", end),
                ("id", "not in", self.ids),
            ],
            order="started DESC, id DESC",
            limit=NEIGHBOURS,
        )
        found, nearest = self.browse(), None
        for call in calls:
            if report.direction != "internal" and not same_number(
                call.number_key or "", number.key
            ):
                continue
            away = merging.distance(report, call._shares())
            if away is not None and (nearest is None or away < nearest):
                found, nearest = call, away
        return found

    def _may_be(self, number):
        """Whether a number does not speak against a call that the PBX itself says is the same. One
        side may be withheld, or be a colleague who hands the call over."""
        if self.direction == "internal" or not (self.number_key and number.key):
            return True
        is_inside = not number.is_e164 and len(number.key) < 6
        return is_inside or same_number(self.number_key, number.key)

    # === TWO THAT TURN OUT TO BE ONE === #

    def _joined(self, report, number):
        """Make one call of two when a share turns out to belong to both.

        The PBX tells of a call before it knows the number, or Odoo learns only from the answer to
        its own click which call it has become.

        :return: the call that is left, the older one
        :rtype: threecx.call
        """
        other = self._find_referred(self.pbx_id, report, number)
        if not other and self.is_withheld and number.key:
            other = self._find_neighbour(self.pbx_id, report, number)
        if not other:
            return self
        older, newer = sorted(self + other, key=lambda call: call.id)
        if _strength(newer) > _strength(older):
            older._set_party(newer.match_kind, newer._record_about() or newer.partner_id)
        older.write(
            {
                name: newer[name]
                for name in (*_SAID, "caller_name", "pbx_entity", "note", "result")
                if newer[name] and not older[name]
            }
        )
        newer.write({"state": "ended", "is_wrapped_up": True, "revision": newer.revision + 1})
        newer._notify()  # it vanishes from the screens
        if newer.activity_id:
            newer._drop_missed()
        newer.log_message_ids.unlink()
        newer.leg_ids.write({"call_id": older.id})
        newer.unlink()
        return older

    @api.model
    def _create_call(self, pbx, report, number):
        return self.create(
            {
                "pbx_id": pbx.id,
                "company_id": pbx.company_id.id,
                "direction": report.direction,
                "started": report.started,
                "number_suffix": WITHHELD,
                **self._number_values(report, number),
            }
        )

    @api.model
    def _number_values(self, report, number):
        return {
            "number": number.raw or False,
            "number_key": number.key or False,
            "number_suffix": party_key(report, number) or WITHHELD,
            "number_display": number.display or False,
            "is_withheld": not number.key,
        }

    def _add_leg(self, report, user=None):
        """Add a share; who has the extension now is who had it then."""
        extension = self._find_extension(report)
        owner = user or extension.user_id or self._find_agent(report)
        self.env["threecx.call.leg"].create(
            {
                "call_id": self.id,
                "pbx_id": self.pbx_id.id,
                "extension_id": extension.id,
                "user_id": owner.id,
                "source": report.source,
                "key": report.key,
                **self.env["threecx.call.leg"]._report_values(report),
            }
        )

    def _find_extension(self, report):
        extensions = self.env["threecx.extension"]
        if not report.extension:
            return extensions
        return extensions.search(
            [("pbx_id", "=", self.pbx_id.id), ("number", "=", report.extension)], limit=1
        )

    def _find_agent(self, report):
        """The colleague an agent's address belongs to, when it is exactly one."""
        users = self.env["res.users"]
        if not report.agent_email:
            return users
        found = users.search(
            Domain("share", "=", False)
            & (
                Domain("login", "=ilike", escape_psql(report.agent_email.strip()))
                | Domain("email_normalized", "=", report.agent_email.strip().lower())
            ),
            limit=2,
        )
        return found if len(found) == 1 else users

    # === WHAT A CALL LEARNS === #

    def _learn_texts(self, report):
        """Keep what is said of the call as a whole, the first word of each kind.

        :return: whether anything is new
        :rtype: bool
        """
        texts = {name: getattr(report, said) for name, said in _SAID.items()}
        texts["caller_name"] = report.name
        texts["pbx_entity"] = report.entity
        values = {name: text for name, text in texts.items() if text and not self[name]}
        if not values:
            return False
        if not values.keys().isdisjoint(("recording_ref", "recording_url", "transcript")):
            values["has_recording"] = True
        self.write(values)
        return True

    def _learn_number(self, report, number):
        """Take a number that says more than the one known so far."""
        if report.direction == "internal" and self.number_key:
            return False
        known = CallNumber(self.number or "", self.number_key or "", "")
        was_inside = self.direction == "internal" and report.direction != "internal"
        if not number.key or not (was_inside or number.better_than(known)):
            return False
        self.write(self._number_values(report, number))
        if self.match_kind in ("none", "number", "memory"):
            self._set_party("none")
        return True

    def _learn_intent(self, intent):
        """Keep the record from which the call was started."""
        if not intent or self.match_kind in ("intent", "manual"):
            return False
        self._set_party("intent", intent)
        return True

    def _shares(self):
        """What is known of the shares of the call.

        :rtype: list[CallReport]
        """
        return [leg._to_report() for leg in self.leg_ids]

    def _refresh(self, is_new=False):
        """Work out anew what the call is, and everything that follows from it."""
        self.ensure_one()
        self.invalidate_recordset(["leg_ids"])
        facts = asdict(merging.facts(self._shares()))
        extension, user = self._our_side(facts.pop("extension"))
        was_ended = self.state == "ended"
        self.write(
            {
                **{name: value or False for name, value in facts.items()},
                "extension_id": extension.id,
                "user_id": user.id,
                "revision": self.revision + 1,
            }
        )
        if self.match_kind == "none" and (is_new or (self.state == "ended" and not was_ended)):
            self._match()
        self._follow_up()
        self._sync_log()

    def _our_side(self, number):
        """Extension and colleague of a call.

        :param str number: extension that has or had the call; empty when that is nobody
        """
        present = self.leg_ids.filtered(lambda leg: leg.outcome != "elsewhere")
        holders = present.filtered(lambda leg: number and leg.extension == number)
        users = holders.user_id[:1]
        if not users:
            users = present.filtered(lambda leg: leg.source in ("click", "pop")).user_id[:1]
        if not users and len(present.user_id) == 1 and not number:
            users = present.user_id
        return holders.extension_id[:1], users


def _strength(call):
    """How sure it is whom a call is about."""
    return [kind for kind, _label in MATCHES].index(call.match_kind)
