"""The Call Control API: extensions, their telephones and participants, and what may be done.

Shapes: call-control-examples, server/src/types.ts (DNInfo, DNDevice, CallParticipant,
CallControlResultResponse) and server/src/services/ExternalApi.service.ts (paths and bodies). The
fields ``party_did`` to ``on_behalf_of_type`` and that empty texts are "" and absent types "None"
come from payloads of live systems that qmexnetworks/3cx-zammad-bridge shows.
*Unverified*: the status of refusals, and what the MakeCall service answers.
"""

import json

from aiohttp import web

from .call import RINGING, Refused
from .calls import device_id
from .house import UNREGISTERED

# CallRequestStatus of types.ts
FAILED, REJECTED, SUCCESS = -1, 0, 1
_STATUS_NAMES = {FAILED: "Failed", REJECTED: "Rejected", SUCCESS: "Success"}
ACTIONS = (
    "drop",
    "answer",
    "divert",
    "routeto",
    "transferto",
    "attach_participant_data",
    "attach_party_data",
)


def participant(leg):
    """:return dict: CallParticipant"""
    call, house = leg.call, leg.house
    return {
        "id": leg.id,
        "status": leg.status,
        "dn": leg.dn,
        "party_caller_name": leg.party_name,
        "party_dn": leg.party_dn,
        "party_caller_id": leg.party_number,
        "party_did": call.did if call.direction == "inbound" else "",
        "device_id": device_id(leg),
        "party_dn_type": leg.party_kind,
        "direct_control": leg.direct_control,
        "originated_by_dn": leg.originated_by,
        "originated_by_type": _kind(house, leg.originated_by),
        "referred_by_dn": leg.referred_by,
        "referred_by_type": _kind(house, leg.referred_by),
        "on_behalf_of_dn": leg.on_behalf_of,
        "on_behalf_of_type": _kind(house, leg.on_behalf_of),
        "callid": call.id,
        "legid": leg.legid,
    }


def _kind(house, dn):
    return house.kind(dn) if dn else "None"


