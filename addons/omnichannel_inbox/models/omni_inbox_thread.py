import re
from contextlib import suppress

from markupsafe import Markup

from odoo import api, models
from odoo.exceptions import AccessError
from odoo.fields import Domain
from odoo.tools import format_datetime, html2plaintext, html_sanitize

from ..mailbody import render_body
from ..providers.base import FailureType
from .omni_inbox import CASE_MODEL

#: Messages at the end of a thread that come rendered; older ones are rendered when they are opened.
RENDERED = 5
#: Pictures a browser can show without being told anything by them.
PICTURES = ("image/png", "image/jpeg", "image/gif", "image/webp")
#: A picture within a text of ours: before its address, its number, behind.
OWN_PICTURE = re.compile(
    r"""(\bsrc\s*=\s*["'])(?:[^"'<>]{0,200})?/(?:web/image|omni/attachment)/(\d{1,12})(?!\d)"""
    r"""[^"'<>]{0,200}(["'])""",
    re.IGNORECASE,
)
#: What of a ticket's chatter stands in the thread.
NOTE_TYPES = ("comment", "notification", "auto_comment")


class OmniInbox(models.AbstractModel):
    """The thread of a ticket: messages of all its conversations, and the notes among them, in the
    order of the providers' clocks."""

    _inherit = "omni.inbox"

    # === RPC === #

    @api.model
    @api.readonly
    def get_thread(self, case_id, before=False, limit=50):
        """A ticket with the newest of its messages, or with those before one of them.

        :param str before: ``key`` of a message: older ones are asked for
        :rtype: dict
        """
        case = self._case(case_id)
        limit = max(1, min(int(limit), 200))
        messages, has_more = self._messages(case, before, limit)
        if before:
            return {"messages": messages, "has_more": has_more}
        draft = self.env["omni.draft"]._of(case)
        conversations = self._conversations(case)
        newest = conversations[:1]
        waiting = conversations._unanswered_since(with_leaving=True)
        datas = [
            {
                **self._conversation_data(conversation),
                "waits": self._iso(waiting.get(conversation)),
            }
            for conversation in conversations
        ]
        self._add_next(case, conversations, datas)
        return {
            "item": self._items(case)[0],
            "conversations": datas,
            "joins": self._joins_data(case),
            "messages": messages,
            "has_more": has_more,
            "draft": self._draft_data(draft),
            "viewers": self.env["omni.presence"]._viewers(case).get(case.id, []),
            "basis": draft.basis or self._basis(case, conversations),
            "is_neutralized": self._is_neutralized(),
            "signature": self._signature(newest.channel_id) if newest else "",
            "activities": self._activities(case),
            "undo": self._last_undo(case),
        }

    @api.model
    def get_message_html(self, message_id, remote=False, remember=False):
        """A message as it is shown in its frame.

        :param int message_id: `omni.message`
        :param bool remote: load its pictures from other machines
        :param bool remember: nobody need ask again, for whatever this sender writes
        :return: ``{"html", "quote", "has_remote"}``
        :rtype: dict
        """
        message = self._message(message_id)
        if remote and remember and not self._is_remote_allowed(message):
            # of us there is no identity: it is only about this message
            (message.author_identity_id or message).allow_remote = True
        return self._rendered(message, bool(remote) or self._is_remote_allowed(message))

    @api.model
    def _is_remote_allowed(self, message):
        """Whether the pictures of a message may be loaded from other machines.

        :param message: `omni.message`, sudo
        :rtype: bool
        """
        return message.allow_remote or message.author_identity_id.allow_remote

    # === MESSAGES === #

    @api.model
    def _message(self, message_id, operation="read"):
        """A message: of a ticket that the user sees, or, of no ticket, one that he sees himself.

        :param str operation: what he must be allowed to do with the ticket
        :rtype: recordset of `omni.message`, sudo
        :raise AccessError: it is neither
        """
        self._check_user()
        # sudo: see _conversations; what it belongs to is checked here
        message = self.env["omni.message"].sudo().browse(int(message_id)).exists()
        conversation = message.conversation_id
        if conversation.case_model == CASE_MODEL and conversation.case_id:
            self._cases([conversation.case_id], operation)
        else:
            message.sudo(False).check_access("read")
        return message

    @api.model
    def _messages(self, case, before, limit):
        """Messages and notes of a ticket, the oldest first.

        :param str before: key of a message, or False
        :return: them, and whether there are older ones
        :rtype: tuple[list[dict], bool]
        """
        cursor = self._cursor(case, before)
        conversations = self._conversations(case)
        talk = conversations.env["omni.message"].search(
            Domain("conversation_id", "in", conversations.ids)
            # what was taken back before anybody tried to send it never was
            & (Domain("state", "!=", "cancelled") | Domain("failure_reason", "!=", False))
            & self._before(cursor, "sent", rank=0),
            order="sent DESC, sequence DESC, id DESC",
            limit=limit + 1,
        )
        # sudo: whoever sees the ticket sees its notes; `_case` has made sure of it
        notes = (
            self.env["mail.message"]
            .sudo()
            .search(
                Domain("model", "=", CASE_MODEL)
                & Domain("res_id", "=", case.id)
                & Domain("message_type", "in", NOTE_TYPES)
                & self._before(cursor, "date", rank=1),
                order="date DESC, id DESC",
                limit=limit + 1,
            )
        )
        moments = conversations.env["omni.moment"].search(
            Domain("conversation_id", "in", conversations.ids)
            & self._before(cursor, "occurred", rank=2),
            order="occurred DESC, id DESC",
            limit=limit + 1,
        )
        merged = sorted(
            [((row.sent, 0, row.sequence, row.id), row) for row in talk]
            + [((row.date, 1, 0, row.id), row) for row in notes]
            + [((row.occurred, 2, 0, row.id), row) for row in moments],
            key=lambda pair: pair[0],
        )
        has_more = len(merged) > limit
        rows = [row for _key, row in merged[-limit:]]
        shown = talk.browse([row.id for row in rows if row._name == "omni.message"])
        rendered = set() if before else set(shown[-RENDERED:].ids)
        messages = [self._row_data(row, rendered) for row in rows]
        return [message for message in messages if message], has_more

    @api.model
    def _row_data(self, row, rendered):
        """One line of the thread, whatever it is.

        :param set rendered: ids of the messages that come with their HTML
        :return: None when it says nothing
        :rtype: dict | None
        """
        if row._name == "omni.message":
            return self._message_data(row, row.id in rendered)
        if row._name == "omni.moment":
            return self._moment_data(row)
        return self._note_data(row)

    @api.model
    def _cursor(self, case, key):
        """Where in the thread a message stands.

        :param str key: as in the answer of `get_thread`
        :return: ``(moment, rank, sequence, id)``, None when there is no such message
        """
        kind, number = str(key or "")[:1], str(key or "")[1:]
        if not number.isdigit():
            return None
        if kind == "m":
            conversations = self._conversations(case)
            row = conversations.omni_message_ids.browse(int(number)).exists()
            row = row.filtered(lambda one: one.conversation_id in conversations)
            return row and (row.sent, 0, row.sequence, row.id) or None
        if kind == "e":
            # sudo: of a ticket that the user sees, which the next line checks
            row = self.env["omni.moment"].sudo().browse(int(number)).exists()
            row = row.filtered(lambda one: one.conversation_id in self._conversations(case))
            return row and (row.occurred, 2, 0, row.id) or None
        domain = [("id", "=", int(number)), ("model", "=", CASE_MODEL), ("res_id", "=", case.id)]
        # sudo: a note of a ticket that the user sees
        row = self.env["mail.message"].sudo().search(domain)
        return row and (row.date, 1, 0, row.id) or None

    @api.model
    def _before(self, cursor, name, rank):
        """What stands before a point of the thread.

        :param cursor: see :meth:`_cursor`
        :param str name: field of the moment
        :param int rank: 0: messages; 1: notes and 2: moments, which follow the messages of the
            same moment
        :rtype: Domain
        """
        if not cursor:
            return Domain.TRUE
        moment, cursor_rank, sequence, id_ = cursor
        earlier = Domain(name, "<", moment)
        same = Domain(name, "=", moment)
        if rank < cursor_rank:
            return earlier | same
        if rank > cursor_rank:
            return earlier
        if rank:
            return earlier | (same & Domain("id", "<", id_))
        same_sequence = Domain("sequence", "=", sequence) & Domain("id", "<", id_)
        return earlier | (same & (Domain("sequence", "<", sequence) | same_sequence))

    @api.model
    def _message_data(self, message, is_rendered=False):
        """A message of the thread.

        :param message: `omni.message` of a ticket that the user may read, sudo
        :param bool is_rendered: with its HTML
        :rtype: dict
        """
        mail_sudo = message.mail_message_id
        recipients = message.recipients or {}
        data = {
            "key": f"m{message.id}",
            "id": message.id,
            "kind": message.direction,
            "conversation_id": message.conversation_id.id,
            "provider": message.channel_id.provider,
            "author": self._author(message, mail_sudo),
            "date": self._iso(message.sent),
            "html": None,
            "quote": None,
            "has_remote": None,
            "text": message.text_body or "",
            "attachments": [
                self._attachment_data(file) for file in mail_sudo.attachment_ids.sorted("id")
            ],
            "state": message.state,
            "failure": message.failure_reason or "",
            "failure_type": message.failure_type or False,
            "advice": self._advice(message),
            "can": self._message_can(message),
            "to": self._address_texts(recipients.get("to")),
            "cc": self._address_texts(recipients.get("cc")),
            "automatic": message.is_automatic or message.is_bounce,
            "doubtful": message.is_doubtful,
            "subject": mail_sudo.subject or "",
            "send_after": self._iso(message.send_after) if message.state == "queued" else False,
            "is_scheduled": message.is_scheduled and message.state == "queued",
            "allow_remote": self._is_remote_allowed(message),
            "reply_to": self._reply_to_data(message),
            "edited": self._iso(message.edited),
            "edits": self._edits_data(message),
            "reactions": self._reactions_data(message),
        }
        if is_rendered:
            data |= self._rendered(message, self._is_remote_allowed(message))
        return data

    @api.model
    def _rendered(self, message, allow_remote):
        """:return: ``{"html", "quote", "has_remote"}`` of a message"""
        body = str(message.mail_message_id.body or "")
        if message.direction == "out":
            body = OWN_PICTURE.sub(r"\1cid:\2@odoo\3", body)
        text = "" if body else message.text_body or ""
        rendered = render_body(body, text, self._cid_urls(message), allow_remote)
        return {
            "html": rendered.html,
            "quote": rendered.quote,
            "has_remote": rendered.has_remote and not allow_remote,
        }

    @api.model
    def _author(self, message, mail_sudo):
        """:return: ``{"name", "email", "partner_id"}`` of who wrote a message"""
        if message.direction == "in":
            who = message.author_identity_id
            partner = who.partner_id
            name = who.name or partner.name or who.external_id or mail_sudo.email_from
            return {
                "name": name or self.env._("Unknown"),
                "email": who.email or "",
                "partner_id": partner.id,
            }
        partner = message.user_id.partner_id or mail_sudo.author_id
        return {
            "name": partner.name or message.channel_id.name,
            "email": partner.email or "",
            "partner_id": partner.id,
        }

    @api.model
    def _address_texts(self, people):
        """:return: people of a message's recipients, as one reads them"""
        return [
            f"{who['name']} <{who['email']}>"
            if who.get("name") and who.get("email") and who["name"] != who["email"]
            else who.get("email") or who.get("name") or ""
            for who in people or ()
        ]

    @api.model
    def _advice(self, message):
        """What to do about a message that did not leave for a reason which the other side gives, in
        its own words. What holds one back here is said in ours.

        :param message: `omni.message`, sudo
        :rtype: str
        """
        is_ours = message.failure_type == FailureType.CHANGED.value
        return "" if is_ours else message.advice or ""

    @api.model
    def _message_can(self, message):
        """:return: what the user can do about a message, see `message_action`"""
        return {
            "failed": ["retry", "cancel"],
            "uncertain": ["check", "send_again", "cancel"],
            "queued": ["send_now", "cancel"] if message.is_scheduled else ["cancel"],
        }.get(message.state, [])

    @api.model
    def _attachment(self, attachment_id):
        """A file of a message, note or draft that the user sees.

        :rtype: recordset of `ir.attachment`, sudo; empty when there is none for him
        """
        self._check_user()
        # sudo: what it belongs to is checked here
        file = self.env["ir.attachment"].sudo().browse(int(attachment_id)).exists()
        is_visible = False
        with suppress(AccessError):
            if file.res_field or file.type != "binary":
                is_visible = False
            elif file.res_model == "omni.conversation":
                is_visible = bool(self._conversation_alone(file.res_id))
            elif file.res_model == "omni.draft":
                is_visible = bool(self._draft_of(file))
            elif file.res_model == CASE_MODEL:
                is_visible = bool(self._cases([file.res_id]))
        return file if is_visible else file.browse()

    @api.model
    def _attachment_data(self, attachment):
        """A file as the screen gets it; it is only ever handed out to be saved.

        :param attachment: `ir.attachment`
        :rtype: dict
        """
        is_picture = attachment.mimetype in PICTURES
        url = f"/omni/attachment/{attachment.id}"
        if attachment.type == "url":
            is_picture = False
            link = attachment.url or ""
            url = link if link.startswith(("https://", "http://")) else False
        return {
            "id": attachment.id,
            "name": attachment.name,
            "mimetype": attachment.mimetype,
            "size": attachment.file_size,
            "url": url,
            "preview": f"{url}?preview=1" if is_picture else False,
            "inline": bool(attachment.description and attachment.description.startswith("cid:")),
        }

    @api.model
    def _cid_urls(self, message):
        """Where the inline pictures of a message lie.

        :return: addresses by Content-Id, or by the name that `omni.message` gives pictures of ours
        :rtype: dict[str, str]
        """
        urls = {}
        for file in message.mail_message_id.attachment_ids:
            if file.mimetype in PICTURES:
                described = file.description or ""
                name = described[4:] if described.startswith("cid:") else f"{file.id}@odoo"
                urls[name.lower()] = f"/omni/attachment/{file.id}?preview=1"
        return urls

    # === NOTES === #

    @api.model
    def _note_data(self, mail_sudo):
        """A note of a colleague, or what happened to the ticket; None when it says nothing."""
        is_note = mail_sudo.message_type == "comment"
        body = mail_sudo.body or Markup()
        changes = [] if is_note else self._tracked(mail_sudo)
        text = html2plaintext(body).strip()
        if not is_note and changes:
            text = "\n".join(filter(None, [text, *changes]))
        if not text and not mail_sudo.attachment_ids:
            return None
        author = mail_sudo.author_id
        return {
            **self._bare_line(f"n{mail_sudo.id}", "note" if is_note else "event", mail_sudo.date),
            "id": mail_sudo.id,
            "author": {
                "name": author.name or mail_sudo.email_from or "",
                "email": author.email or "",
                "partner_id": author.id,
            },
            # sanitised when it was stored; once more, because it is shown without a frame
            "html": html_sanitize(body, sanitize_attributes=True) if is_note else None,
            "text": text,
            "attachments": [self._attachment_data(file) for file in mail_sudo.attachment_ids],
        }

    @api.model
    def _tracked(self, mail_sudo):
        """What changed on the ticket, one line per field.

        :rtype: list[str]
        """
        lines = []
        for value in mail_sudo.tracking_value_ids._tracking_value_format():
            field, info = value["fieldInfo"], value
            old, new = (self._tracked_value(field, info[side]) for side in ("oldValue", "newValue"))
            lines.append(
                self.env._("%(field)s: %(new)s", field=field["changedField"], new=new or "–")
                if not old
                else self.env._(
                    "%(field)s: %(old)s → %(new)s",
                    field=field["changedField"],
                    old=old,
                    new=new or "–",
                )
            )
        return lines

    @api.model
    def _tracked_value(self, field, value):
        if value and field["fieldType"] == "datetime":
            return format_datetime(self.env, value, dt_format="short")
        return str(value) if value else ""

    # === AROUND === #

    @api.model
    def _activities(self, case):
        """What is planned on a ticket.

        :rtype: list[dict]
        """
        return [
            {
                "id": activity.id,
                "summary": activity.summary or activity.activity_type_id.name or "",
                "type": activity.activity_type_id.name or "",
                "icon": activity.icon or "fa-tasks",
                "user": self._pair(activity.user_id),
                "deadline": self._iso(activity.date_deadline),
                "state": activity.state,
            }
            for activity in case.activity_ids.sorted("date_deadline")
        ]
