"""The PBX's own records of past calls: segments of the call log, the history view, recordings.

Names and types of the fields: xapi-tutorial, swagger.yaml (Pbx.CallLogData, Pbx.CallHistoryView,
Pbx.Recording, Pbx.ActiveCall). What a live V20 writes into them is known from programs that read
one: every row has Indent 1, SegmentId 1 and CallId 1, so that only MainCallHistoryId joins the rows
of a call and only CdrId names a row; a queue's row waits ("Waiting") and was answered by another
row. *Unverified*: the numbers of DN types (0, 1, 5 and 7 are those that a reader of CallHistoryView
uses), the wording of reasons, and what voice mail looks like.
"""

import uuid
from datetime import datetime

from .clock import duration, iso, seconds

EXTENSION, EXTERNAL, VOICEMAIL, IVR, QUEUE = 0, 1, 5, 6, 7
_SPACE = uuid.UUID("5a1c2d3e-4f50-4b61-8a72-93a4b5c6d7e8")
_SPOKEN = (
    "Bonjour, je vous appelle au sujet de ma commande. Oui, je vérifie tout de suite. Merci bien.",
    "Bonjour, le canapé que vous avez livré a un accroc. Nous envoyons quelqu'un cette semaine.",
    "Bonjour, avez-vous encore la table en chêne ? Oui, il en reste deux à Namur. Parfait.",
)
_SUMMED_UP = (
    "Le client demande où en est sa commande ; réponse donnée.",
    "Le client signale un défaut ; passage du service après-vente convenu.",
    "Le client demande une disponibilité ; article en stock à Namur.",
)


