import re
from datetime import timedelta

from markupsafe import Markup

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import html2plaintext, html_sanitize

from odoo.addons.integration_base.tools import email as email_tools

from ..identity import order_numbers
from .omni_inbox import CASE_MODEL

#: Addresses of one mail, all together.
RECIPIENT_LIMIT = 50
FILE_LIMIT = 30
SUBJECT_LIMIT = 500
#: How far ahead a message can be written.
SCHEDULE_DAYS = 30
#: Messages that one text is sent in at most, where a channel takes them short.
PART_LIMIT = 10
#: Numbers of a text that are looked up among those of orders.
NUMBER_LIMIT = 200
#: What of a canned answer is still to be filled in. What a French author quotes has a space inside.
OPEN_MARK = re.compile("\u00ab([^\\s\u00ab\u00bb<>][^\u00ab\u00bb<>]{0,59})(?<!\\s)\u00bb")

#: A picture of our own server within a text, and the number of its file.
OWN_PICTURE = re.compile(
    r"""\bsrc\s*=\s*(["'])[^"'<>]*/(?:web/image|web/content|omni/attachment)/(\d{1,12})(?!\d)"""
    r"""[^"'<>]*\1""",
    re.IGNORECASE,
)

#: What stands around a signature of ours, and how it is found again.
SIGNED = "o_omni_signed"
SIGNATURE_BELOW = re.compile(rf'^(.*)<br\s*/?>\s*<div class="{SIGNED}">.*</div>', re.DOTALL)


class Refused(Exception):
    """A message cannot be sent as it is.

    :param str text: why, and what to do, for a person
    :param bool can_force: it can be sent all the same
    """

    def __init__(self, text, can_force=False):
        super().__init__(text)
        self.text = text
        self.can_force = can_force

    def answer(self):
        """:return: what the screen is told"""
        return {"state": "refused", "message": self.text, "can_force": self.can_force}


