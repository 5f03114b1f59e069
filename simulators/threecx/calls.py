"""The exchange: calls, their legs, and what may be done with them. A pure state machine.

A *leg* is what Call Control names a participant: one telephone of one of our DNs in one call. A
*share* is what one DN had of a call from its first ring to its end: the ledger's matter. Time comes
from the clock that is given; :meth:`Exchange.run` does what is due.
"""

import heapq
import itertools
import re

from .call import (
    CONNECTED,
    DIALING,
    INBOUND,
    INTERNAL,
    OUTBOUND,
    RINGING,
    Call,
    Leg,
    Refused,
    Share,
)
from .house import UNREGISTERED

#: Seconds of patience, of the clock.
RING_SECONDS, QUEUE_SECONDS, VOICEMAIL_SECONDS, AWAY_SECONDS = 40, 120, 30, 60
#: What trunks give for a withheld number (RFC 3323).
WITHHELD = "anonymous"
OUTSIDE = re.compile(r"\+?[0-9*#]{3,20}")


class Exchange:
    """All calls of the house.

    :param House house: who can be called
    :param clock: with ``now()``
    :param bool fork: each telephone of a called extension has a leg of its own
    :param int max_calls: at once; 0: any number
    :param int first_id: of calls, legs and recordings
    """

    def __init__(self, house, clock, fork=False, max_calls=0, first_id=1):
        self.house = house
        self.clock = clock
        self.fork = fork
        self.max_calls = max_calls
        self.active = {}
        self.past = []
        self.legs = {}
        self.observers = []
        """Called with ``upsert`` or ``remove`` and a :class:`Leg`, and with ``started``,
        ``changed`` or ``ended`` and a :class:`Call`."""
        self._timers = []
        self._order = itertools.count()
        self._call_ids = itertools.count(first_id)
        self._leg_ids = itertools.count(first_id)
        self._recording_ids = itertools.count(first_id)

    # -- time ----------------------------------------------------------------------------------
    def later(self, seconds, function, *arguments):
        """Has ``function`` called by :meth:`run` after some seconds of the clock."""
        due = self.clock.now() + seconds
        heapq.heappush(self._timers, (due, next(self._order), function, arguments))

    def run(self):
        """Does what is due. :return float: the clock's moment of the next thing to do, or None"""
        while self._timers and self._timers[0][0] <= self.clock.now():
            _due, _order, function, arguments = heapq.heappop(self._timers)
            function(*arguments)
        return self._timers[0][0] if self._timers else None

    # -- looking -------------------------------------------------------------------------------
    def call(self, call_id):
        """:raises Refused: when there is no such call alive"""
        call = self.active.get(call_id)
        if call is None:
            raise Refused("NotFound", f"no call {call_id} is alive")
        return call

    def calls(self):
        """:return list: past and alive, in the order they began"""
        return sorted((*self.past, *self.active.values()), key=lambda call: call.id)

    def is_busy(self, dn):
        return any(leg.dn == dn for leg in self.legs.values())

    # -- placing calls -------------------------------------------------------------------------
    def ring_in(self, number, to, name="", did="", timeout=None):
        """An outside party calls.

        :param str number: as the trunk writes it; empty when it is withheld
        :param str to: an extension, a queue or the route point
        :param float timeout: seconds after which he gives up
        :return Call: ringing
        """
        kind = self.house.kind(to)
        if kind == "Wexternalline":
            raise Refused("NotFound", f"{to}: neither an extension nor a queue")
        self._check_lines()
        call = self._new(INBOUND, number, name, did=did or self.house.did)
        call.outside = CONNECTED
        self._call_in(call, to, timeout)
        return call

    def dial(self, dn, destination, device_id="", timeout=None):
        """One of ours calls.

        :param str device_id: the telephone to use; the first one otherwise
        :return Leg: of the caller, dialling
        """
        destination = _number(destination)
        device = self._device(dn, device_id)
        self._check_lines()
        kind = self.house.kind(destination)
        if destination == dn:
            raise Refused("InvalidDestination", f"{dn} cannot call itself")
        internal = kind != "Wexternalline"
        call = self._new_outgoing(dn, destination, internal)
        leg = self._leg(call, dn, device, DIALING, legid=1)
        if internal:
            self._call_in(call, destination, timeout)
        else:
            call.outside = RINGING
            self._be_patient(call, timeout or RING_SECONDS)
        return leg

    def ring_first(self, dn, destination, timeout=None):
        """The MakeCall service: the telephones of the caller ring; who answers has dialled.

        :return Call: whose legs ring
        """
        destination = _number(destination)
        if not self.house.devices(dn):
            raise Refused("NotRegistered", f"no telephone of {dn} is registered")
        self._check_lines()
        internal = self.house.kind(destination) != "Wexternalline"
        call = self._new_outgoing(dn, destination, internal)
        for device in self.house.devices(dn)[: None if self.fork else 1]:
            self._leg(call, dn, device, RINGING, legid=1)
        self._be_patient(call, timeout or RING_SECONDS)
        return call

    # -- what parties do -----------------------------------------------------------------------
    def answer(self, call_id, dn="", device_id=""):
        """Somebody takes the call: the named DN, else the first that rings, else the outside.

        :return Call: talking
        """
        call = self.call(call_id)
        if dn and not call.legs_of(dn, RINGING):
            raise Refused("NotRinging", f"{dn} does not ring in call {call_id}")
        ringing = [dn] if dn else call.ringing()
        if ringing:
            self._take(call, ringing[0], device_id)
        elif call.outside == RINGING:
            self._outside_takes(call)
        else:
            raise Refused("NotRinging", f"nothing rings in call {call_id}")
        return call

    def decline(self, call_id, dn="", outcome=""):
        """The named DN, or all that ring, or the outside party, do not want the call."""
        call = self.call(call_id)
        ringing = [dn] if dn else call.ringing()
        if not ringing and call.outside == RINGING:
            self._end(call)
            return call
        for one in ringing:
            if not call.legs_of(one, RINGING):
                raise Refused("NotRinging", f"{one} does not ring in call {call_id}")
            self._stop_ringing(call, one, outcome)
        self._after_silence(call)
        return call

    def drop(self, call_id):
        """The other side hangs up. :return Call: ended"""
        call = self.call(call_id)
        self._end(call)
        return call

    def drop_leg(self, leg):
        """Our side hangs up; a ringing telephone declines."""
        call = leg.call
        if leg.status == RINGING and call.caller != leg.dn:
            self.decline(call.id, leg.dn)
        elif self._others(call, leg.dn) and call.is_external and leg.status == CONNECTED:
            # Somebody else of ours is in the call yet: a transfer that was not waited for.
            self._leave(call, leg.dn)
        else:
            self._end(call)

    def voicemail(self, call_id, seconds=VOICEMAIL_SECONDS):
        """The caller is sent to the voice mail and speaks. :return Call: recording"""
        call = self.call(call_id)
        if call.direction != INBOUND or call.answered:
            raise Refused("InvalidState", "only a caller whom nobody has answered gets there")
        call.in_voicemail = True
        for dn in call.ringing():
            self._stop_ringing(call, dn, "voicemail")
        self._tell("changed", call)
        self.later(seconds, self._end_if, call, lambda: call.in_voicemail)
        return call

    # -- moving calls --------------------------------------------------------------------------
    def transfer(self, call_id, dn, to, blind=True):
        """Hands the other party over.

        :param bool blind: the one who transfers leaves at once; else when the other has answered
        """
        call = self.call(call_id)
        if not call.legs_of(dn, CONNECTED):
            raise Refused("NotConnected", f"{dn} does not talk in call {call_id}")
        self._bring_in(call, dn, _number(to))
        if blind:
            self._leave(call, dn)
        return call

    def divert(self, leg, to):
        """Sends a ringing call elsewhere."""
        if leg.status != RINGING:
            raise Refused("NotRinging", "divert: the participant does not ring")
        call, destination = leg.call, _number(to)
        self._bring_in(call, leg.dn, destination, waits=False)
        self._stop_ringing(call, leg.dn, "elsewhere")
        self._tell("changed", call)

    def route(self, leg, to):
        """Adds another destination; who answers first has the call."""
        if leg.status == DIALING:
            raise Refused("InvalidState", "routeto: the participant is dialling")
        self._bring_in(leg.call, leg.dn, _number(to), waits=leg.status == CONNECTED)

    # -- within --------------------------------------------------------------------------------
    def _tell(self, what, subject):
        for observer in tuple(self.observers):
            observer(what, subject)

    def _check_lines(self):
        if self.max_calls and len(self.active) >= self.max_calls:
            raise Refused("NoLines", f"all {self.max_calls} simultaneous calls are in use")

    def _new(self, direction, number, name, **values):
        call = Call(next(self._call_ids), direction, number, name, self.clock.now(), **values)
        self.active[call.id] = call
        self._tell("started", call)
        return call

    def _new_outgoing(self, dn, destination, internal):
        direction = INTERNAL if internal else OUTBOUND
        call = self._new(direction, destination, self.house.name(destination), caller=dn)
        call.shares.append(Share(dn, call.started, outgoing=True))
        return call

    def _device(self, dn, device_id):
        devices = self.house.devices(dn)
        if not devices:
            raise Refused("NotRegistered", f"no telephone of {dn} is registered")
        if not device_id:
            return devices[0]
        for device in devices:
            if device.device_id == device_id:
                return device
        raise Refused("NotFound", f"{dn} has no device {device_id}")

    def _leg(self, call, dn, device, status, legid=2, **by):
        """Makes a leg whose other party is the caller, or the called one for who dials."""
        leg = Leg(
            id=next(self._leg_ids),
            legid=legid,
            call=call,
            dn=dn,
            device=device,
            status=status,
            direct_control=bool(device and device.controllable),
            house=self.house,
            **by,
        )
        self._show_party(leg)
        call.legs[leg.id] = self.legs[leg.id] = leg
        self._tell("upsert", leg)
        return leg

    def _show_party(self, leg):
        call = leg.call
        if call.is_external:
            leg.party_dn, leg.party_kind = self.house.trunk, "Wexternalline"
            leg.party_number = call.number or WITHHELD
            leg.party_name = call.name
            return
        other = call.number if leg.dn == call.caller else call.caller
        leg.party_dn = leg.party_number = other
        leg.party_kind, leg.party_name = self.house.kind(other), self.house.name(other)

    def show_contact(self, call, contact):
        """The CRM knows who this is: his name shows on the telephones.

        :param dict contact: with at least a ``name``
        """
        call.contact = contact
        call.name = contact.get("name") or call.name
        for leg in call.legs.values():
            leg.party_name = call.name
            self._tell("upsert", leg)
        self._tell("changed", call)

    def _call_in(self, call, to, timeout):
        """Rings an extension, a queue or the route point for a call that just began."""
        call.to = to
        if to in self.house.queues:
            call.queue = to
            self._be_patient(call, timeout or QUEUE_SECONDS)
            self._offer_to_agents(call)
        else:
            self._be_patient(call, timeout or RING_SECONDS)
            self._offer(call, to)

    def _offer(self, call, dn, transferred_from="", **by):
        """Has the telephones of a DN ring; an extension without one stays silent."""
        devices = self.house.devices(dn)[: None if self.fork else 1]
        if not devices:
            return
        share = Share(dn, self.clock.now(), transferred_from=transferred_from)
        call.shares.append(share)
        for device in devices:
            self._leg(call, dn, device, RINGING, **by)

    def _offer_to_agents(self, call):
        """Rings every free agent of the queue; while there is none, looks again."""
        call.is_waiting = False
        if call.ended or call.answered or call.in_voicemail or call.ringing():
            return
        _name, agents = self.house.queues[call.queue]
        for dn in agents:
            extension = self.house.extensions[dn]
            free = extension.enabled and extension.queue_logged_in and not self.is_busy(dn)
            if free and dn not in call.refusals:
                self._offer(call, dn, on_behalf_of=call.queue)
        self._tell("changed", call)
        if not call.ringing():
            self._wait_for_agents(call)

    def _wait_for_agents(self, call):
        if not call.is_waiting:
            call.is_waiting = True
            self.later(0.5, self._offer_to_agents, call)

    def _bring_in(self, call, dn, to, waits=True):
        """Rings a further destination on behalf of ``dn``."""
        kind = self.house.kind(to)
        if to == dn or call.legs_of(to):
            raise Refused("InvalidDestination", f"{to} is in this call already")
        if kind == "Wqueue":
            _name, agents = self.house.queues[to]
            free = [agent for agent in agents if not self.is_busy(agent)]
            if not free:
                raise Refused("Busy", f"nobody of {to} is free")
            call.queue, call.refusals = to, {dn}
            for agent in free:
                self._offer(call, agent, dn, on_behalf_of=to, referred_by=dn)
        elif kind == "Wexternalline":
            # Who was sent out of the house is not followed there.
            call.forwarded_to = to
            if call.legs_of(dn, CONNECTED):
                self._leave(call, dn)
            self.later(AWAY_SECONDS, self._end_if, call, lambda: True)
            return
        elif not self.house.devices(to):
            raise Refused("NotRegistered", f"no telephone of {to} is registered")
        else:
            self._offer(call, to, dn if waits else "", referred_by=dn)
        self._tell("changed", call)
        offered = [call.open_share(ringing) for ringing in call.ringing()]
        self.later(RING_SECONDS, self._transfer_fails, call, offered)

    def _transfer_fails(self, call, offered):
        """Nobody took what was handed over."""
        ringing = [share for share in offered if not share.ended and not share.answered]
        for share in ringing:
            self._stop_ringing(call, share.dn, "missed")
        if ringing and not call.ended:
            self._after_silence(call)

    def _take(self, call, dn, device_id):
        legs = call.legs_of(dn, RINGING)
        leg = next((one for one in legs if one.device.device_id == device_id), legs[0])
        if device_id and leg.device.device_id != device_id:
            raise Refused("NotFound", f"{device_id} does not ring")
        now = self.clock.now()
        for other in legs:
            if other is not leg:
                self._remove(other)
        if call.caller == dn and call.outside != CONNECTED and not call.answered:
            # The MakeCall service: having picked up, he dials.
            self._dial_after_pickup(call, leg)
            return
        share = call.open_share(dn)
        if share.transferred_from in call.talking():
            self._leave(call, share.transferred_from)
        for other in call.ringing():
            if other != dn:
                self._stop_ringing(call, other, "elsewhere")
        leg.status = CONNECTED
        call.answered = call.answered or now
        share.answered = now
        self._tell("upsert", leg)
        for caller in call.legs_of(call.caller, DIALING):
            caller.status = CONNECTED
            call.open_share(call.caller).answered = now
            self._tell("upsert", caller)
        self._tell("changed", call)

    def _dial_after_pickup(self, call, leg):
        leg.status = DIALING
        self._tell("upsert", leg)
        if call.is_external:
            call.outside = RINGING
            self._be_patient(call, RING_SECONDS)
            self._tell("changed", call)
        else:
            self._call_in(call, call.number, None)

    def _outside_takes(self, call):
        now = self.clock.now()
        call.outside, call.answered = CONNECTED, now
        for leg in call.legs_of(call.caller):
            leg.status = CONNECTED
            call.open_share(leg.dn).answered = now
            self._tell("upsert", leg)
        self._tell("changed", call)

    def _others(self, call, dn):
        return [leg for leg in call.legs.values() if leg.dn != dn]

    def _stop_ringing(self, call, dn, outcome=""):
        """The telephones of a DN fall silent; an empty outcome is decided at the end."""
        call.refusals.add(dn)
        for leg in call.legs_of(dn, RINGING):
            self._remove(leg)
        share = call.open_share(dn)
        if share:
            share.ended, share.outcome = self.clock.now(), outcome

    def _leave(self, call, dn):
        """A DN is out of a call that goes on."""
        for leg in call.legs_of(dn):
            self._remove(leg)
        share = call.open_share(dn)
        if share:
            share.ended = self.clock.now()
            share.outcome = "answered" if share.answered else ""

    def _after_silence(self, call):
        """What becomes of a call in which a telephone fell silent."""
        if call.ringing() or call.in_voicemail:
            self._tell("changed", call)
        elif call.queue and not call.answered:
            self._wait_for_agents(call)
            self._tell("changed", call)
        elif call.talking() and call.is_external:
            self._tell("changed", call)
        else:
            self._end(call)

    def _be_patient(self, call, seconds):
        """Whoever calls gives up after these seconds, unless patience is renewed."""
        call.deadline = self.clock.now() + seconds
        self.later(seconds, self._give_up, call)

    def _give_up(self, call):
        is_due = self.clock.now() >= call.deadline
        if is_due and not call.ended and not call.answered and not call.in_voicemail:
            self._end(call)

    def _end_if(self, call, condition):
        if not call.ended and condition():
            self._end(call)

    def _remove(self, leg):
        leg.call.legs.pop(leg.id, None)
        if self.legs.pop(leg.id, None):
            self._tell("remove", leg)

    def _end(self, call):
        call.ended = self.clock.now()
        call.in_voicemail, was_recorded = False, call.in_voicemail
        for leg in tuple(call.legs.values()):
            self._remove(leg)
        call.outcome = _outcome(call, was_recorded)
        taken = [share.answered for share in call.shares if share.answered and not share.outgoing]
        for share in call.shares:
            share.ended = share.ended or call.ended
            if share.answered:
                share.outcome = "answered"
                if call.is_external:
                    share.recording_id = next(self._recording_ids)
            elif share.outgoing:
                share.outcome = "no_answer"
            elif not share.outcome:
                later = any(moment > share.ended for moment in taken)
                share.outcome = "elsewhere" if later else call.outcome
                if share.outcome in ("answered", "no_answer"):
                    share.outcome = "missed"
        del self.active[call.id]
        self.past.append(call)
        self._tell("ended", call)


def _outcome(call, was_recorded):
    """:return str: of the whole call"""
    if call.answered:
        return "answered"
    if was_recorded:
        return "voicemail"
    return "missed" if call.direction == INBOUND else "no_answer"


def _number(text):
    """:return str: a number that can be dialled, without what people put between its digits
    :raises Refused: for anything else"""
    number = re.sub(r"[\s./()-]", "", text or "")
    if not OUTSIDE.fullmatch(number):
        raise Refused("InvalidDestination", f"{text!r}: not a number")
    return number


def device_id(leg):
    """:return str: of the telephone of a leg"""
    return leg.device.device_id if leg.device else UNREGISTERED
