"""The XAPI: users, licence, calls, history and recordings, as OData.

Paths and shapes: xapi-tutorial, swagger.yaml; what its ``*.spec.ts`` ask is answered for the parts
that are here. *Unverified*: product codes, the largest page, and how Users/Pbx.MakeCall behaves.
"""

import re
from datetime import datetime

from aiohttp import web

from .audio import recording
from .call import Refused
from .clock import iso
from .odata import ODataError, answer

BASE = "/xapi/v1"
_CODES = {
    "FREE": "3CXPSFREE",
    "SMB": "3CXPSSMB",
    "PRO": "3CXPSPROF",
    "ENT": "3CXPSPROFENT",
    "AI": "3CXPSPROFENTAI",
}
_USER = re.compile(r"Users\((?:Id=)?(\d+)\)")
_USER_BY_NUMBER = re.compile(r"Users\(Number='([^']*)'\)")
_DROP = re.compile(r"ActiveCalls\((\d+)\)/Pbx\.DropCall")
_LOG = re.compile(r"ReportCallLogData/Pbx\.GetCallLogData\((.*)\)")
_AUDIO = re.compile(r"Recordings/Pbx\.DownloadRecording\(recId=(\d+)\)")
_LOG_PARAMETERS = """periodFrom periodTo sourceType sourceFilter destinationType destinationFilter
callsType callTimeFilterType callTimeFilterFrom callTimeFilterTo hidePcalls""".split()


