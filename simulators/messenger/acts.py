"""What people do: each act changes the world, and the application is told of it."""

from . import events, ids
from .files import File
from .world import EMOJI, INBOX_APP_ID, MOST_EDITS


class Acts:
    """:param Simulator simulator: in which they do it"""

    def __init__(self, simulator):
        self.simulator = simulator
        #: Threads that we asked for: id of the person, and what we said to it.
        self.requests = []

    def _tell(self, person, field, event):
        self.simulator.changed()
        return self.simulator.courier.put(person.page, field, event, person)

    # -- the customer --------------------------------------------------------------------------
    def write(self, person, text="", files=(), quick_reply="", reply_to="", ref="", ad=None):
        """He writes. ``ref`` is that of the link (m.me) by which he came just before, ``ad`` the
        advertisement.

        :return Message:; :raises ValueError: he says nothing; :raises KeyError: no such message"""
        files = [File.read(one) for one in files]
        if not text and not files:
            raise ValueError("text or attachments")
        world = self.simulator.world
        if ref and not ad:
            self.refer(person, ref)
        self.simulator.world.opens(person, is_ad=bool(ad))
        message = world.add(
            person,
            "customer",
            text=text,
            files=files,
            quick_reply=quick_reply,
            reply_to=person.message(reply_to) if reply_to else None,
            referral=events.referral(ref, ad) if ad else None,
        )
        self._tell(person, "messages", events.message(message, self.simulator.files.link))
        return message

    def edit(self, person, mid, text):
        """:raises ValueError: it is not his, or he did it too often"""
        message = person.message(mid)
        if message.is_ours:
            raise ValueError("nobody edits what others wrote")
        if len(message.edits) >= MOST_EDITS:
            raise ValueError(f"a message is edited {MOST_EDITS} times at most")
        message.edits.append(message.text)
        message.text = text
        self._tell(person, "message_edits", events.edit(message, self.simulator.world.moment()))
        return message

    def react(self, person, mid, word="love", emoji="", is_taken_back=False):
        """:param str word: of :data:`~simulators.messenger.world.EMOJI`, or other"""
        message = person.message(mid)
        emoji = emoji or EMOJI.get(word, "")
        if not is_taken_back and not emoji:
            raise ValueError(f"reaction: {', '.join(EMOJI)}; or an emoji")
        if word not in EMOJI:
            word = "other"
        if is_taken_back:
            message.reactions.pop("customer", None)
        else:
            message.reactions["customer"] = (word, emoji)
        event = events.reaction(message, self.simulator.world.moment(), word, emoji, is_taken_back)
        self._tell(person, "message_reactions", event)
        return message

    def press(self, person, title, payload, ref="", mid=""):
        """He presses a button, or begins. :return str: id of the event"""
        world = self.simulator.world
        world.opens(person)
        mid = mid or ids.message_id()
        origin = events.referral(ref) if ref else None
        event = events.postback(person, world.moment(), mid, title, payload, origin)
        self._tell(person, "messaging_postbacks", event)
        return mid

    def refer(self, person, ref, ad=None):
        """He comes by a link or an advertisement, to a thread that is there."""
        world = self.simulator.world
        if ad:
            world.opens(person, is_ad=True)
        event = events.referred(person, world.moment(), events.referral(ref, ad))
        self._tell(person, "messaging_referrals", event)

    def read(self, person):
        """He sees all there is. :return int: up to when, in milliseconds"""
        ours = [one.at for one in person.thread if one.is_ours]
        if not ours or person.read >= ours[-1]:
            return person.read
        self.deliver(person)
        person.read = ours[-1]
        event = events.read(person, self.simulator.world.moment(), person.read)
        self._tell(person, "message_reads", event)
        return person.read

    def deliver(self, person):
        """What we wrote arrives on his telephone."""
        new = [one for one in person.thread if one.is_ours and one.at > person.delivered]
        if not new:
            return
        person.delivered = new[-1].at
        mids = [one.mid for one in new]
        event = events.delivery(person, self.simulator.world.moment(), mids, person.delivered)
        self._tell(person, "message_deliveries", event)

    def opt_in(self, person, content):
        """:param dict content: of the event, whatever he allowed"""
        world = self.simulator.world
        self._tell(person, "messaging_optins", events.optin(person, world.moment(), content))

    # -- the page ------------------------------------------------------------------------------
    def answer(self, person, by, **values):
        """The page writes, by an application, its inbox or something else.

        :return Message:, list: and who is told of it (of Notice)"""
        person.is_typed_to = False
        message = self.simulator.world.add(person, by, **values)
        event = events.echo(message, self.simulator.files.link)
        notices = self._tell(person, "message_echoes", event)
        if person.delivers and not person.is_blocked:
            self.deliver(person)
        return message, notices

    def answer_from_inbox(self, person, text, files=(), takes=False):
        """Somebody of the shop answers in the inbox of the page.

        :param bool takes: the thread is the inbox's from now on; :return Message:"""
        if takes:
            self.hand_over(person, INBOX_APP_ID, "take_thread_control", "")
        files = [File.read(one) for one in files]
        return self.answer(person, "inbox", text=text, files=files, app_id=INBOX_APP_ID)[0]

    def hand_over(self, person, app_id, what, metadata, seconds=None):
        """An application gets or takes a thread; empty: it is free again.

        :param str what: ``pass_thread_control`` or ``take_thread_control``"""
        world = self.simulator.world
        before = world.give(person, app_id, *([seconds] if seconds else []))
        if before == app_id:
            return
        # Every application that subscribed is told, whoever did it (guide "Conversation Control").
        event = events.handover(person, world.moment(), what, before, app_id, metadata)
        self._tell(person, "messaging_handovers", event)

    def ask_for(self, person, app_id, metadata):
        """An application asks for a thread; who has it is told."""
        world = self.simulator.world
        event = events.requested(person, world.moment(), app_id, metadata)
        self._tell(person, "messaging_handovers", event)

    # -- Meta ----------------------------------------------------------------------------------
    def enforce(self, page, action, reason):
        """Meta has something against a page, which may not write any more after a block."""
        if action != "warning":
            page.is_restricted = action == "block"
        event = events.policy(page, self.simulator.world.moment(), action, reason)
        self.simulator.courier.put(page, "messaging_policy_enforcement", event)