class CallLog:
    """:param Exchange exchange: whose past is told
    :param Licence licence: transcripts need the AI edition
    :param bool own_ids: CallId is that of Call Control, as it was before V20"""

    def __init__(self, exchange, licence, own_ids=False):
        self.exchange = exchange
        self.licence = licence
        self.own_ids = own_ids

    def rows(self, begin=None, end=None, polled=False):
        """:param float begin, end: moments between which calls began
        :param bool polled: also agents of a queue that rang and did not take the call
        :return list: of dict, CallLogData, the newest call first"""
        return [
            row
            for call in sorted(self.exchange.past, key=lambda call: call.started, reverse=True)
            if (begin is None or call.started >= begin) and (end is None or call.started <= end)
            for row in self._rows(call, polled)
        ]

    def history(self):
        """:return list: of dict, CallHistoryView, the oldest first"""
        rows = [row for call in self.exchange.past for row in self._rows(call, False)]
        return [_view(number, row) for number, row in enumerate(rows, 1)]

    def recordings(self):
        """:return list: of dict, Recording, the oldest first"""
        found = [
            self._recording(call, share)
            for call in self.exchange.past
            for share in call.shares
            if share.recording_id
        ]
        return sorted(found, key=lambda recording: recording["Id"])

    def active(self):
        """:return list: of dict, ActiveCall"""
        return [self._active(call) for call in self.exchange.active.values()]

    def said(self, share):
        """:return tuple: transcript, summary and mood of a share; empty without the AI edition"""
        if self.licence.edition != "AI" or not share.recording_id:
            return None, None, None
        place = share.recording_id % len(_SPOKEN)
        return _SPOKEN[place], _SUMMED_UP[place], 60 + 10 * place

    # -- rows ----------------------------------------------------------------------------------
    def _rows(self, call, polled):
        rows = []
        if call.queue and call.direction != "outbound":
            rows.append(self._queue_row(call))
        for share in call.shares:
            if share.outgoing:
                rows.append(self._outgoing_row(call, share))
            elif call.direction == "internal" and not share.transferred_from and not call.queue:
                continue  # the caller's row tells it
            elif share.answered or not call.queue or share.transferred_from or polled:
                rows.append(self._incoming_row(call, share))
        if not rows:
            rows.append(self._unreached_row(call))
        if call.outcome == "voicemail":
            rows.append(self._voicemail_row(call))
        return rows

    def _row(self, call, tag, started, source, destination, **values):
        named = dict(zip(("SourceDn", "SourceCallerId", "SourceDisplayName"), source, strict=False))
        ends = ("DestinationDn", "DestinationCallerId", "DestinationDisplayName")
        named.update(zip(ends, destination, strict=False))
        main = str(uuid.uuid5(_SPACE, f"{call.id} {call.started}"))
        return {
            "MainCallHistoryId": main,
            "CallHistoryId": main,
            "CdrId": str(uuid.uuid5(_SPACE, f"{main} {tag}")),
            "CallId": call.id if self.own_ids else 1,
            "SegmentId": 1,
            "Indent": 1,
            "SubrowDescNumber": 0,
            "StartTime": iso(started),
            "SourceType": source[3],
            "DestinationType": destination[3],
            **named,
            "Direction": call.direction.capitalize(),
            "CallType": "External" if call.is_external else "Internal",
            "ActionType": 0,
            "ActionDnType": None,
            "actionDnDn": None,
            "ActionDnCallerId": None,
            "ActionDnDisplayName": None,
            "CallCost": 0,
            "QualityReport": False,
            "RecordingUrl": None,
            "SrcRecId": None,
            "DstRecId": None,
            "Transcription": None,
            "Summary": None,
            "SentimentScore": None,
            **values,
        }

    def _caller(self, call):
        """:return tuple: dn, caller id, name and type of who calls"""
        if call.direction == "inbound":
            return self.exchange.house.trunk, _shown(call.number), call.name, EXTERNAL
        return self._inside(call.caller)

    def _inside(self, dn):
        house = self.exchange.house
        return dn, dn, house.name(dn), QUEUE if dn in house.queues else EXTENSION

    def _queue_row(self, call):
        taken = next(
            (share for share in call.shares if share.answered and not share.outgoing), None
        )
        until = taken.answered if taken else call.ended
        reason = "Abandoned by the caller"
        if taken:
            name = self.exchange.house.name(taken.dn)
            reason = f"Call was replaced by {name} ({taken.dn})"
        return self._row(
            call,
            f"queue {call.queue}",
            call.started,
            self._caller(call),
            self._inside(call.queue),
            Answered=bool(taken),
            Status="Waiting" if taken else "Unanswered",
            Reason=reason,
            RingingDuration=duration(until - call.started),
            TalkingDuration=duration(0),
        )

    def _incoming_row(self, call, share):
        source = self._caller(call)
        values = {}
        if share.transferred_from:
            values["ActionDnDisplayName"] = self.exchange.house.name(share.transferred_from)
            values["actionDnDn"] = share.transferred_from
            values["ActionDnType"] = EXTENSION
            if call.direction != "inbound":
                source = self._inside(share.transferred_from)
                values["Direction"] = "Internal"
        return self._row(
            call,
            f"{share.dn} {share.started}",
            share.started,
            source,
            self._inside(share.dn),
            **{**self._talk(call, share), **values},
        )

    def _outgoing_row(self, call, share):
        if call.is_external:
            destination = (self.exchange.house.trunk, call.number, call.name, EXTERNAL)
        else:
            destination = self._inside(call.number)
        return self._row(
            call,
            f"{share.dn} {share.started}",
            share.started,
            self._inside(share.dn),
            destination,
            **self._talk(call, share),
        )

    def _unreached_row(self, call):
        return self._row(
            call,
            "unreached",
            call.started,
            self._caller(call),
            self._inside(call.to or call.number),
            Answered=False,
            Status="Unanswered",
            Reason="Not registered",
            RingingDuration=duration(call.ended - call.started),
            TalkingDuration=duration(0),
        )

    def _voicemail_row(self, call):
        began = max((share.ended for share in call.shares), default=call.started)
        dn, number, name, _type = self._inside(call.shares[-1].dn if call.shares else call.to)
        return self._row(
            call,
            "voicemail",
            began,
            self._caller(call),
            (dn, number, f"Voicemail of {name}", VOICEMAIL),
            Answered=True,
            Status="Answered",
            Reason="Voicemail",
            RingingDuration=duration(0),
            TalkingDuration=duration(call.ended - began),
        )

    def _talk(self, call, share):
        ringing = (share.answered or share.ended) - share.started
        transcript, summary, mood = self.said(share)
        values = {
            "Answered": bool(share.answered),
            "Status": "Answered" if share.answered else "Unanswered",
            "Reason": f"Terminated by {_shown(call.number) or 'the caller'}",
            "RingingDuration": duration(ringing),
            "TalkingDuration": duration(share.talk),
            "Transcription": transcript,
            "Summary": summary,
            "SentimentScore": mood,
        }
        if share.recording_id:
            side = "SrcRecId" if share.outgoing else "DstRecId"
            values |= {"RecordingUrl": recording_file(call, share), side: share.recording_id}
        return values

    def _recording(self, call, share):
        sides = [self._inside(share.dn), (self.exchange.house.trunk, call.number, call.name, 1)]
        if not share.outgoing:
            sides.reverse()
        transcript, summary, mood = self.said(share)
        recording = {
            "Id": share.recording_id,
            "CallType": "OutboundExternal" if share.outgoing else "InboundExternal",
            "StartTime": iso(share.answered),
            "EndTime": iso(share.ended),
            "RecordingUrl": recording_file(call, share),
            "ArchivedUrl": None,
            "IsArchived": False,
            "RefParticipantId": None,
            "Transcription": transcript,
            "Summary": summary,
            "SentimentScore": mood,
        }
        for side, (dn, number, name, kind) in zip(("From", "To"), sides, strict=True):
            recording |= {
                f"{side}Dn": dn,
                f"{side}CallerNumber": number,
                f"{side}DisplayName": name,
                f"{side}DnType": kind,
                f"{side}DidNumber": call.did if side == "To" and call.did else None,
                f"{side}CrmContact": call.contact.get("name") if kind == EXTERNAL else None,
                f"{side}IdParticipant": None,
            }
        return recording

    def _active(self, call):
        house = self.exchange.house
        outside = f"{house.trunk} ({_shown(call.number)})"
        inside = call.talking() or call.ringing() or [call.queue or call.to or call.caller]
        caller = (
            outside if call.direction == "inbound" else f"{call.caller} {house.name(call.caller)}"
        )
        callee = (
            outside if call.direction == "outbound" else f"{inside[-1]} {house.name(inside[-1])}"
        )
        return {
            "Id": call.id,
            "Caller": outside if call.direction == "inbound" else caller,
            "Callee": outside if call.direction == "outbound" else callee,
            "Status": "Talking" if call.answered else "Routing",
            "EstablishedAt": iso(call.answered or call.started),
            "LastChangeStatus": iso(call.answered or call.started),
            "ServerNow": iso(self.exchange.clock.now()),
        }


