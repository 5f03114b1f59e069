"""Messages and folders: listing, reading, marking, moving, removing."""

from aiohttp import web

from . import mime, odata, render
from .call import Call
from .errors import GraphError, bad_request
from .writing import apply

READ = ("Mail.ReadWrite", "Mail.Read")
WRITE = ("Mail.ReadWrite",)
_PAGE, _LARGEST_PAGE = 10, 1000


class Messages:
    """What Graph offers of ``messages`` and ``mailFolders``."""

    routes = (
        ("GET", "users/*", "user"),
        ("GET", "users/*/mailFolders", "folders"),
        ("POST", "users/*/mailFolders", "add_folder"),
        ("GET", "users/*/mailFolders/*", "folder"),
        ("GET", "users/*/mailFolders/*/childFolders", "children"),
        ("POST", "users/*/mailFolders/*/childFolders", "add_child"),
        ("GET", "users/*/messages", "list_all"),
        ("GET", "users/*/mailFolders/*/messages", "list_folder"),
        ("GET", "users/*/messages/*", "get"),
        ("PATCH", "users/*/messages/*", "change"),
        ("DELETE", "users/*/messages/*", "delete"),
        ("POST", "users/*/messages/*/move", "move"),
        ("GET", "users/*/messages/*/$value", "raw"),
        ("POST", "users/*/translateExchangeIds", "translate"),
    )

    # -- people and folders --------------------------------------------------------------------
    async def user(self, call: Call, _user):
        mailbox = call.mailbox
        content = {
            "@odata.context": f"{call.base}/$metadata#users/$entity",
            "id": mailbox.guid,
            "displayName": mailbox.person.name,
            "mail": mailbox.address,
            "userPrincipalName": mailbox.address,
        }
        names = odata.select(call.option("select"))
        if names:
            content = {
                name: value
                for name, value in content.items()
                if name.startswith("@") or name.lower() in names
            }
        return call.answer(content)

    async def folders(self, call, _user):
        call.needs(*READ)
        return self._folder_list(call, call.mailbox.children(call.mailbox.root))

    async def children(self, call, _user, folder):
        call.needs(*READ)
        return self._folder_list(call, call.mailbox.children(call.mailbox.folder(folder)))

    def _folder_list(self, call, folders):
        size = odata.whole(call.option("top"), _PAGE, _LARGEST_PAGE)
        skip = odata.whole(call.option("skip"), 0, 10**9)
        mailbox = call.mailbox
        content = {
            "@odata.context": f"{call.base}/$metadata#users('{mailbox.guid}')/mailFolders",
            "value": [render.folder(one, mailbox) for one in folders[skip : skip + size]],
        }
        if len(folders) > skip + size:
            content["@odata.nextLink"] = _next(call, skip + size)
        return call.answer(content)

    async def folder(self, call, _user, folder):
        call.needs(*READ)
        found = call.mailbox.folder(folder)
        context = f"{call.base}/$metadata#users('{call.mailbox.guid}')/mailFolders/$entity"
        return call.answer({"@odata.context": context, **render.folder(found, call.mailbox)})

    async def add_folder(self, call, _user):
        return await self._add(call, call.mailbox.root)

    async def add_child(self, call, _user, folder):
        return await self._add(call, call.mailbox.folder(folder))

    async def _add(self, call, parent):
        call.needs(*WRITE)
        name = str((await call.body()).get("displayName") or "")
        if any(one.name == name for one in call.mailbox.children(parent)):
            raise GraphError(
                409, "ErrorFolderExists", "A folder with the specified name already exists."
            )
        folder = call.mailbox.add_folder(name, parent)
        return call.answer(render.folder(folder, call.mailbox), 201)

    # -- lists ---------------------------------------------------------------------------------
    async def list_all(self, call, _user):
        call.needs(*READ)
        return self._list(call, call.mailbox.messages.values(), "messages")

    async def list_folder(self, call, _user, folder):
        call.needs(*READ)
        found = call.mailbox.folder(folder)
        return self._list(call, found.messages.values(), f"mailFolders('{folder}')/messages")

    def _list(self, call, messages, what):
        if call.option("search") is not None:
            raise bad_request("The simulator does not search.", "ErrorInvalidOperation")
        view = call.view()
        filtering = odata.Filter(call.option("filter"))
        ordering = odata.order(call.option("orderby"))
        odata.check_together(filtering, ordering)
        found = [one for one in messages if not one.is_hidden and filtering(one)]
        found = odata.ordered(found, ordering or [("receiveddatetime", True)])
        size = odata.whole(call.option("top"), 0, _LARGEST_PAGE)
        size = size or odata.whole(call.preferences.get("odata.maxpagesize"), _PAGE, _LARGEST_PAGE)
        skip = odata.whole(call.option("skip"), 0, 10**9)
        content = {"@odata.context": f"{call.base}/$metadata#users('{call.mailbox.guid}')/{what}"}
        if call.option("count") == "true":
            content["@odata.count"] = len(found)
        content["value"] = [view.message(message) for message in found[skip : skip + size]]
        if len(found) > skip + size:
            content["@odata.nextLink"] = _next(call, skip + size)
        return call.answer(content)

    # -- one message ---------------------------------------------------------------------------
    async def get(self, call, _user, key):
        call.needs(*READ)
        return call.message_answer(call.mailbox.find(key))

    async def raw(self, call, _user, key):
        call.needs(*READ)
        message = call.mailbox.find(key)
        headers = [] if message.is_draft else message.headers
        names = {name.lower() for name, _value in message.letter.headers}
        extra = [
            (name, value)
            for name, value in headers
            if name in ("Received", "Authentication-Results") and name.lower() not in names
        ]
        return web.Response(body=mime.write(message.letter, extra), content_type="text/plain")

    async def change(self, call, _user, key):
        call.needs(*WRITE)
        message = call.mailbox.find(key)
        body = await call.body()
        changed = apply(message, body)
        if changed:
            call.mailbox.touch(message, *changed)
        return call.message_answer(message)

    async def delete(self, call, _user, key):
        """To Deleted Items; from there for good."""
        call.needs(*WRITE)
        message = call.mailbox.find(key)
        remove(message)
        return web.Response(status=204)

    async def move(self, call, _user, key):
        call.needs(*WRITE)
        message = call.mailbox.find(key)
        folder = call.mailbox.folder(str((await call.body()).get("destinationId") or ""))
        call.mailbox.move(message, folder)
        return call.message_answer(message, 201)

    async def translate(self, call, _user):
        """``translateExchangeIds``, between the two kinds that REST knows."""
        call.needs("Mail.ReadWrite", "Mail.Read", "User.Read")
        body = await call.body()
        wanted = {}
        for name in ("inputIds", "targetIdType", "sourceIdType"):
            if name not in body:
                raise bad_request(f"The property '{name}' is missing.", "BadRequest")
            wanted[name] = body[name]
        kinds = ("restId", "restImmutableEntryId")
        if wanted["targetIdType"] not in kinds or wanted["sourceIdType"] not in kinds:
            raise bad_request("This kind of id is not known here.", "ErrorInvalidIdType")
        if len(wanted["inputIds"]) > 1000:
            raise bad_request("At most 1000 ids.", "ErrorInvalidArgument")
        value = []
        for source in wanted["inputIds"]:
            try:
                message = call.mailbox.find(source)
            except GraphError:
                value.append(
                    {
                        "sourceId": source,
                        "errorDetails": {
                            "code": "ErrorItemNotFound",
                            "message": "The specified object was not found in the store.",
                        },
                    }
                )
                continue
            is_immutable = wanted["targetIdType"] == "restImmutableEntryId"
            target = message.key if is_immutable else message.id
            value.append({"sourceId": source, "targetId": target})
        context = f"{call.base}/$metadata#Collection(microsoft.graph.convertIdResult)"
        return call.answer({"@odata.context": context, "value": value})


def remove(message):
    """What the key Delete does."""
    mailbox = message.mailbox
    if message.folder.well_known == "deleteditems":
        mailbox.remove(message)
    else:
        mailbox.move(message, mailbox.folder("deleteditems"))


def _next(call, skip):
    url = call.request.url.update_query({"$skip": str(skip)})
    return f"{call.request.scheme}://{call.request.host}{url.raw_path_qs}"
