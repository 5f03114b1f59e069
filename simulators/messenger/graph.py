"""The Graph API as a page's application sees it: which path is answered by whom."""

import re

from .call import APP, USER, Call, answer
from .conversations import Conversations
from .errors import DEATHS, MetaError, bad_parameter, unknown_object
from .events import FIELDS
from .fields import parse
from .send import SendApi
from .world import CONTROL

SCOPES = [
    "pages_show_list", "pages_messaging", "pages_manage_metadata", "pages_read_engagement",
    "business_management",
]  # fmt: skip
_NEWEST = 25  # version; newer ones are refused
_CONTROL = ("take", "pass", "request", "extend", "release")


class Graph:
    """:param Simulator simulator: whose platform this is"""

    def __init__(self, simulator):
        self.simulator = simulator
        self.world = simulator.world
        self.sending = SendApi(simulator)
        self.conversations = Conversations(simulator)

    def add_routes(self, router):
        for start in ("", r"/{version:v\d+\.\d+}"):
            router.add_get(f"{start}/oauth/access_token", self._token)
            router.add_get(start + r"/{key:me|debug_token|\d+|[tm]_[\w-]+}", self._get)
            for method, handler in (
                ("GET", self._get_edge), ("POST", self._post_edge), ("DELETE", self._delete_edge),
            ):  # fmt: skip
                path = start + r"/{key:me|\d+|[tm]_[\w-]+}/{edge:\w+}"
                router.add_route(method, path, handler)

    async def _read(self, request):
        version = request.match_info.get("version")
        if version and int(re.match(r"v(\d+)", version)[1]) > _NEWEST:
            raise MetaError(
                2635, message=f"(#2635) Invalid version {version}: it does not exist.", status=400
            )
        if self.simulator.faults.slow:
            await self.simulator.slow_down()
        return await Call.read(self.simulator, request), request.match_info["key"]

    # -- objects -------------------------------------------------------------------------------
    async def _get(self, request):
        call, key = await self._read(request)
        if key == "debug_token":
            return self._debug(call)
        if key[:2] in ("t_", "m_"):
            return self.conversations.object(call, key)
        if key == self.world.app_id and call.asker == APP:
            return answer({"id": key, "name": self.world.app_name})
        page = self.world.pages.get(key) or call.page
        if key == "me" and call.asker == USER:
            return answer({"name": "Administrateur", "id": "10001"})
        if page is not None and key in ("me", page.id):
            if call.asker != USER:
                call.of_page(key)
            # whoever may act for a page is given its own token, when he asks for it
            known = {"id": page.id, "name": page.name, "access_token": page.token}
            return answer(_chosen(call, known, ("name",)))
        return self._profile(call, key)

    def _profile(self, call, key):
        """``GET /{psid}``: often refused. :raises MetaError:"""
        person = self.world.people.get(key)
        if person is None or person.page is not call.of_page("me") or person.profile == "refused":
            raise unknown_object(key)
        if person.profile == "none":
            raise MetaError(100, 2018218)
        known = {
            "first_name": person.first_name,
            "last_name": person.last_name,
            "name": person.name,
            "id": person.psid,
        }
        if person.picture is not None:
            known["profile_pic"] = self.simulator.files.link(person.picture)
        return answer(_chosen(call, known, ("first_name", "last_name", "profile_pic")))

    def _debug(self, call):
        """``GET /debug_token``: asked by the application, or by the token itself."""
        token = str(call.values.get("input_token") or "")
        if not token:
            raise bad_parameter("The parameter input_token is required")
        data = {"app_id": self.world.app_id, "application": self.world.app_name}
        page = next((one for one in self.world.pages.values() if one.token == token), None)
        if page is None and token != self.world.user_token:
            error = {"code": 190, "message": "Invalid OAuth access token."}
            return answer({"data": {"error": error, "is_valid": False, "scopes": []}})
        data |= {"type": "PAGE" if page else "USER", "expires_at": 0, "is_valid": True,
                 "scopes": SCOPES, "user_id": "10001"}  # fmt: skip
        if page is not None:
            data["profile_id"] = page.id
            if page.dead:
                data["is_valid"] = False
                data["error"] = {
                    "code": 190,
                    "message": str(MetaError(190, DEATHS[page.dead])),
                    "subcode": DEATHS[page.dead],
                }
        return answer({"data": data})

    async def _token(self, request):
        """``GET /oauth/access_token``: the application's, or a user's that lives longer."""
        values, world = request.query, self.world
        known = (world.app_id, world.app_secret)
        if (values.get("client_id"), values.get("client_secret")) != known:
            raise MetaError(1, message="Error validating client secret.", status=400)
        if values.get("grant_type") == "client_credentials":
            token = f"{world.app_id}|{world.app_secret}"
            return answer({"access_token": token, "token_type": "bearer"})
        if values.get("grant_type") == "fb_exchange_token":
            if values.get("fb_exchange_token") != world.user_token:
                raise MetaError(190, message="Invalid OAuth access token.")
            return answer(
                {"access_token": world.user_token, "token_type": "bearer", "expires_in": 5_183_944}
            )
        raise bad_parameter("Param grant_type is unknown")

    # -- edges ---------------------------------------------------------------------------------
    async def _get_edge(self, request):
        call, key = await self._read(request)
        edge = request.match_info["edge"]
        if edge == "conversations":
            return self.conversations.list(call, key)
        if edge == "messages" and key[:2] == "t_":
            return self.conversations.messages(call, key)
        if edge == "subscribed_apps":
            return self._subscribed(call.of_page(key))
        if edge == "thread_owner":
            return self._owner(call, call.of_page(key))
        if edge == "accounts" and call.asker == USER:
            return self._accounts()
        if edge == "subscriptions" and key == self.world.app_id:
            return self._subscriptions(call)
        raise self._unknown(key, edge)

    async def _post_edge(self, request):
        call, key = await self._read(request)
        edge = request.match_info["edge"]
        if edge == "messages":
            return await self.sending.send(call, key)
        if edge in ("message_attachments", "message_attachment"):
            return await self.sending.upload(call, key)
        if edge == "subscribed_apps":
            return self._subscribe(call, call.of_page(key))
        what, _line, rest = edge.partition("_")
        if rest == "thread_control" and what in _CONTROL:
            return self._control(call, call.of_page(key), what)
        if edge == "subscriptions" and key == self.world.app_id:
            return await self._register(call)
        raise self._unknown(key, edge)

    async def _delete_edge(self, request):
        call, key = await self._read(request)
        if request.match_info["edge"] == "subscribed_apps":
            call.of_page(key).fields = None
            return answer({"success": True})
        raise self._unknown(key, request.match_info["edge"])

    def _unknown(self, key, edge):
        return MetaError(2500, message=f"Unknown path components: /{key}/{edge}", status=400)

    # -- who is told ---------------------------------------------------------------------------
    def _subscribed(self, page):
        data = []
        if page.fields is not None:
            row = {"link": "https://odoo.example/", "name": self.world.app_name,
                   "id": self.world.app_id, "subscribed_fields": list(page.fields)}  # fmt: skip
            data.append(row)
        return answer({"data": data})

    def _subscribe(self, call, page):
        given = call.value("subscribed_fields") or ""
        fields = given if isinstance(given, list) else str(given).split(",")
        fields = [name.strip() for name in fields if name.strip()]
        if not fields:
            raise bad_parameter("The parameter subscribed_fields is required.")
        for name in fields:
            if name not in FIELDS:
                raise bad_parameter(
                    f"Param subscribed_fields[0] must be one of {{{', '.join(FIELDS)}}} - got "
                    f'"{name}".'
                )
        page.fields = tuple(dict.fromkeys(fields))
        return answer({"success": True})

    def _subscriptions(self, call):
        """``GET /{app}/subscriptions``: asked by the application."""
        self._needs_app(call)
        courier = self.simulator.courier
        data = []
        if courier.url:
            fields = [{"name": name, "version": "v25.0"} for name in sorted(courier.fields)]
            data.append(
                {"object": "page", "callback_url": courier.url, "active": True, "fields": fields}
            )
        return answer({"data": data})

    async def _register(self, call):
        """``POST /{app}/subscriptions``: where the application is told, with the handshake."""
        self._needs_app(call)
        if call.values.get("object") != "page":
            raise bad_parameter("Param object must be page")
        fields = [one.strip() for one in str(call.values.get("fields") or "").split(",")]
        unknown = set(fields) - set(FIELDS) - {""}
        if unknown:
            raise bad_parameter(f"Param fields: {', '.join(sorted(unknown))}")
        try:
            await self.simulator.courier.verify(
                str(call.values.get("callback_url") or ""),
                str(call.values.get("verify_token") or ""),
            )
        except ValueError as error:
            raise MetaError(
                2200, message=f"(#2200) Callback verification failed: {error}"
            ) from error
        self.simulator.courier.fields = set(fields) - {""} or set(FIELDS)
        return answer({"success": True})

    def _needs_app(self, call):
        if call.asker != APP:
            text = "(#15) This method must be called with an app access_token."
            raise MetaError(15, message=text)

    def _accounts(self):
        data = [
            {"access_token": page.token, "category": "Furniture Store", "name": page.name,
             "id": page.id, "tasks": ["MESSAGING", "MODERATE", "MANAGE"]}
            for page in self.world.pages.values()
        ]  # fmt: skip
        return answer({"data": data})

    # -- who has a thread ----------------------------------------------------------------------
    def _owner(self, call, page):
        person = call.person(page, call.values.get("recipient"))
        owner = self.world.owner(person)
        data = []
        if owner:
            data.append({"thread_owner": {"app_id": owner, "expiration": int(person.owner_until)}})
        return answer({"data": data})

    def _control(self, call, page, what):
        """``POST /{page}/{take|pass|request|extend|release}_thread_control``"""
        person = call.person(page, call.object("recipient").get("id"))
        world, acts = self.world, self.simulator.acts
        metadata = str(call.values.get("metadata") or "")
        is_ours = world.owner(person) == world.app_id
        if what == "take":
            if world.is_controlled_by_another(person) and not self.simulator.is_primary:
                raise MetaError(10, message="(#10) Your app is not the primary receiver.")
            acts.hand_over(person, world.app_id, "take_thread_control", metadata)
        elif what == "request":
            acts.requests.append((person.psid, metadata))
        elif not is_ours:
            raise MetaError(10, 2018300)
        elif what == "pass":
            goal = str(call.values.get("target_app_id") or "")
            if not goal.isdigit():
                raise bad_parameter("The parameter target_app_id is required")
            acts.hand_over(person, goal, "pass_thread_control", metadata)
        elif what == "extend":
            world.give(person, world.app_id, _seconds(call.values.get("duration", CONTROL)))
        else:
            world.give(person, "")
        self.simulator.changed()
        return answer({"success": True})


def _seconds(value):
    try:
        return float(value)
    except (TypeError, ValueError) as error:
        raise bad_parameter("Param duration must be a number of seconds") from error


def _chosen(call, known, default):
    """:return dict: the fields that were asked for, as far as they are known, and the id"""
    wanted = parse(call.values.get("fields", "")) or dict.fromkeys(default)
    return {name: known[name] for name in wanted if name in known} | {"id": known["id"]}
