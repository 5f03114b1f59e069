"""What happened, in the words of the webhooks."""

from .clock import iso, iso_zoned
from .people import new_id


class Events:
    """:param House house: whose events these are"""

    def __init__(self, house):
        self.house = house

    def make(self, event, subject, more):
        """:param str event: of the house; :param subject: what it is about
        :param more: what the event adds; :return dict: a payload, or None: nobody is told"""
        maker = getattr(self, f"_{event}", None)
        return maker(subject, more) if maker else None

    def _head(self, name, conversation=None):
        head = {
            "eventId": new_id(),
            "eventType": name,
            "platform": self.house.platform,
            "clientId": self.house.client_id,
        }
        if conversation is not None:
            head["projectId"] = self.house.project_id
            head["conversationId"] = conversation.id
        return head

    def _moments(self, write):
        now = self.house.clock.now()
        return {"createdAt": write(now), "sentAt": write(now)}

    def _about(self, conversation):
        visitor = conversation.visitor
        outside = visitor.details.get("external_id") if conversation.is_onsite else None
        return {
            "visitorExternalId": outside,
            "visitorId": visitor.id,
            "channel": conversation.channel,
            **self._moments(iso),
        }

    def _pushed(self, conversation, _more):
        return {
            **self._head("v2.conversation.pushed", conversation),
            "operatorId": conversation.operator.id,
            **self._about(conversation),
        }

    def _closed(self, conversation, _more):
        numbers = list(dict.fromkeys(one.id for one in conversation.operators))
        return {
            **self._head("v2.conversation.closed", conversation),
            "operatorIds": numbers,
            **self._about(conversation),
        }

    def _rated(self, conversation, answer):
        return {
            **self._head("satisfaction.answered", conversation),
            **self._moments(iso_zoned),
            **answer,
        }

    def _bought(self, conversation, transaction):
        return {
            **self._head("transaction.attributed", conversation),
            **self._moments(iso_zoned),
            "transactionId": transaction["id"],
            "receivedAt": iso_zoned(transaction["at"]),
            "externalId": transaction["external_id"],
            "amount": transaction["amount"],
            "source": "Onsite" if conversation.is_onsite else "Offsite",
            "operatorId": conversation.operator.id,
        }

    def _visitor(self, visitor, _more):
        operator = next(iter(self.house.operators.values()))
        return {
            **self._head("visitor.updated"),
            "operatorId": operator.id,
            "visitorId": visitor.id,
            **self._moments(iso_zoned),
        }

    def _user(self, operator, name):
        return {**self._head(name), "userId": operator.id, **self._moments(iso_zoned)}