def recording_file(call, share):
    """:return str: where the PBX keeps a recording, below its directory of recordings"""
    moment = iso(share.answered).translate(str.maketrans("", "", "-:TZ"))[:14]
    return f"{share.dn}/[{call.name}]_{share.dn}-{call.number}_{moment}({share.recording_id}).wav"


def _shown(number):
    return number or "anonymous"


def _view(number, row):
    """:return dict: CallHistoryView of a row"""
    began = datetime.fromisoformat(row["StartTime"].replace("Z", "+00:00")).timestamp()
    lasted = seconds(row["RingingDuration"]) + seconds(row["TalkingDuration"])
    view = {
        "SegmentId": number,
        "SegmentStartTime": row["StartTime"],
        "SegmentEndTime": iso(began + lasted),
        "SegmentType": 1,
        "SegmentActionId": 6 if row["Answered"] else 1,
        "CallAnswered": row["Answered"],
        "CallTime": row["TalkingDuration"],
    }
    for short, long in (("Src", "Source"), ("Dst", "Destination")):
        outside = row[f"{long}Type"] == EXTERNAL
        view |= {
            f"{short}Dn": row[f"{long}Dn"],
            f"{short}DnType": row[f"{long}Type"],
            f"{short}CallerNumber": row[f"{long}CallerId"],
            f"{short}DisplayName": row[f"{long}DisplayName"],
            f"{short}ExtendedDisplayName": row[f"{long}DisplayName"],
            f"{short}External": outside,
            f"{short}Internal": not outside,
            f"{short}Id": number,
            f"{short}ParticipantId": number,
            f"{short}RecId": row[f"{short}RecId"],
        }
    return view
