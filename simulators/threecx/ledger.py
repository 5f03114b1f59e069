"""What really happened: a row for each external call, and one for each share of it."""

from .clock import iso


def row(call):
    """:param Call call: past or alive
    :return dict: moments in UTC, seconds whole"""
    talk = sum(share.talk for share in call.shares)
    return {
        "callid": call.id,
        "direction": call.direction,
        "number": call.number,
        "name": call.name,
        "caller": call.caller,
        "to": call.to,
        "did": call.did,
        "queue": call.queue,
        "state": call.state,
        "outcome": call.outcome,
        "started": iso(call.started),
        "answered": iso(call.answered),
        "ended": iso(call.ended),
        "talk_seconds": int(talk),
        "voicemail": call.outcome == "voicemail",
        "forwarded_to": call.forwarded_to,
        "recording": next((s.recording_id for s in call.shares if s.recording_id), None),
        "extensions": [
            {
                "dn": share.dn,
                "started": iso(share.started),
                "answered": iso(share.answered),
                "ended": iso(share.ended),
                "talk_seconds": int(share.talk),
                "outcome": share.outcome,
                "transferred_from": share.transferred_from,
                "recording": share.recording_id,
            }
            for share in call.shares
        ],
    }


def rows(calls, internal=False):
    """:param calls: of :class:`~simulators.threecx.call.Call`
    :param bool internal: calls between extensions as well
    :return list: of dict, the oldest first"""
    return [row(call) for call in calls if internal or call.is_external]
