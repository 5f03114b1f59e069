import hashlib
import re

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import format_datetime

from ..threecx.report import CallReport

BUS_TYPE = "threecx_bridge/call"
#: Candidates shown at most.
CANDIDATE_LIMIT = 5
#: Finds of a search shown at most.
SEARCH_LIMIT = 8
SEARCH_MIN_LENGTH = 2
_WILDCARD = re.compile(r"[\\%_]")
#: How long a call that somebody acted on from a pop-up may still be the same, in minutes.
POP_MINUTES = 10


class ThreecxCall(models.Model):
    """What the pop-up shows of a call, and what can be done from it."""

    _inherit = "threecx.call"

    # === TO THE SCREENS === #

    def _notify(self):
        """Send the call to the screens of those it concerns, each in his language and with what he
        may see."""
        self.ensure_one()
        if self.direction == "internal" or self.kind != "call":
            return
        candidates = self._popup_candidates()
        for user in self._concerned_users():
            # with his rights, in the company of the call: those of whoever reports say nothing
            call = self.with_user(user).with_context(allowed_company_ids=self.company_id.ids)
            payload = call._popup_payload(candidates)
            user._bus_send(BUS_TYPE, payload)

    def _concerned_users(self):
        """Colleagues of the company whose telephone rang, or who called.

        :rtype: res.users
        """
        return self.leg_ids.user_id.filtered(
            lambda user: user.active and not user.share and self.company_id in user.company_ids
        )

    @api.readonly
    def popup_data(self):
        """The call, for the pop-up of the present user.

        :return: see :meth:`_popup_payload`
        :rtype: dict
        """
        self.ensure_one()
        self.check_access("read")
        return self._popup_payload(self.sudo()._popup_candidates())

    def _popup_payload(self, candidates=()):
        """What the pop-up needs, so that it asks nothing more.

        :param candidates: of :meth:`_candidates`, found without looking at rights
        :return: ``id``; ``key`` (the same call has the same) and ``revision`` (higher is newer);
            ``pop_key``: key of a pop-up of the same caller that knew no call yet; ``state``,
            ``outcome`` (also ``elsewhere``: a colleague took it) as the present user sees them;
            ``direction``, ``number``, ``display``, ``caller_name``, ``is_withheld``; ``partner``,
            ``record``: dicts or False; ``candidates``; ``last_contact``: sentence or False;
            ``started``, ``answered``, ``ended``: ISO 8601, UTC, or False; ``talk_seconds``;
            ``can``: what can be done with the call; ``wrap_up``: whether to ask how it went;
            ``source``: of the first report
        :rtype: dict
        """
        self.ensure_one()
        user = self.env.user
        call = self.with_context(lang=user.lang or self.env.lang, tz=user.tz)
        # sudo: facts of a call that concerns the user; records are checked one by one
        call_sudo = call.sudo()
        state, outcome = call_sudo._seen_by(user)
        partner, record = call_sudo.partner_id, call_sudo._record_about()
        return {
            "id": self.id,
            "key": f"call/{self.id}",
            "pop_key": call_sudo._pop_key(call_sudo.number_key),
            "revision": call_sudo.revision,
            "state": state,
            "direction": call_sudo.direction,
            "number": call_sudo.number_key or "",
            "display": call_sudo.number_display or "",
            "caller_name": call_sudo.caller_name or "",
            "is_withheld": call_sudo.is_withheld,
            "partner": call._shown(partner),
            "record": call._shown(record, with_model=True),
            "candidates": call._shown_candidates(candidates),
            "last_contact": call_sudo._last_contact(),
            "started": _iso(call_sudo.started),
            "answered": _iso(call_sudo.answered),
            "ended": _iso(call_sudo.ended),
            "talk_seconds": call_sudo.talk_seconds,
            "outcome": outcome,
            "can": call_sudo._possible_actions(user, state),
            "wrap_up": call_sudo._asks_wrap_up(user, state, outcome),
            "source": call_sudo.leg_ids[:1].source or "",
        }

    def _shown(self, record, with_model=False):
        """Id and name of a record, when the present user may read it."""
        if not record or not record.with_env(self.env).has_access("read"):
            return False
        shown = {"id": record.id, "name": record.display_name or ""}
        return {"model": record._name, **shown} if with_model else shown

    def _popup_candidates(self):
        """Whom the call may be about, as long as nobody knows."""
        if self.partner_id or self.res_model or self.is_withheld or self.direction == "internal":
            return []
        country = self.pbx_id._country_code()
        found = self._candidates(self.number, self.company_id, CANDIDATE_LIMIT, country=country)
        # what the telephone system shows its user comes first
        return sorted(
            found, key=lambda one: f"{one['model']},{one['id']}" != (self.pbx_entity or "")
        )

    @api.model
    def _shown_candidates(self, candidates):
        """Candidates whom the present user may read, with the reason in words."""
        reasons = {
            "phone_exact": self.env._("same number"),
            "phone_suffix": self.env._("similar number"),
            "linked_before": self.env._("linked before"),
            "reference": self.env._("found by reference"),
        }
        shown = []
        for model in dict.fromkeys(one["model"] for one in candidates):
            ids = [one["id"] for one in candidates if one["model"] == model]
            readable = set(self.env[model].browse(ids)._filtered_access("read").ids)
            shown += [one for one in candidates if one["model"] == model and one["id"] in readable]
        return [
            {
                **{name: one[name] for name in ("model", "id", "name", "subtitle")},
                "reason": reasons.get(one["reason"], ""),
            }
            for one in candidates
            if one in shown
        ]

    def _seen_by(self, user):
        """State and outcome of the call for one colleague: it is over for whose telephone stopped
        ringing, while another one talks."""
        mine = self.leg_ids.filtered(lambda leg: leg.user_id == user and leg.source == "listener")
        if self.state in ("ringing", "ongoing") and mine:
            if all(leg.state == "ended" for leg in mine):
                has_talked = any(leg.outcome == "answered" for leg in mine)
                return "ended", "answered" if has_talked else "elsewhere"
            if self.state == "ongoing" and all(
                leg.state == "ringing" for leg in mine if leg.state != "ended"
            ):
                return "ringing", "unknown"
        if self.state == "ended" and mine and all(leg.outcome == "elsewhere" for leg in mine):
            return "ended", "elsewhere"
        return self.state, self.outcome

    def _possible_actions(self, user, state):
        """What the user can do with the call from Odoo."""
        mine = self.leg_ids.filtered(
            lambda leg: leg.user_id == user and leg.source == "listener" and leg.state != "ended"
        )
        if not mine or self.pbx_id.tier != "2":
            return []
        if state == "ringing" and self.direction == "inbound":
            return ["answer", "drop", "transfer"]
        return ["drop", "transfer"] if state == "ongoing" else ["drop"]

    def _last_contact(self):
        """When and how this customer was last spoken to: "12/11/2026 14:05, answered, Jan".

        :rtype: str | bool
        """
        if self.is_withheld:
            return False
        last = self.search(
            self._domain_same_party()
            & Domain("started", "<", self.started)
            & Domain("id", "!=", self.id)
            & Domain("state", "=", "ended"),
            order="started DESC, id DESC",
            limit=1,
        )
        if not last:
            return False
        parts = [
            format_datetime(self.env, last.started, dt_format="short"),
            dict(self._fields["outcome"]._description_selection(self.env))[last.outcome],
            last.user_id.name,
        ]
        return ", ".join(filter(None, parts))

    # === FROM THE PAGE THAT THE 3CX CLIENT OPENS === #

    @api.readonly
    @api.model
    def pop_data(self, number, name=""):
        """What the pop-up shows of a caller of whom only the number is known. Writes nothing.

        :param str number: as the 3CX client puts it into the address of the page
        :param str name: name the client shows
        :return: as :meth:`popup_data`; ``id`` is False unless the call is known already
        :rtype: dict
        """
        self.browse().check_access("read")
        pbx_sudo = self._pop_pbx()
        known = pbx_sudo._call_number(number)
        call_sudo = self._pop_call(pbx_sudo, known)
        if call_sudo:
            return call_sudo.with_env(self.env).popup_data()
        # sudo: rights are looked at when candidates are shown
        found = self.sudo()._candidates(
            number, pbx_sudo.company_id, CANDIDATE_LIMIT, country=pbx_sudo._country_code()
        )
        one = self._standing_out(found, known.is_e164)
        record = one and self.env[one["model"]].browse(one["id"])
        if record and not record.has_access("read"):
            record = None
        is_partner = bool(record) and record._name == "res.partner"
        partner = record if is_partner else record and record.partner_id
        return {
            "id": False,
            "key": self._pop_key(known.key),
            "pop_key": False,
            "revision": 0,
            "state": "ringing",
            "direction": "inbound",
            "number": known.key,
            "display": known.display,
            "caller_name": (name or "")[:128],
            "is_withheld": not known.key,
            "partner": self._shown(partner),
            "record": self._shown(record, with_model=True) if record and not is_partner else False,
            "candidates": self._shown_candidates(found if not record else []),
            "last_contact": False,
            "started": _iso(fields.Datetime.now()),
            "answered": False,
            "ended": False,
            "talk_seconds": 0,
            "outcome": "unknown",
            "can": [],
            "wrap_up": False,
            "source": "pop",
        }

    @api.model
    def from_pop(self, number, name=""):
        """The call of a caller of whom only the number is known, because the user does something
        with it.

        :return: id of the call
        :rtype: int
        """
        self.browse().check_access("read")
        pbx_sudo = self._pop_pbx()
        known = pbx_sudo._call_number(number)
        call_sudo = self._pop_call(pbx_sudo, known)
        if call_sudo:
            return call_sudo.id
        now = fields.Datetime.now()
        extension = self.env.user._threecx_extension().sudo()
        report = CallReport(
            source="pop",
            key=f"{self.env.uid}/{known.key}/{fields.Datetime.to_string(now)}",
            direction="inbound",
            number=known.raw,
            extension=extension.number or "" if extension.pbx_id == pbx_sudo else "",
            state="ringing",
            started=now,
            name=(name or "")[:128],
        )
        call = self._record(pbx_sudo, report, user=self.env.user)
        # the page itself changes nothing: that it works is known from what users do with it
        pbx_sudo._stamp("last_pop")
        return call.id

    @api.model
    def _pop_pbx(self):
        pbx_sudo = self.env.user._threecx_pbx()
        if not pbx_sudo:
            raise UserError(self.env._("No telephone system is set up."))
        return pbx_sudo

    @api.model
    def _pop_key(self, number_key):
        """Key of a pop-up that knows no call yet; says nothing of the number."""
        return "pop/" + hashlib.sha256((number_key or "").encode()).hexdigest()[:16]

    def _pop_call(self, pbx_sudo, known):
        """The call on the user's screen that this caller already is: one that rings, or one he did
        something with before."""
        legs = self.env["threecx.call.leg"].sudo()
        since = fields.Datetime.subtract(fields.Datetime.now(), minutes=POP_MINUTES)
        leg = legs.search(
            Domain("pbx_id", "=", pbx_sudo.id)
            & Domain("user_id", "=", self.env.uid)
            & Domain("direction", "=", "inbound")
            & Domain("call_id.number_key", "=", known.key or False)
            & Domain("started", ">=", since)
            & (
                Domain("source", "=", "pop")
                | (Domain("source", "=", "listener") & Domain("state", "!=", "ended"))
            ),
            order="started DESC, id DESC",
            limit=1,
        )
        return leg.call_id

    # === WHO IT IS === #

    def link_record(self, model, res_id):
        """Say whom the call is about, and with it all calls of this number that nobody knew.

        :param str model: model of the record
        :param int res_id: its id; the user must be able to read it
        """
        self.ensure_one()
        self.check_access("read")
        if not isinstance(model, str) or model not in self.env or not isinstance(res_id, int):
            raise UserError(self.env._("This record does not exist."))
        if not self._may_be_about(self.env[model]):
            raise UserError(
                self.env._("A call is linked with a contact, or with something that has one.")
            )
        record = self.env[model].browse(res_id).exists()
        if not record:
            raise UserError(self.env._("This record does not exist any more."))
        record.check_access("read")
        # sudo: the user may say whom a call is about, and nothing else of it
        self.sudo()._link(record.sudo())
        return True

    @api.model
    def _may_be_about(self, records):
        """Whether calls can be linked with records of this model by hand: they get a line in the
        chatter, also of who may only read them."""
        if records._abstract or records._transient or records._name == self._name:
            return False
        customer = records._fields.get("partner_id")
        is_with_customer = customer is not None and customer.comodel_name == "res.partner"
        return records._name == "res.partner" or is_with_customer

    def _link(self, record):
        """Link this call, and all calls of its number that are linked with nobody, or that were
        linked by hand with the one who is corrected now."""
        others = self.browse()
        if self.number_key and self.direction != "internal":
            by_hand = ("memory", "manual")
            domain = Domain("match_kind", "=", "none")
            if self.match_kind in by_hand:
                domain |= (
                    Domain("match_kind", "in", by_hand)
                    & Domain("partner_id", "=", self.partner_id.id)
                    & Domain("res_model", "=", self.res_model)
                    & Domain("res_id", "=", self.res_id)
                )
            others = self.search(
                domain
                & Domain("number_key", "=", self.number_key)
                & Domain("company_id", "=", self.company_id.id)
                & Domain("id", "!=", self.id)
            )
        for call in (self + others).with_context(tracking_disable=True):
            call._set_party("manual", record)
            call.revision += 1
            call._follow_up()
            call._sync_log()
        self._notify()

    def action_link(self):
        """Open the form in which the user says whom the call was with.

        :rtype: dict
        """
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Who was it?"),
            "res_model": "threecx.call.link",
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_call_id": self.id, "default_name": self.caller_name},
        }

    def create_contact(self, name):
        """Create a contact for the number, and link the call with it.

        :param str name: of the person or company
        :return: id of the contact
        :rtype: int
        """
        self.ensure_one()
        self.check_access("read")
        name = (name or "").strip()
        if not name:
            raise UserError(self.env._("The contact needs a name."))
        call_sudo = self.sudo()
        number = call_sudo.number_key or ""
        display = call_sudo.number_display or number
        partner = self.env["res.partner"].create(
            {
                "name": name[:128],
                "phone": display and (number if number.startswith("+") else display),
                "company_id": False,
            }
        )
        call_sudo._link(partner.sudo())
        return partner.id

    @api.readonly
    def search_records(self, text):
        """Contacts that a word, an address, a number or an order's name finds.

        :param str text: as typed
        :return: candidates as in :meth:`popup_data`, with the record that was found in them
        :rtype: list[dict]
        """
        self.browse().check_access("read")
        text = (text or "").strip()[:200]
        if len(text) < SEARCH_MIN_LENGTH:
            return []
        partners = self.env["res.partner"]
        found = partners._find_by_reference(text, limit=SEARCH_LIMIT)
        shown = [self._search_hit(one) for one in found]
        if sum(map(str.isdigit, text)) >= 6:
            found = partners._find_by_phone(text, limit=SEARCH_LIMIT)
            shown += [self._search_hit(one) for one in found]
        escaped = _WILDCARD.sub(r"\\\g<0>", text)
        domain = Domain("complete_name", "ilike", escaped) | Domain("email", "=ilike", escaped)
        for partner in partners.search(domain, limit=SEARCH_LIMIT):
            shown.append(
                {
                    "model": "res.partner",
                    "id": partner.id,
                    "name": partner.name or partner.display_name or "",
                    "subtitle": self._partner_subtitle(partner),
                    "reason": "",
                }
            )
        return list({(one["model"], one["id"]): one for one in reversed(shown)}.values())[::-1][
            :SEARCH_LIMIT
        ]

    @api.model
    def _search_hit(self, found):
        """One find: the contact, or what of his was named."""
        partner, record = found.partner, found.record
        if record is not None and record.has_access("read"):
            return {
                "model": record._name,
                "id": record.id,
                "name": partner.name or partner.display_name or "",
                "subtitle": self._partner_subtitle(partner),
                "reason": record.display_name,
            }
        return {
            "model": "res.partner",
            "id": partner.id,
            "name": partner.name or partner.display_name or "",
            "subtitle": self._partner_subtitle(partner),
            "reason": partner.ref or "",
        }


def _iso(moment):
    """ISO 8601 in UTC, or False."""
    return f"{moment.isoformat(timespec='seconds')}Z" if moment else False
