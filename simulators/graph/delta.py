"""Delta: what changed in a folder, page by page, since a link that was given before."""

import secrets
from collections import OrderedDict
from dataclasses import dataclass, field

from . import odata
from .errors import GraphError, bad_request
from .messages import READ
from .render import PROPERTY_NAMES, View

_PAGE, _LARGEST_PAGE = 10, 1000
_FILTERED = 5000  # messages that a filtered delta gives at most
_KEPT = 20_000  # tokens
_CHANGES = ("created", "updated", "deleted")


@dataclass
class _State:
    """What a token stands for."""

    mailbox: object
    folder: str
    since: int  # last change of the round before; -1: everything there is
    path: str
    names: set
    change_type: str = ""
    extended: list = None
    attachments: bool = False
    filtering: object = None
    newest_first: bool = False
    top: int = 0
    until: int = 0
    items: list = field(default_factory=list)  # kind and Message, or the removed one's two ids
    offset: int = 0
    empty: int = 0


class Delta:
    """:param Simulator simulator: whose faults befall it"""

    routes = (("GET", "users/*/mailFolders/*/messages/delta", "get"),)

    def __init__(self, simulator):
        self.simulator = simulator
        self.whole_updates = False
        self._states = OrderedDict()
        self._dead = {}

    async def get(self, call, _user, folder):
        call.needs(*READ)
        token = call.option("deltatoken")
        skip = call.option("skiptoken")
        if token or skip:
            state = self._known(call, token or skip)
            if token:
                state = self._next_round(state)
        else:
            state = self._first(call, folder)
        return self._page(call, state)

    def forget(self, how):
        """:param str how: ``gone``: 410, begin anew; ``sync_state``: the state is not found"""
        self._dead.update(dict.fromkeys(self._states, how))
        self._states.clear()

    def _known(self, call, token):
        state = self._states.get(token)
        if state is not None:
            return state
        if self._dead.get(token) == "gone":
            location = f"{call.base}{call.request.path.partition('/v1.0')[2]}?$deltatoken="
            raise GraphError(
                410,
                "resyncRequired",
                "Resync required. The sync state is no longer valid; begin anew.",
                {"Location": location},
            )
        raise GraphError(
            400,
            "SyncStateNotFound",
            "The sync state generation is not found; generation=1609;[highest=1612].",
        )

    def _keep(self, state):
        token = secrets.token_urlsafe(180)
        self._states[token] = state
        while len(self._states) > _KEPT:
            self._states.popitem(last=False)
        return token

    # -- rounds --------------------------------------------------------------------------------
    def _first(self, call, folder):
        if call.option("search") is not None:
            raise bad_request("$search is not supported by delta.", "ErrorInvalidUrlQuery")
        if call.option("skip") is not None:
            raise bad_request("$skip is not supported by delta.", "ErrorInvalidUrlQuery")
        filtering = odata.Filter(call.option("filter"))
        text = (call.option("filter") or "").lower()
        if filtering.names not in ([], ["receiveddatetime"]) or " l" in text or " eq " in text:
            raise bad_request(
                "Delta filters by receivedDateTime ge or gt only.", "ErrorInvalidUrlQueryFilter"
            )
        ordering = odata.order(call.option("orderby"))
        if ordering not in ([], [("receiveddatetime", True)]):
            raise bad_request(
                "Delta is ordered by receivedDateTime desc only.", "ErrorInvalidUrlQuery"
            )
        change_type = (call.option("changetype") or "").lower()
        if change_type and change_type not in _CHANGES:
            raise bad_request("changeType is not known.", "ErrorInvalidUrlQuery")
        view = call.view()
        state = _State(
            call.mailbox,
            call.mailbox.folder(folder).id,
            since=-1,
            path=f"users('{call.mailbox.guid}')/mailFolders('{folder}')/messages/delta",
            names=view.names,
            change_type=change_type,
            extended=view.extended,
            attachments=view.attachments,
            filtering=filtering if filtering.names else None,
            newest_first=bool(ordering),
            top=odata.whole(call.option("top"), 0, _LARGEST_PAGE),
        )
        return self._fill(state)

    def _next_round(self, state):
        copied = {
            name: getattr(state, name)
            for name in (
                "mailbox", "folder", "path", "names", "change_type", "extended", "attachments",
                "filtering", "newest_first", "top",
            )
        }  # fmt: skip
        return self._fill(_State(since=state.until, **copied))

    def _fill(self, state):
        """What the round tells is settled now; how it is told when its page is asked for."""
        mailbox = state.mailbox
        folder = mailbox.folders.get(state.folder)
        if folder is None:
            raise GraphError(404, "ErrorItemNotFound", "The folder was deleted.")
        state.until = mailbox.changes
        state.empty = self.simulator.faults.empty_pages
        changed = [one for one in folder.messages.values() if one.changed > state.since]
        if state.filtering:
            changed = odata.ordered(filter(state.filtering, changed), [("receiveddatetime", True)])
            changed = changed[:_FILTERED]
        elif state.newest_first:
            changed = odata.ordered(changed, [("receiveddatetime", True)])
        if not state.newest_first:
            # No order is promised, so nobody shall find one.
            changed.sort(key=lambda message: message.key)
        items = []
        is_initial = state.since < 0
        for message in changed:
            kind = "created" if message.entered > state.since else "updated"
            if is_initial or state.change_type in ("", kind):
                items.append((kind, message))
                if self.simulator.faults.repeats():
                    items.append((kind, message))
        if not is_initial and state.change_type in ("", "deleted"):
            items += [
                ("deleted", removed)
                for removed in folder.removals
                if removed[0] > state.since and removed[1].key not in folder.messages
            ]
        state.items = items
        return state

    # -- pages ---------------------------------------------------------------------------------
    def _page(self, call, state):
        preferred = odata.whole(call.preferences.get("odata.maxpagesize"), 0, _LARGEST_PAGE)
        size = preferred or state.top or _PAGE
        view = View(
            state.names,
            call.preferences,
            state.extended,
            state.attachments,
            call.exchange.unsafe_html,
        )
        content = {"@odata.context": f"{call.base}/$metadata#Collection(message)"}
        if state.empty:
            following = _copied(state, state.offset, state.empty - 1)
            shown = []
        else:
            following = _copied(state, state.offset + size, 0)
            shown = [
                one
                for kind, what in state.items[state.offset : state.offset + size]
                if (one := self._shown(state, view, kind, what))
            ]
        is_last = following.offset >= len(state.items) and not state.empty
        kind = "deltaLink" if is_last else "nextLink"
        word = "$deltatoken" if is_last else "$skiptoken"
        content[f"@odata.{kind}"] = f"{call.base}/{state.path}?{word}={self._keep(following)}"
        content["value"] = shown
        return call.answer(content)

    def _shown(self, state, view, kind, what):
        if kind == "deleted":
            _change, message, default_id = what
            key = message.key if view.is_immutable else default_id
            return {
                "@odata.type": "#microsoft.graph.message",
                "id": key,
                "@removed": {"reason": "deleted"},
            }
        message = what
        if message.is_hidden or not message.folder or message.folder.id != state.folder:
            return None  # it left since; the next round tells so
        if message.key not in message.folder.messages:
            return None
        only = None
        if kind == "updated" and not self.whole_updates:
            # At least what changed, and often no more than that.
            only = {
                PROPERTY_NAMES[name.lower()]
                for name, change in message.touched.items()
                if change > state.since and name.lower() in PROPERTY_NAMES
            }
        return {"@odata.type": "#microsoft.graph.message", **view.message(message, only)}


def _copied(state, offset, empty):
    return _State(**{**vars(state), "offset": offset, "empty": empty})