class Xapi:
    """:param Simulator simulator: whose house is shown"""

    def __init__(self, simulator):
        self.simulator = simulator

    def add_routes(self, router):
        router.add_get(f"{BASE}/{{tail:.+}}", self._guarded(self.read))
        router.add_post(f"{BASE}/{{tail:.+}}", self._guarded(self.act))

    def _guarded(self, handler):
        async def answer_or_explain(request):
            try:
                return await handler(request)
            except ODataError as error:
                return web.json_response(error.to_json(), status=error.status)

        return answer_or_explain

    # -- reading -------------------------------------------------------------------------------
    async def read(self, request):
        tail = request.match_info["tail"]
        log = self.simulator.call_log
        sets = {
            "Users": self.users,
            "ActiveCalls": log.active,
            "CallHistoryView": log.history,
            "Recordings": log.recordings,
        }
        if tail in sets:
            return web.json_response(answer(sets[tail](), request.query, tail))
        if tail in ("LicenseStatus", "SystemStatus"):
            status = self.licence() if tail == "LicenseStatus" else self.system()
            return web.json_response({"@odata.context": f"$metadata#{tail}", **status})
        if tail == "LastCdrAndChatMessageTimestamp":
            return web.json_response(answer([self._watermark()], request.query, tail))
        for pattern, function in (
            (_USER, lambda found: self._user("Id", int(found[1]))),
            (_USER_BY_NUMBER, lambda found: self._user("Number", found[1])),
        ):
            found = pattern.fullmatch(tail)
            if found:
                return web.json_response(function(found))
        found = _LOG.fullmatch(tail)
        if found:
            rows = self._logged(found[1])
            return web.json_response(answer(rows, request.query, "ReportCallLogData"))
        found = _AUDIO.fullmatch(tail)
        if found:
            return self._audio(int(found[1]))
        raise ODataError(404, f"No HTTP resource was found that matches '{tail}'.")

    def users(self):
        """:return list: of dict, Pbx.User"""
        exchange = self.simulator.exchange
        return [
            {
                "Id": extension.id,
                "Number": extension.number,
                "FirstName": extension.first_name,
                "LastName": extension.last_name,
                "DisplayName": extension.name,
                "EmailAddress": extension.email,
                "Mobile": "",
                "OutboundCallerID": "",
                "CurrentProfileName": "Available",
                "QueueStatus": "LoggedIn" if extension.queue_logged_in else "LoggedOut",
                "IsRegistered": bool(extension.devices),
                "Enabled": extension.enabled,
                "VMEnabled": True,
                "RecordCalls": True,
            }
            for extension in exchange.house.extensions.values()
        ]

    def _user(self, name, value):
        for user in self.users():
            if user[name] == value:
                return {"@odata.context": "$metadata#Users/$entity", **user}
        raise ODataError(404, "WARNINGS.XAPI.NOT_FOUND", name)

    def licence(self):
        """:return dict: Pbx.LicenseStatus"""
        licence = self.simulator.licence
        return {
            "Activated": True,
            "ActiveModules": ["CallControl", "XAPI", "CRM", "Recording"],
            "CompanyName": "Démo Meubles",
            "ExpirationDate": "2099-12-31T00:00:00Z",
            "LicenseActive": True,
            "LicenseKey": "DEMO-DEMO-DEMO-DEMO",
            "MaxSimCalls": licence.sim_calls,
            "ProductCode": _CODES[licence.edition],
            "SimMeetingParticipants": 100,
            "Support": True,
            "Version": licence.version,
        }

    def system(self):
        """:return dict: Pbx.SystemStatus"""
        licence, exchange = self.simulator.licence, self.simulator.exchange
        extensions = exchange.house.extensions.values()
        return {
            "Id": 0,
            "FQDN": "pbx.demo.example",
            "Version": licence.version,
            "ProductCode": _CODES[licence.edition],
            "MaxSimCalls": licence.sim_calls,
            "LicenseActive": True,
            "Activated": True,
            "CallsActive": len(exchange.active),
            "ExtensionsTotal": len(extensions),
            "ExtensionsRegistered": sum(bool(extension.devices) for extension in extensions),
            "TrunksTotal": 1,
            "TrunksRegistered": 1,
            "HasNotRunningServices": False,
            "OS": "Linux",
        }

    def _watermark(self):
        ended = [call.ended for call in self.simulator.exchange.past]
        return {"LastCdrStartedAt": iso(max(ended, default=None))}

    def _logged(self, text):
        """:param str text: parameters of GetCallLogData, all of which are needed"""
        pairs = re.findall(r"(\w+)=('(?:[^']|'')*'|[^,]*)", text)
        values = {name: value.strip("'") for name, value in pairs}
        missing = [name for name in _LOG_PARAMETERS if name not in values]
        if missing:
            raise ODataError(404, f"No HTTP resource was found: without {', '.join(missing)}")
        log = self.simulator.call_log
        return log.rows(
            _moment(values["periodFrom"]),
            _moment(values["periodTo"]),
            polled=values["hidePcalls"] == "false",
        )

    def _audio(self, number):
        for call in self.simulator.exchange.past:
            for share in call.shares:
                if share.recording_id == number:
                    name = f'attachment; filename="{number}.wav"'
                    return web.Response(
                        body=recording(share.talk),
                        content_type="audio/wav",
                        headers={"Content-Disposition": name},
                    )
        raise ODataError(404, "WARNINGS.XAPI.NOT_FOUND", "recId")

    # -- doing ---------------------------------------------------------------------------------
    async def act(self, request):
        tail = request.match_info["tail"]
        exchange = self.simulator.exchange
        found = _DROP.fullmatch(tail)
        if found:
            try:
                exchange.drop(int(found[1]))
            except Refused as refusal:
                raise ODataError(404, refusal.text, "Id") from refusal
            return web.Response(status=204)
        if tail == "Users/Pbx.MakeCall":
            return await self._make_call(request)
        raise ODataError(404, f"No HTTP resource was found that matches '{tail}'.")

    async def _make_call(self, request):
        """Names in capitals, unlike Call Control."""
        try:
            body = await request.json()
            dn, destination = str(body["dn"]), str(body["destination"])
        except (ValueError, KeyError, TypeError) as error:
            raise ODataError(400, "dn and destination are required") from error
        try:
            self.simulator.exchange.ring_first(dn, destination)
        except Refused as refusal:
            result = {
                "FinalStatus": "Failed",
                "Reason": refusal.reason,
                "ReasonText": refusal.text,
                "Result": None,
            }
        else:
            result = {
                "FinalStatus": "Success",
                "Reason": "NoReason",
                "ReasonText": "",
                "Result": None,
            }
        return web.json_response({**result, "VttId": None})


def _moment(text):
    try:
        return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()
    except ValueError as error:
        raise ODataError(400, f"Invalid moment '{text}'") from error
