"""The Conversations API: what was said while nobody listened."""

import base64
from urllib.parse import urlencode

from .call import answer
from .errors import bad_parameter, unknown_object
from .fields import parse, write
from .world import graph_moment

_PAGE, _MOST = 25, 500
_DEFAULT = {"id": ({}, {}), "updated_time": ({}, {})}
_MESSAGE = {"id": ({}, {}), "created_time": ({}, {})}


class Conversations:
    """:param Simulator simulator: whose threads are read"""

    def __init__(self, simulator):
        self.simulator = simulator
        self.world = simulator.world

    # -- calls ---------------------------------------------------------------------------------
    def list(self, call, key):
        """``GET /{page}/conversations``: the one spoken in last comes first."""
        page = call.of_page(key)
        if call.values.get("platform", "messenger").lower() != "messenger":
            return answer({"data": []})
        fields = parse(call.values.get("fields", "")) or _DEFAULT
        people = [one for one in self.world.people.values() if one.page is page and one.thread]
        if call.values.get("user_id"):
            people = [one for one in people if one.psid == str(call.values["user_id"])]
        people.sort(key=lambda one: one.thread[-1].at, reverse=True)
        keys = [one.thread_id for one in people]
        path = f"{page.id}/conversations"
        content = self._page(call, people, keys, call.values, path, fields)
        content["data"] = [self._conversation(call, one, fields) for one in content["data"]]
        return answer(content)

    def object(self, call, key):
        """``GET /{conversation}`` or ``GET /{message}``."""
        person = self.world.of_thread(key)
        if person is None or person.page is not call.of_page("me"):
            raise unknown_object(key)
        fields = parse(call.values.get("fields", ""))
        if person.thread_id == key:
            return answer(self._conversation(call, person, fields or _DEFAULT))
        return answer(self._message(person.message(key), fields or _MESSAGE))

    def messages(self, call, key):
        """``GET /{conversation}/messages``: the newest comes first."""
        person = self.world.of_thread(key)
        if person is None or person.thread_id != key or person.page is not call.of_page("me"):
            raise unknown_object(key)
        fields = parse(call.values.get("fields", "")) or _MESSAGE
        return answer(self._messages(call, person, call.values, fields))

    # -- pages ---------------------------------------------------------------------------------
    def _page(self, call, rows, keys, options, path, fields):
        """:return dict: ``data`` with a page of the rows, and ``paging``"""
        try:
            limit = min(int(options.get("limit") or _PAGE), _MOST)
        except ValueError as error:
            raise bad_parameter("Param limit must be an integer") from error
        after = options.get("after")
        begin = 0
        if after:
            known = {_cursor(key): index for index, key in enumerate(keys)}
            if after not in known:
                raise bad_parameter("Param after is no cursor of this list")
            begin = known[after] + 1
        rows, keys = rows[begin : begin + limit], keys[begin:]
        if not rows:
            return {"data": []}
        cursors = {"before": _cursor(keys[0]), "after": _cursor(keys[len(rows) - 1])}
        paging = {"cursors": cursors}
        if len(keys) > len(rows):
            query = {
                "access_token": call.token,
                "fields": write(fields),
                "limit": limit,
                "after": cursors["after"],
            }
            paging["next"] = f"{self.simulator.url}/v25.0/{path}?{urlencode(query)}"
        return {"data": rows, "paging": paging}

    def _messages(self, call, person, options, fields):
        rows = person.thread[::-1]
        keys = [one.mid for one in rows]
        content = self._page(call, rows, keys, options, f"{person.thread_id}/messages", fields)
        content["data"] = [self._message(one, fields) for one in content["data"]]
        return content

    # -- what there is -------------------------------------------------------------------------
    def _conversation(self, call, person, fields):
        content = {}
        for name, (options, inner) in fields.items():
            if name == "updated_time":
                content[name] = graph_moment(person.thread[-1].at)
            elif name == "participants":
                content[name] = {"data": [_customer(person), _page(person)]}
            elif name == "messages":
                content[name] = self._messages(call, person, options, inner or _MESSAGE)
            elif name == "message_count":
                content[name] = len(person.thread)
            elif name == "unread_count":
                content[name] = 0
            elif name == "link":
                content[name] = f"/{person.page.id}/inbox/{person.thread_id[2:]}/?section=messages"
            elif name != "id":
                raise bad_parameter(f"Tried accessing nonexisting field ({name})")
        return {**content, "id": person.thread_id}

    def _message(self, message, fields):
        person = message.person
        ends = (_customer(person), _page(person))
        sender, recipient = ends[::-1] if message.is_ours else ends
        content = {}
        for name in fields:
            if name == "created_time":
                content[name] = graph_moment(message.at)
            elif name == "from":
                content[name] = sender
            elif name == "to":
                content[name] = {"data": [recipient]}
            elif name == "message":
                content[name] = message.text
            elif name == "tags":
                content[name] = {"data": [{"name": "inbox"}, {"name": "source:messenger"}]}
            elif name == "attachments":
                if message.files:
                    content[name] = {"data": [self._file(one) for one in message.files]}
            elif name == "sticker":
                links = [self.simulator.files.link(one) for one in message.files if one.sticker_id]
                if links:
                    content[name] = links[0]
            elif name == "reply_to":
                if message.reply_to is not None:
                    content[name] = {"mid": message.reply_to.mid}
            elif name != "id":
                raise bad_parameter(f"Tried accessing nonexisting field ({name})")
        return {**content, "id": message.mid}

    def _file(self, file):
        link = self.simulator.files.link(file)
        content = {
            "id": file.id or "0",
            "mime_type": file.content_type,
            "name": file.name or file.kind,
            "size": len(file.content),
        }
        if file.kind in ("image", "sticker"):
            content["image_data"] = {
                "width": 640, "height": 480, "max_width": 640, "max_height": 480, "url": link,
                "preview_url": link, "image_type": 1, "render_as_sticker": file.kind == "sticker",
            }  # fmt: skip
        elif file.kind == "video":
            content["video_data"] = {"width": 640, "height": 480, "url": link, "preview_url": link}
        else:
            content["file_url"] = link
        return content


def _cursor(key):
    return base64.urlsafe_b64encode(f"cursor:{key}".encode()).decode().rstrip("=")


def _customer(person):
    return {"name": person.name, "email": f"{person.psid}@facebook.com", "id": person.psid}


def _page(person):
    page = person.page
    return {"name": page.name, "email": f"{page.id}@facebook.com", "id": page.id}