class CallControl:
    """:param Simulator simulator: whose exchange is controlled"""

    def __init__(self, simulator):
        self.simulator = simulator

    @property
    def exchange(self):
        return self.simulator.exchange

    def add_routes(self, router):
        """:param UrlDispatcher router: of the application"""
        base = "/callcontrol"
        router.add_get(base, self.all)
        router.add_get(f"{base}/ws", self.simulator.events.handle)
        router.add_get(f"{base}/{{dn}}", self.one)
        router.add_get(f"{base}/{{dn}}/devices", self.devices)
        router.add_get(f"{base}/{{dn}}/devices/{{device}}", self.device)
        router.add_post(f"{base}/{{dn}}/devices/{{device}}/makecall", self.make_call)
        router.add_post(f"{base}/{{dn}}/makecall", self.make_call)
        router.add_get(f"{base}/{{dn}}/participants", self.participants)
        router.add_get(f"{base}/{{dn}}/participants/{{id}}", self.participant)
        router.add_post(f"{base}/{{dn}}/participants/{{id}}/{{action}}", self.act)

    # -- looking -------------------------------------------------------------------------------
    async def all(self, _request):
        house = self.exchange.house
        return web.json_response([self._info(dn) for dn in house.visible()])

    async def one(self, request):
        return web.json_response(self._info(self._dn(request)))

    async def devices(self, request):
        return web.json_response(self._info(self._dn(request))["devices"])

    async def device(self, request):
        wanted = request.match_info["device"]
        for device in self._info(self._dn(request))["devices"]:
            if device["device_id"] == wanted:
                return web.json_response(device)
        raise web.HTTPNotFound

    async def participants(self, request):
        return web.json_response(self._info(self._dn(request))["participants"])

    async def participant(self, request):
        return web.json_response(participant(self._leg(request)))

    def _info(self, dn):
        """:return dict: DNInfo"""
        house = self.exchange.house
        return {
            "dn": dn,
            "type": house.kind(dn),
            "devices": [device.to_json() for device in house.devices(dn)],
            "participants": [
                participant(leg) for leg in self.exchange.legs.values() if leg.dn == dn
            ],
        }

    def _dn(self, request):
        """:raises HTTPForbidden: for what the console's list does not enumerate"""
        dn = request.match_info["dn"]
        if dn not in self.exchange.house.visible():
            raise web.HTTPForbidden
        return dn

    def _leg(self, request):
        dn, number = self._dn(request), request.match_info["id"]
        leg = self.exchange.legs.get(int(number)) if number.isdigit() else None
        if leg is None or leg.dn != dn:
            raise web.HTTPNotFound
        return leg

    # -- doing ---------------------------------------------------------------------------------
    async def make_call(self, request):
        dn = self._dn(request)
        body = await _body(request)
        chosen = request.match_info.get("device", "")
        devices = self.exchange.house.devices(dn)
        destination, timeout = body.get("destination"), body.get("timeout")
        try:
            if chosen == UNREGISTERED:
                raise Refused("NotRegistered", f"no telephone of {dn} is registered")
            if chosen or len(devices) == 1:
                leg = self.exchange.dial(dn, destination, chosen, timeout)
                return self._result(SUCCESS, "NoReason", "", participant(leg))
            # The telephones of the extension ring first; there is no leg to tell of yet.
            self.exchange.ring_first(dn, destination, timeout)
        except Refused as refusal:
            return self._refuse(refusal)
        return self._result(SUCCESS, "NoReason", "", None)

    async def act(self, request):
        action = request.match_info["action"]
        if action not in ACTIONS:
            raise web.HTTPNotFound
        leg = self._leg(request)
        body = await _body(request)
        try:
            getattr(self, f"_{action}")(leg, body)
        except Refused as refusal:
            return self._refuse(refusal)
        return self._result(SUCCESS, "NoReason", "", participant(leg))

    def _drop(self, leg, _body):
        self.exchange.drop_leg(leg)

    def _answer(self, leg, _body):
        if leg.status != RINGING:
            raise Refused("NotRinging", "answer: the participant does not ring")
        if not leg.direct_control:
            raise Refused("NotSupported", "answer: the device cannot be controlled")
        self.exchange.answer(leg.call.id, leg.dn, leg.device.device_id)

    def _divert(self, leg, body):
        self.exchange.divert(leg, body.get("destination"))

    def _routeto(self, leg, body):
        self.exchange.route(leg, body.get("destination"))

    def _transferto(self, leg, body):
        self.exchange.transfer(leg.call.id, leg.dn, body.get("destination"), blind=False)

    def _attach_participant_data(self, leg, body):
        leg.data.update(body.get("attacheddata") or {})
        self.simulator.events.attach(leg, dict(leg.data))

    def _attach_party_data(self, leg, body):
        self._attach_participant_data(leg, body)

    def _refuse(self, refusal):
        status = 404 if refusal.reason == "NotFound" else 422
        return self._result(REJECTED, refusal.reason, refusal.text, None, status)

    def _result(self, status, reason, text, result, http=200):
        """:return Response: CallControlResultResponse"""
        named = self.simulator.names_statuses
        answer = {
            "finalstatus": _STATUS_NAMES[status] if named else status,
            "reason": reason,
            "result": result,
            "reasontext": text,
        }
        return web.json_response(answer, status=http)


async def _body(request):
    """:return dict: of a request with JSON
    :raises HTTPUnsupportedMediaType, HTTPBadRequest:"""
    if request.content_type != "application/json":
        raise web.HTTPUnsupportedMediaType
    try:
        body = json.loads(await request.text() or "{}")
    except ValueError as error:
        raise web.HTTPBadRequest from error
    if not isinstance(body, dict):
        raise web.HTTPBadRequest
    return body
