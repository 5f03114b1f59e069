"""The project: its visitors and operators, its conversations, and what happens by itself."""

from .conversation import CHANNELS, Conversation, Message
from .people import OPERATORS, Operator, Visitor, new_id, read_details

BOT_SILENCE = 5 * 60  # seconds after which a conversation with a bot is closed
OFFSITE_SILENCE = 7 * 24 * 3600  # seconds after which one outside of the web site is closed
LONGEST_BOT_TEXT = 450  # characters
_SURVEY = {
    "customerSatisfaction": (1, 5),
    "netPromoterScore": (0, 10),
}


class House:
    """Everything that iAdvize knows. Observers are called with the name of an event and what it is
    about: ``pushed``, ``closed``, ``said``, ``rated``, ``bought``, ``visitor``, ``user``.

    :param Clock clock: of the project; :param operators: as :data:`OPERATORS`"""

    platform = "ha"
    client_id = 335
    project_id = 1549
    project_name = "Meubles Démo"

    def __init__(self, clock, operators=OPERATORS):
        self.clock = clock
        self.operators = {one[0]: Operator(*one) for one in operators}
        self.visitors = {}
        self.conversations = {}
        self.open_ones = {}
        self.observers = []
        self._legacy = 880_000

    # -- people --------------------------------------------------------------------------------
    def add_visitor(self, given):
        """:param dict given: see the README; :return Visitor: new; :raises ValueError:"""
        details = read_details(given)
        identity = str(given.get("id") or new_id())
        visitor = Visitor(identity, self.clock.now(), str(given.get("source") or "web"), details)
        self.visitors[visitor.id] = visitor
        return visitor

    def visitor(self, given):
        """:param given: id of one, or what :meth:`add_visitor` takes; an ``id`` that is known names
            him, and the rest is added to what is known
        :return Visitor: :raises ValueError:"""
        if isinstance(given, str):
            given = {"id": given}
        known = self.visitors.get(given.get("id"))
        if known is None:
            return self.add_visitor(given)
        known.details.update(read_details(given))
        return known

    def change_visitor(self, visitor, given):
        """At the desk. :param dict given: fields; empty ones are forgotten; :raises ValueError:"""
        details = read_details(given)
        for name in given:
            visitor.details.pop(name, None)
        visitor.details.update(details)
        visitor.updated_at = self.clock.now()
        self._tell("visitor", visitor)

    def operator(self, given):
        """:param given: number or address of an operator; :return Operator: :raises ValueError:"""
        for one in self.operators.values():
            if str(given).lower() in (str(one.id), one.email.lower()):
                return one
        raise ValueError(f"no such operator: {given}")

    def add_operator(self, name, email, is_bot=False):
        """:return Operator: new"""
        number = max(self.operators) + 1
        self.operators[number] = Operator(number, name, email, bool(is_bot))
        self._tell("user", self.operators[number], "user.created")
        return self.operators[number]

    def change_operator(self, operator, given):
        """:param dict given: some of ``connected available name email``: each tells an event of
        its own; :raises ValueError:"""
        unknown = set(given) - {"connected", "available", "name", "email"}
        if unknown:
            raise ValueError(f"no such word about an operator: {', '.join(sorted(unknown))}")
        if "connected" in given:
            operator.is_connected = bool(given["connected"])
            event = "user.connected" if operator.is_connected else "user.disconnected"
            self._tell("user", operator, event)
        if "available" in given:
            operator.is_available = bool(given["available"])
            self._tell("user", operator, "user.availability.updated")
        if "name" in given or "email" in given:
            operator.name = str(given.get("name", operator.name))
            operator.email = str(given.get("email", operator.email))
            self._tell("user", operator, "user.updated")

    def next_operator(self):
        """:return Operator: who gets the next conversation: of those who are there, the one with
        the fewest; of all people when nobody is there"""
        people = [one for one in self.operators.values() if not one.is_bot]
        there = [one for one in people if one.is_connected and one.is_available] or people
        busy = dict.fromkeys((one.id for one in there), 0)
        for conversation in self.open_ones.values():
            if conversation.operator in there:
                busy[conversation.operator.id] += 1
        return min(there, key=lambda one: busy[one.id])

    # -- conversations -------------------------------------------------------------------------
    def open(self, visitor, channel="CHAT", text="", operator=None, **details):
        """A conversation begins, and is pushed to an operator.

        :param str text: what the visitor says first; may be empty
        :param dict details: ``language custom_data tags``; :return Conversation:
        :raises ValueError: no such channel"""
        if channel not in CHANNELS:
            raise ValueError(f"channel: one of {', '.join(CHANNELS)}")
        self._legacy += 1
        conversation = Conversation(
            new_id(), self._legacy, self.clock.now(), channel, visitor, **details
        )
        self.conversations[conversation.id] = self.open_ones[conversation.id] = conversation
        if text:
            self.say(conversation, "visitor", "text", {"text": text})
        self.push(conversation, operator or self.next_operator())
        return conversation

    def push(self, conversation, operator):
        """An operator gets it: the first one, or by transfer. :raises ValueError: it is closed"""
        self._needs_open(conversation)
        before = conversation.operator
        if before is not None:
            content = {"from": before.id, "to": operator.id}
            self._note(conversation, "transferred", content, before)
        conversation.operators.append(operator)
        self._note(conversation, "pushed", {"to": operator.id}, operator)
        self._tell("pushed", conversation)

    def say(self, conversation, author, kind, content, operator=None):
        """:param str author: visitor or operator; :return Message:
        :raises ValueError: it is closed, or somebody else's word is wanted"""
        self._needs_open(conversation)
        if author not in ("visitor", "operator"):
            raise ValueError("author: visitor or operator")
        who = None
        if author == "operator":
            who = operator or conversation.operator or self.next_operator()
        message = Message(self.clock.now(), author, kind, content, who)
        conversation.messages.append(message)
        self._tell("said", conversation)
        return message

    def close(self, conversation, reason=""):
        """:param str reason: why, when nobody at the desk did it; :raises ValueError:"""
        self._needs_open(conversation)
        self._note(conversation, "closed", {"reason": reason}, conversation.operator)
        conversation.closed_at = self.clock.now()
        conversation.close_reason = reason
        del self.open_ones[conversation.id]
        self._tell("closed", conversation)

    def rate(self, conversation, given):
        """The visitor clicks: each click is an event of its own.

        :param dict given: some of ``customerSatisfaction``, ``netPromoterScore``,
            ``satisfactionComment``; :raises ValueError:"""
        unknown = set(given) - {*_SURVEY, "satisfactionComment"}
        if unknown or not given:
            raise ValueError("customerSatisfaction, netPromoterScore, satisfactionComment")
        for name, value in given.items():
            if name in _SURVEY:
                low, high = _SURVEY[name]
                value = int(value)
                if not low <= value <= high:
                    raise ValueError(f"{name}: {low} to {high}")
            conversation.satisfaction[name] = value
            self._tell("rated", conversation, {name: value})

    def buy(self, conversation, external_id, amount):
        """A purchase is attributed to the conversation. :return dict: the transaction"""
        transaction = {
            "id": new_id(),
            "external_id": str(external_id),
            "amount": float(amount),
            "at": self.clock.now(),
        }
        conversation.transactions.append(transaction)
        self._tell("bought", conversation, transaction)
        return transaction

    def run(self):
        """What is due happens: silent conversations are closed."""
        now = self.clock.now()
        for conversation in list(self.open_ones.values()):
            with_bot = conversation.operator is not None and conversation.operator.is_bot
            if with_bot and now - conversation.heard_at >= BOT_SILENCE:
                self.close(conversation, "VISITOR_DROPPED_OFF_SCENARIO")
            elif not conversation.is_onsite and now - conversation.active_at >= OFFSITE_SILENCE:
                self.close(conversation, "INACTIVITY")

    def ledger(self):
        """:return dict: the truth"""
        conversations = [one.to_json() for one in self.conversations.values()]
        said = [
            message
            for one in conversations
            for message in one["messages"]
            if message["author"] != "system"
        ]
        return {
            "conversations": conversations,
            "counts": {
                "conversations": len(conversations),
                "open": sum(one["closed_at"] is None for one in conversations),
                "messages": len(said),
                "by_visitors": sum(one["author"] == "visitor" for one in said),
            },
        }

    def _needs_open(self, conversation):
        if not conversation.is_open:
            raise ValueError("the conversation is closed")

    def _note(self, conversation, kind, content, operator):
        message = Message(self.clock.now(), "system", kind, content, operator)
        conversation.messages.append(message)

    def _tell(self, event, subject, more=None):
        for observer in self.observers:
            observer(event, subject, more)