class OmniInbox(models.AbstractModel):
    """What may leave: checked against what the channel carries, before anybody waits for it."""

    _inherit = "omni.inbox"

    @api.model
    def _outgoing(self, channel, values, conversation=None, force=False, partner=None):
        """Check a message, and return it as it is to leave.

        :param channel: `omni.channel`
        :param dict values: ``html``, ``to``, ``cc``, ``bcc``, ``subject``, ``attachment_ids``,
            ``send_at``
        :param conversation: `omni.conversation` that is answered; None: a new one
        :param bool force: with places that are still to be filled in, and whoever is told of orders
        :param partner: `res.partner` that somebody has chosen for a new conversation
        :return: ``{"html", "text", "to", "cc", "bcc", "subject", "attachment_ids", "user_id",
            "send_at", "delay"}``
        :rtype: dict
        :raise Refused: it cannot leave
        """
        # sudo: what a channel can do concerns whoever writes on it
        channel = channel.sudo()
        can = channel._capabilities()
        if reason := self._why_not(channel, conversation):
            raise Refused(reason)
        send_at = self._send_at(values)
        if send_at and conversation and (until := self._last_moment(conversation)):
            if send_at > until:
                raise Refused(self.env._("By then the time to answer on this channel is over."))
        html = html_sanitize(
            values.get("html") or "",
            sanitize_attributes=True,
            sanitize_form=True,
            strip_classes=True,
        )
        text = html2plaintext(html).strip()
        files = self._outgoing_files(values.get("attachment_ids"), can)
        if not text and not files and "<img" not in html:
            raise Refused(self.env._("There is nothing in this message yet."))
        if can.text_limit and len(text) > can.text_limit * (PART_LIMIT if can.has_parts else 1):
            raise Refused(
                self.env._(
                    "The text is too long for this channel: %(count)s characters, at most"
                    " %(limit)s.",
                    count=len(text),
                    limit=can.text_limit * (PART_LIMIT if can.has_parts else 1),
                )
            )
        is_open = OPEN_MARK.search(text)
        if is_open and not force:
            raise Refused(
                self.env._("There is still something to fill in: «%(name)s».", name=is_open[1]),
                can_force=True,
            )
        people = self._outgoing_people(values, can, conversation)
        subject = " ".join((values.get("subject") or "").split())[:SUBJECT_LIMIT]
        if can.has_subject and not subject:
            subject = self._reply_subject(conversation) if conversation else ""
            if not subject:
                raise Refused(self.env._("The mail has no subject yet."))
        if not force:
            said = text if not can.has_subject else f"{subject}\n{text}"
            if conversation:
                # what he has called it himself tells him nothing
                own = self._reply_subject(conversation)
                self._check_told(conversation, text if subject == own else said)
            else:
                everybody = [*people["to"], *people["cc"], *people["bcc"]]
                self._check_told_first(channel, everybody, said, partner)
        # sanitised above; without it the signature would be put below escaped HTML
        html = Markup(OWN_PICTURE.sub(lambda found: self._own_picture(found, files), html))
        if values.get("signature") and can.has_html:
            html = _with_signature(html, self.env["omni.signature"]._for(channel))
        return {
            "html": html,
            "text": text,
            "subject": subject if can.has_subject else "",
            "attachment_ids": files.ids,
            "user_id": self.env.uid,
            "send_at": send_at,
            **({"delay": (send_at - fields.Datetime.now()).total_seconds()} if send_at else {}),
            **people,
        }

    @api.model
    def _check_told(self, conversation, text):
        """Nothing is told of an order to somebody who may be anybody without a question: what he
        has named it by stands on its parcel.

        :param conversation: `omni.conversation`, sudo
        :raise Refused: the text names one, and it is not certain who reads it
        """
        who = conversation.identity_id
        # one that was begun in the name of somebody who is known has no customer
        if not who or (who._is_linked() and conversation.partner_id):
            return
        if name := self._order_named(conversation, text):
            raise Refused(
                self.env._(
                    "It is not certain who writes, and the text names order %(name)s. Confirm the"
                    " contact first.",
                    name=name,
                ),
                can_force=True,
            )

    @api.model
    def _check_told_first(self, channel, people, text, partner=None):
        """See :meth:`_check_told`, for whom we write to first: he is known by the address.

        :param channel: `omni.channel`, sudo
        :param list[dict] people: ``{"email", "name"}`` it goes to
        :param partner: `res.partner` that somebody has chosen
        :raise Refused: the text names an order, and an address is that of nobody who is known
        """
        name = self._number_of_order(text, channel.company_id)
        if not name:
            return
        addresses = {person["email"] for person in people}
        addresses -= set(email_tools.split_addresses((partner and partner.email) or None))
        # sudo: whether an address is known concerns whoever writes to it
        identities = self.env["omni.identity"].sudo()
        linked = identities.search(
            Domain("channel_id", "=", channel.id) & Domain("external_id", "in", list(addresses))
        ).filtered(lambda one: one._is_linked())
        addresses -= set(linked.mapped("external_id"))
        found = self.env["res.partner"].sudo()._omni_by_email(addresses, channel.company_id)
        for address in sorted(addresses):
            if address not in found or len(found[address].exact) != 1:
                raise Refused(
                    self.env._(
                        "It is not certain whose address %(address)s is, and the text names order"
                        " %(name)s.",
                        address=address,
                        name=name,
                    ),
                    can_force=True,
                )

    @api.model
    def _order_named(self, conversation, text):
        """An order that a text names: one of the ticket, perhaps written for another conversation
        of it, or whichever has a number that stands in it.

        :param conversation: `omni.conversation`, sudo
        :return: its number, as written; empty: none
        :rtype: str
        """
        if conversation.case_model == CASE_MODEL:
            for order in conversation._case().order_ids:
                if re.search(rf"(?<!\w){re.escape(order.name)}(?!\w)", text, re.IGNORECASE):
                    return order.name
        return self._number_of_order(text, conversation.company_id)

    @api.model
    def _number_of_order(self, text, company):
        """The first number in a text that is that of an order, ours or the customer's.

        :return: as written; empty: none
        :rtype: str
        """
        numbers = order_numbers.candidates(text, limit=NUMBER_LIMIT)
        # sudo: it is asked for the sake of whoever has the order, which the author may not see
        found = self.env["sale.order"].sudo()._omni_by_number(numbers, company)
        return next((number for number in numbers if number.upper() in found), "")

    @api.model
    def _own_picture(self, found, files):
        """A picture of our server in a text that leaves, as `omni.message` knows it: it is sent
        along. Those that are no files of this message are left out; a quoted mail of a stranger
        could name any file of ours.

        :param found: match of `OWN_PICTURE`
        :rtype: str
        """
        number = int(found[2])
        return f'src="/web/image/{number}"' if number in files.ids else ""

    @api.model
    def _send_at(self, values):
        """When a message is to leave that its author does not want to leave now.

        :return: naive UTC; False: now
        :raise Refused: it is no moment that lies ahead
        """
        try:
            moment = self._moment(values.get("send_at"))
        except (TypeError, ValueError, AttributeError):
            raise Refused(self.env._("When? This is no date.")) from None
        if not moment:
            return False
        now = fields.Datetime.now()
        if moment <= now:
            raise Refused(self.env._("This moment is over: choose a later one."))
        if moment > now + timedelta(days=SCHEDULE_DAYS):
            raise Refused(
                self.env._("At most %(days)s days ahead can be chosen.", days=SCHEDULE_DAYS)
            )
        return moment

    @api.model
    def _outgoing_files(self, attachment_ids, can):
        """The files of a message: on a draft of the user, and such as the channel carries.

        :rtype: recordset of `ir.attachment`
        :raise Refused: the channel does not carry them
        """
        files = self.env["ir.attachment"].browse(int(id_) for id_ in attachment_ids or ()).exists()
        files.check_access("read")
        for file in files:
            if not self._draft_of(file):
                raise Refused(
                    self.env._("“%(name)s” is not a file of this message.", name=file.name)
                )
        if not files:
            return files
        if not can.attachment_limit:
            raise Refused(self.env._("This channel carries no files."))
        if len(files) > FILE_LIMIT:
            raise Refused(self.env._("At most %(limit)s files can be sent.", limit=FILE_LIMIT))
        for file in files:
            if file.file_size > can.attachment_limit:
                raise Refused(
                    self.env._(
                        "“%(name)s” is too large: this channel carries files of up to"
                        " %(limit)s MB.",
                        name=file.name,
                        limit=_megabytes(can.attachment_limit),
                    )
                )
            if can.attachment_types and not file.mimetype.startswith(can.attachment_types):
                raise Refused(
                    self.env._("This channel does not carry files like “%(name)s”.", name=file.name)
                )
        if can.total_limit and sum(files.mapped("file_size")) > can.total_limit:
            raise Refused(
                self.env._(
                    "The files are too large together: at most %(limit)s MB.",
                    limit=_megabytes(can.total_limit),
                )
            )
        return files

    @api.model
    def _outgoing_people(self, values, can, conversation):
        """Who a message goes to; where there are no addresses, whoever the conversation is with.

        :return: ``{"to", "cc", "bcc"}`` of ``[{"email", "name"}]``
        :rtype: dict
        :raise Refused: an address is none, is ours, or there are too many
        """
        if not can.has_subject:
            return {"to": [], "cc": [], "bcc": []}
        ours, seen = self._own_addresses(), set()
        people = {}
        for side in ("to", "cc", "bcc"):
            people[side] = []
            if side != "to" and not can.has_cc:
                continue
            for person in self._addresses(values.get(side)):
                email = person["email"]
                if email in ours:
                    raise Refused(
                        self.env._(
                            "%(address)s is a mailbox of ours: the mail would come back as a"
                            " request.",
                            address=email,
                        )
                    )
                if email not in seen:
                    seen.add(email)
                    people[side].append(person)
        if not people["to"] and conversation and not values.get("to"):
            people["to"] = self._recipients(conversation)["to"]
        if not people["to"]:
            raise Refused(self.env._("To whom? Enter an e-mail address."))
        if sum(map(len, people.values())) > RECIPIENT_LIMIT:
            raise Refused(
                self.env._("At most %(limit)s people can be written to.", limit=RECIPIENT_LIMIT)
            )
        return people

    @api.model
    def _addresses(self, typed):
        """Addresses as typed, or as the screen has them.

        :param typed: text with commas, or list of texts or ``{"email", "name"}``
        :return: ``[{"email", "name"}]``
        :rtype: list[dict]
        :raise Refused: one of them is no address
        """
        if not typed:
            return []
        if isinstance(typed, str):
            typed = _split(typed)
        people = []
        for one in typed:
            text = one if isinstance(one, str) else one.get("email") or ""
            name = "" if isinstance(one, str) else one.get("name") or ""
            if isinstance(one, str) and "<" in one:
                name = one.partition("<")[0].strip().strip("\"'")
            email = email_tools.normalize(text)
            if not email or "\n" in text or "\r" in text:
                raise Refused(self.env._("“%(text)s” is no e-mail address.", text=text[:100]))
            people.append({"email": email, "name": " ".join(name.split())[:200]})
        return people

    @api.model
    def _own_addresses(self):
        """The addresses of our own mailboxes: what is sent there comes back as a request.

        :rtype: set[str]
        """
        return self.env["omni.channel"]._own_addresses()


def _with_signature(html, signature):
    """:return: what is written, and the signature below"""
    if not signature:
        return html
    return Markup('%s<br/><div class="%s">%s</div>') % (html, SIGNED, Markup(signature))


def without_signature(html):
    """Undo what was added when a message was sent: its text is to be sent anew, signed anew.

    :param html: body of a message of ours
    :rtype: str
    """
    found = SIGNATURE_BELOW.search(str(html or ""))
    return found[1] if found else str(html or "")


def _split(text):
    """Addresses of a typed line: commas and semicolons, but those within quotes."""
    found = re.findall(r"(?:\"[^\"]*\"|[^,;\n])+", text)
    return [one.strip() for one in found if one.strip()]


def _megabytes(size):
    return f"{size / 1024 / 1024:.0f}" if size >= 1024 * 1024 else f"{size / 1024 / 1024:.1f}"
