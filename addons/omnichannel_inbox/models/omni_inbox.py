from datetime import datetime, timezone

from odoo import api, models
from odoo.exceptions import AccessError

USER_GROUP = "crm_ticket.group_ticket_user"
LEADER_GROUP = "crm_ticket.group_ticket_leader"
#: Model of what the inbox lists.
CASE_MODEL = "crm.ticket"


class OmniInbox(models.AbstractModel):
    """The server side of the inbox: what its screen asks for, and what it can do.

    Every method without leading underscore is called by the screen. All of them run with the rights
    of the user: a ticket that he may not see is not there for him. Dates go out as ISO 8601 with a
    ``Z``; `case_id` is the id of a ticket.
    """

    _name = "omni.inbox"
    _description = "Inbox"

    # === ACCESS === #

    @api.model
    def _check_user(self):
        """:raise AccessError: unless the user is somebody who answers customers"""
        if not self.env.user.has_group(USER_GROUP):
            raise AccessError(self.env._("Only colleagues who answer customers have an inbox."))

    @api.model
    def _cases(self, ids, operation="read"):
        """The tickets of some ids, for the user.

        :param ids: id or list of ids, as they came from the screen
        :param str operation: ``read`` or ``write``
        :return: those that still exist
        :rtype: recordset of `crm.ticket`
        :raise AccessError: he has no inbox, or may not do this with one of them
        """
        self._check_user()
        ids = [ids] if isinstance(ids, int) else ids
        cases = self.env[CASE_MODEL].browse(int(id_) for id_ in ids or ()).exists()
        cases.check_access(operation)
        return cases

    @api.model
    def _case(self, case_id, operation="read"):
        """The one ticket of an id.

        :raise AccessError: see :meth:`_cases`
        :raise MissingError: it is no longer there
        """
        case = self._cases([case_id], operation)
        if not case:
            # what Odoo says of a record that is gone, in its words
            self.env[CASE_MODEL].browse(case_id).name  # noqa: B018
        return case

    # === TELLING THE OTHERS === #

    @api.model
    def _changed(self, cases, kind="message"):
        """Tell every open inbox that something has changed: one notice for a whole transaction.

        It says which tickets and nothing of them: whoever may see them asks.

        :param cases: recordset of `crm.ticket`
        :param str kind: ``message``, ``state``, ``draft``, ``read`` or ``identity``
        """
        ids = [case.id for case in cases if case.id]
        if not ids:
            return
        data = self.env.cr.precommit.data
        if "omni.inbox.changed" not in data:
            data["omni.inbox.changed"] = {}

            @self.env.cr.precommit.add
            def tell():
                # sudo: whoever changes something need not be somebody with an inbox
                group = self.sudo().env.ref(USER_GROUP)
                for what, changed in data.pop("omni.inbox.changed", {}).items():
                    payload = {"ids": sorted(changed), "kind": what}
                    group._bus_send("omnichannel_inbox/changed", payload)

        data["omni.inbox.changed"].setdefault(kind, set()).update(ids)

    # === WORDS === #

    @api.model
    def _iso(self, when):
        """A date or moment (naive UTC) as it goes to the screen.

        :rtype: str | bool
        """
        if not when:
            return False
        if isinstance(when, datetime):
            return when.replace(microsecond=0).isoformat() + "Z"
        return when.isoformat()

    @api.model
    def _moment(self, text):
        """A moment as the screen sends it, naive UTC; False when there is none.

        :raise ValueError: it is none
        """
        if not text:
            return False
        moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
        if moment.tzinfo:
            moment = moment.astimezone(timezone.utc).replace(tzinfo=None)
        return moment.replace(microsecond=0)

    @api.model
    def _pair(self, record):
        """``{"id", "name"}`` of a record, False of none.

        :rtype: dict | bool
        """
        if not record:
            return False
        # sudo: the name of what a record refers to is shown with it, as everywhere in Odoo
        return {"id": record.id, "name": record.sudo().display_name}

    @api.model
    def _pairs(self, records):
        """:rtype: list[dict]"""
        return [self._pair(record) for record in records]
