"""The simulator's own API for people: who there is, and what each of them does."""

from aiohttp import web

from simulators.control import read_json

from .files import File
from .world import INBOX_APP_ID

_PROFILES = ("allowed", "refused", "none")


class PeopleControl:
    """:param Simulator simulator: whose people these are"""

    def __init__(self, simulator):
        self.simulator = simulator
        self.world = simulator.world
        self.acts = simulator.acts

    def add_routes(self, router):
        router.add_get("/sim/people", self.list)
        router.add_post("/sim/people", self.add)
        router.add_get("/sim/people/{psid}", self.thread)
        router.add_post("/sim/people/{psid}", self.change)
        for verb in (
            "messages", "edit", "react", "postback", "referral", "read", "deliver", "optin",
            "inbox", "control",
        ):  # fmt: skip
            handler = self._act(getattr(self, verb))
            router.add_post(f"/sim/people/{{psid}}/{verb}", handler)

    def _person(self, request):
        return self.world.person(request.match_info["psid"])

    def _act(self, handler):
        async def run(request):
            content = handler(self._person(request), await read_json(request))
            self.simulator.changed()
            return web.json_response(content)

        return run

    # -- who there is --------------------------------------------------------------------------
    async def list(self, _request):
        rows = []
        for person in self.world.people.values():
            last = person.thread[-1] if person.thread else None
            rows.append(
                {
                    "psid": person.psid,
                    "name": person.name,
                    "page": person.page.id,
                    "last": last.text if last else "",
                    "at": last.at if last else 0,
                    "unread": sum(one.is_ours and one.at > person.read for one in person.thread),
                }
            )
        return web.json_response(rows)

    async def add(self, request):
        """``name``; ``page`` (id), ``profile``, ``psid``, ``picture`` (as a file of a message)."""
        body = await read_json(request)
        values = {}
        if body.get("psid"):
            if str(body["psid"]) in self.world.people:
                raise ValueError("there is somebody of this id")
            values["psid"] = str(body["psid"])
        if body.get("picture"):
            values["picture"] = File.read(body["picture"])
        name = str(body.get("name") or "").strip()
        if not name:
            raise ValueError("a person has a name")
        page = self.world.pages[str(body["page"])] if body.get("page") else None
        person = self.world.add_person(name, page, **values)
        self._change(person, body)
        self.simulator.changed()
        return web.json_response({"psid": person.psid, "name": person.name, "page": person.page.id})

    def _change(self, person, body):
        if body.get("profile", person.profile) not in _PROFILES:
            raise ValueError(f"profile: {', '.join(_PROFILES)}")
        person.profile = body.get("profile", person.profile)
        person.is_blocked = bool(body.get("blocked", person.is_blocked))
        person.delivers = bool(body.get("delivers", person.delivers))

    async def change(self, request):
        """``profile``, ``blocked`` (he blocked the page), ``delivers`` (his telephone is on)."""
        person = self._person(request)
        self._change(person, await read_json(request))
        return await self.thread(request)

    async def thread(self, request):
        """What he sees; the page shows it."""
        person = self._person(request)
        content = self.world.thread_to_json(person)
        for row, message in zip(content["thread"], person.thread, strict=True):
            row["links"] = [self.simulator.files.link(one) for one in message.files]
            row["quick_replies"] = message.quick_replies
            row["buttons"] = message.buttons
        content |= {
            "page_name": person.page.name,
            "typing": person.is_typed_to,
            "now": self.simulator.clock.now(),
        }
        return web.json_response(content)

    # -- what he does --------------------------------------------------------------------------
    def messages(self, person, body):
        """``text``, ``attachments``, ``quick_reply`` (payload), ``reply_to`` (mid), ``ref`` (of
        m.me, told just before), ``ad`` (``id``, ``title``)."""
        message = self.acts.write(
            person,
            str(body.get("text") or ""),
            body.get("attachments") or (),
            str(body.get("quick_reply") or ""),
            str(body.get("reply_to") or ""),
            str(body.get("ref") or ""),
            body.get("ad"),
        )
        return {"mid": message.mid, "psid": person.psid, "timestamp": message.at}

    def edit(self, person, body):
        """``mid``, ``text``"""
        message = self.acts.edit(person, body["mid"], str(body["text"]))
        return {"mid": message.mid, "num_edit": len(message.edits)}

    def react(self, person, body):
        """``mid``, ``reaction`` or ``emoji``, ``action`` (``react``, ``unreact``)"""
        action = body.get("action", "react")
        if action not in ("react", "unreact"):
            raise ValueError("action: react or unreact")
        word = body.get("reaction") or ("other" if body.get("emoji") else "love")
        self.acts.react(person, body["mid"], word, body.get("emoji", ""), action == "unreact")
        return {"mid": body["mid"]}

    def postback(self, person, body):
        """``title``, ``payload``, ``ref``"""
        title = str(body.get("title") or "Démarrer")
        payload = str(body.get("payload") or "GET_STARTED")
        return {"mid": self.acts.press(person, title, payload, str(body.get("ref") or ""))}

    def referral(self, person, body):
        """``ref``, ``ad``"""
        self.acts.refer(person, str(body.get("ref") or ""), body.get("ad"))
        return {"psid": person.psid}

    def read(self, person, _body):
        return {"watermark": self.acts.read(person)}

    def deliver(self, person, _body):
        """His telephone, which was off, gets everything."""
        self.acts.deliver(person)
        return {"watermark": person.delivered}

    def optin(self, person, body):
        """The event's content, as it is."""
        self.acts.opt_in(person, body or {"ref": "demo"})
        return {"psid": person.psid}

    # -- what others do with his thread ----------------------------------------------------------
    def inbox(self, person, body):
        """``text``, ``attachments``: answered in the page's inbox; ``takes``: its own from then."""
        message = self.acts.answer_from_inbox(
            person,
            str(body.get("text") or ""),
            body.get("attachments") or (),
            bool(body.get("takes")),
        )
        return {"mid": message.mid, "timestamp": message.at}

    def control(self, person, body):
        """``action``: ``take`` (another application takes the thread), ``pass`` (gives it to us),
        ``request`` (asks us for it), ``release``; ``app_id`` (the inbox), ``metadata``."""
        action, metadata = body.get("action"), str(body.get("metadata") or "")
        other = str(body.get("app_id") or INBOX_APP_ID)
        if action == "take":
            self.acts.hand_over(person, other, "take_thread_control", metadata)
        elif action == "pass":
            if not self.world.owner(person):
                self.world.give(person, other)
            self.acts.hand_over(person, self.world.app_id, "pass_thread_control", metadata)
        elif action == "request":
            self.acts.ask_for(person, other, metadata)
        elif action == "release":
            self.world.give(person, "")
        else:
            raise ValueError("action: take, pass, request or release")
        return {"owner": self.world.owner(person)}
