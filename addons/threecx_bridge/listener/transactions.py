"""What the listener reads and writes: each function is one transaction (`Database.run`)."""

from dataclasses import dataclass, field
from datetime import timedelta

from odoo import fields
from odoo.fields import Domain

from ..threecx.report import CallReport
from .presence import IDLE, Presence, PresenceBoard

#: Shares that began longer ago are no longer asked after.
OLDEST_OPEN = timedelta(days=1)
#: A call that is going on comes into the call log when it ends: the log is asked once more then.
SECOND_LOOK = timedelta(minutes=3)
#: So many of them to come are enough, should the line break all the time.
ENOUGH_LOOKS = 2
#: The last success is not written anew with each sign of life.
SUCCESS_EVERY = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Target:
    """A PBX to follow; when anything in here changes, it is followed anew."""

    id: int
    name: str
    settings: tuple = field(default=(), repr=False)
    """Address and credentials."""


def targets(env) -> dict[int, Target]:
    """Return the PBXs that shall be followed, by their database id."""
    try:
        pbxs = env["threecx.pbx"]
    except KeyError:  # not installed, or not yet
        return {}
    names = ("url", "client_id", "client_secret", "ca_bundle")
    found = pbxs.search([("listener_enabled", "=", True)])
    return {
        pbx.id: Target(pbx.id, pbx.name, tuple(pbx[name] for name in names))
        for pbx in found
        if pbx.url and pbx.client_id and pbx.client_secret
    }


def api(env, pbx_id: int):
    """Return what speaks to the PBX; it outlives the transaction."""
    return env["threecx.pbx"].browse(pbx_id)._api()


def open_shares(env, pbx_id: int) -> list[CallReport]:
    """Return the last reports of the shares that have not ended, as far as is known, and of the
    others of the same calls."""
    legs = env["threecx.call.leg"]
    ours = (
        Domain("pbx_id", "=", pbx_id)
        & Domain("source", "=", "listener")
        & Domain("started", ">=", fields.Datetime.now() - OLDEST_OPEN)
    )
    is_open = Domain("state", "!=", "ended") | Domain("outcome", "=", False)
    found = legs.search(ours & is_open)
    calls = set(found.mapped("call_ref")) - {False}
    found |= legs.search(ours & Domain("call_ref", "in", list(calls)))
    return [leg._to_report() for leg in found.sorted("id")]


def record(env, pbx_id: int, report: CallReport, board: PresenceBoard) -> None:
    """Write what one report says, and what its extension does now."""
    env["threecx.call"]._record(env["threecx.pbx"].browse(pbx_id), report)
    if report.extension:
        _show(env, pbx_id, {report.extension: board.of(report.extension)})


def connected(env, pbx_id: int, board: PresenceBoard, registered: dict[str, bool]) -> None:
    """Note that the whole state of the PBX is known again.

    :param registered: by extension, whether one of its telephones is signed in
    """
    pbx = env["threecx.pbx"].browse(pbx_id)
    pbx.last_event = fields.Datetime.now()
    pbx._set_healthy()
    for extension in pbx.extension_ids:
        is_registered = registered.get(extension.number, False)
        if extension.registered != is_registered:
            extension.registered = is_registered
    idle = {number: Presence() for number in pbx.extension_ids.mapped("number")}
    _show(env, pbx_id, idle | board.busy())
    ask_call_log(env)


def disconnected(env, pbx_id: int) -> None:
    """Note that nobody knows any more who is on the phone."""
    busy = Domain("pbx_id", "=", pbx_id) & Domain("state", "!=", IDLE)
    env["threecx.extension"].search(busy).write({"state": IDLE, "since": False})


def beat(env, pbx_id: int) -> None:
    """Note that the PBX is being followed."""
    pbx = env["threecx.pbx"].browse(pbx_id)
    pbx._stamp("last_event")
    limit = fields.Datetime.now() - SUCCESS_EVERY
    if pbx.health == "ok" and pbx.last_success and pbx.last_success < limit:
        pbx._set_healthy()


def failing(env, pbx_id: int, error: Exception) -> None:
    """Note that the PBX cannot be followed.

    :param error: says why, for people
    """
    env["threecx.pbx"].browse(pbx_id)._set_failing(error)
    disconnected(env, pbx_id)


def incomplete(env, pbx_id: int) -> None:
    """Note that a report could not be written, and let the call log bring it."""
    message = env._("A live event could not be kept; the call log brings the call.")
    env["threecx.pbx"].browse(pbx_id)._set_warning(message)
    ask_call_log(env)


def ask_call_log(env) -> None:
    """Let the call log fill what was not seen, though not all the time when the line is bad."""
    cron = env.ref("threecx_bridge.ir_cron_backfill")
    now = fields.Datetime.now()
    waiting = Domain("cron_id", "=", cron.id) & Domain("call_at", ">", now)
    if env["ir.cron.trigger"].search_count(waiting) >= ENOUGH_LOOKS:
        return
    cron._trigger(at=[now, now + SECOND_LOOK])


def _show(env, pbx_id: int, presences: dict[str, Presence]) -> None:
    """Write what extensions do, where that changed."""
    domain = Domain("pbx_id", "=", pbx_id) & Domain("number", "in", list(presences))
    for extension in env["threecx.extension"].search(domain):
        presence = presences[extension.number]
        values = {"state": presence.state, "since": presence.since or False}
        if any(extension[name] != value for name, value in values.items()):
            extension.write(values)
