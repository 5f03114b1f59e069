from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL

from .omni_inbox import CASE_MODEL, LEADER_GROUP, USER_GROUP

#: Nothing is counted further than this: "more than 10,000" is as much as anybody wants to know.
COUNT_LIMIT = 10_000
#: What a folder is sorted by, unless the screen says otherwise.
ORDERS = {
    "priority": "priority_score DESC, inbox_date, id",
    "newest": "inbox_date DESC, id DESC",
    "oldest": "inbox_date, id",
    "snoozed": "snoozed_until, id",
}
#: Folders of work to do: the most urgent first.
WORK_FOLDERS = ("mine", "unassigned", "team")
#: Folders which are counted; the others only grow.
COUNTED_FOLDERS = (*WORK_FOLDERS, "waiting", "snoozed")


class OmniInbox(models.AbstractModel):
    """The folders: which tickets lie in them, how many, in which order."""

    _inherit = "omni.inbox"

    @api.model
    def _folder_names(self):
        """:return: names of the folders by their keys, in their order"""
        return {
            "mine": self.env._("Mine"),
            "unassigned": self.env._("Unassigned"),
            "team": self.env._("My teams"),
            "waiting": self.env._("Waiting for the customer"),
            "snoozed": self.env._("Snoozed"),
            "scheduled": self.env._("Leaves later"),
            "done": self.env._("Done"),
            "spam": self.env._("Spam"),
            "all": self.env._("All"),
        }

    @api.model
    def _folder_domain(self, folder):
        """The tickets of a folder, as far as the user sees them.

        :param str folder: key of a folder; an unknown one is ``all``
        :rtype: Domain
        """
        if folder == "spam":
            return Domain("is_spam", "=", True)
        no_spam = Domain("is_spam", "=", False)
        if folder == "done":
            return no_spam & Domain("state", "=", "done")
        if folder == "scheduled":
            return no_spam & Domain("id", "in", self._scheduled_query())
        if folder not in COUNTED_FOLDERS:
            return no_spam
        if folder == "snoozed":
            return no_spam & Domain("state", "!=", "done") & Domain("snoozed_until", "!=", False)
        awake = no_spam & Domain("snoozed_until", "=", False)
        if folder == "waiting":
            return awake & Domain("state", "=", "waiting")
        awake &= Domain("state", "=", "open")
        if folder == "mine":
            return awake & Domain("user_id", "=", self.env.uid)
        if folder == "unassigned":
            return awake & Domain("user_id", "=", False)
        teams = self._teams_of_user()
        return awake & Domain("team_id", "in", teams.ids) if teams else awake

    @api.model
    def _scheduled_query(self):
        """:return: ids of the tickets with an answer that leaves later, as SQL"""
        self.env["omni.message"].flush_model(["state", "is_scheduled", "conversation_id"])
        return SQL(
            """(SELECT c.case_id FROM omni_message m
                  JOIN omni_conversation c ON c.id = m.conversation_id
                 WHERE m.is_scheduled AND m.state = 'queued' AND c.case_model = %s)""",
            CASE_MODEL,
        )

    @api.model
    def _teams_of_user(self):
        """Teams with tickets the user is a member of.

        :rtype: recordset of `crm.team`
        """
        # sudo: everybody may know which teams he is in
        members_sudo = self.env["crm.team.member"].sudo()
        domain = [("user_id", "=", self.env.uid), ("crm_team_id.use_tickets", "=", True)]
        return members_sudo.search(domain).crm_team_id.sudo(False)

    @api.model
    def _channel_domain(self, channel_id):
        """The tickets with a conversation on a channel.

        :param int | bool channel_id: False: on any, or on none
        :rtype: Domain
        """
        if not channel_id:
            return Domain.TRUE
        query = SQL(
            "(SELECT case_id FROM omni_conversation WHERE case_model = %s AND channel_id = %s)",
            CASE_MODEL,
            int(channel_id),
        )
        return Domain("id", "in", query)

    @api.model
    def _counts(self):
        """The folders and channels with their numbers.

        One pass over the tickets that are not done counts them all; ``count`` and ``unread`` are
        None for what only grows.

        :return: ``{"folders": [{"key", "name", "count", "unread"}], "channels": [{"id", "name",
            "provider", "icon", "count"}]}``
        :rtype: dict
        """
        tickets = self.env[CASE_MODEL]
        tickets.flush_model()
        query = tickets._search(Domain("is_spam", "=", False) & Domain("state", "!=", "done"))
        alias = tickets._table
        unread = SQL("%s > COALESCE(omni_read.last_in, 0)", SQL.identifier(alias, "inbox_last_in"))
        columns = [SQL.identifier(alias, "inbox_channel_id")]
        for domain in [self._work_domain(), *map(self._folder_domain, COUNTED_FOLDERS)]:
            where = domain.optimize_full(tickets)._to_sql(tickets, alias, query)
            columns += [
                SQL("COUNT(*) FILTER (WHERE %s)", where),
                SQL("COUNT(*) FILTER (WHERE %s AND %s)", where, unread),
            ]
        query.add_join(
            "LEFT JOIN",
            "omni_read",
            "omni_read",
            SQL(
                "omni_read.ticket_id = %s AND omni_read.user_id = %s",
                SQL.identifier(alias, "id"),
                self.env.uid,
            ),
        )
        query.groupby = columns[0]
        rows = self.env.execute_query(query.select(*columns))
        figures = [sum(column) for column in zip(*(row[3:] for row in rows), strict=True)]
        figures = figures or [0] * 2 * len(COUNTED_FOLDERS)
        counts = dict(
            zip(COUNTED_FOLDERS, zip(figures[::2], figures[1::2], strict=True), strict=True)
        )
        return {
            "folders": [
                {"key": key, "name": name, "count": count, "unread": unread}
                for key, name in self._folder_names().items()
                for count, unread in [counts.get(key, (None, None))]
            ],
            "channels": self._channels({row[0]: row[1] for row in rows}),
        }

    @api.model
    def _work_domain(self):
        """What waits for one of us, wherever it lies: what channels count.

        :rtype: Domain
        """
        return (
            Domain("is_spam", "=", False)
            & Domain("snoozed_until", "=", False)
            & Domain("state", "=", "open")
        )

    @api.model
    def _channels(self, counts):
        """The channels the user may see.

        :param dict counts: number of open tickets on no other channel, by id of the channel
        :rtype: list[dict]
        """
        self.env["omni.conversation"].flush_model(["case_model", "case_id", "channel_id"])
        mixed = self.env[CASE_MODEL]._search(
            self._work_domain() & Domain("inbox_is_mixed", "=", True)
        )
        rows = self.env.execute_query(
            SQL(
                """
                SELECT channel_id, COUNT(DISTINCT case_id) FROM omni_conversation
                 WHERE case_model = %s AND case_id IN %s
              GROUP BY channel_id
                """,
                CASE_MODEL,
                mixed.subselect(),
            )
        )
        also = dict(rows)
        counts = {id_: counts.get(id_, 0) + also.get(id_, 0) for id_ in counts.keys() | also.keys()}
        return [
            self._channel_data(channel) | {"count": counts.get(channel.id, 0)}
            for channel in self.env["omni.channel"].search_fetch(
                [], ["name", "provider", "is_enabled"]
            )
            # one that is being set up, or was taken out of service, is nobody's way to write
            if channel.is_enabled or counts.get(channel.id)
        ]

    @api.model
    def _channel_data(self, channel):
        """What the screen needs to draw a channel.

        :rtype: dict
        """
        return {
            "id": channel.id,
            "name": channel.name,
            "provider": channel.provider,
            "icon": channel.icon,
        }

    # === RPC === #

    @api.model
    @api.readonly
    def get_inbox(
        self, folder="mine", channel_id=False, search="", offset=0, limit=40, order=False
    ):
        """Everything the screen shows but the thread.

        :param str folder: key of a folder
        :param int | bool channel_id: only tickets with something on this channel
        :param str search: what is typed: customer, address, number of ticket or order, text
        :param str | bool order: ``priority``, ``newest`` or ``oldest``; False: as the folder is
        :return: see :meth:`get_items` for the lines, and ``folders``, ``channels``, ``total``
            (`COUNT_LIMIT` + 1: more than that), ``me``, ``users``, ``teams``, ``categories``,
            ``can_compose``
        :rtype: dict
        """
        self._check_user()
        counts = self._counts()
        found, total = self._page(folder, channel_id, search, offset, limit, order)
        if total is None:
            total = next(one["count"] for one in counts["folders"] if one["key"] == folder)
        return {
            **counts,
            "items": self._items(found),
            "total": total,
            **self._people(),
        }

    @api.model
    def _page(self, folder, channel_id, search, offset, limit, order):
        """A page of what is listed.

        :return: the tickets, and how many there are; None: as many as the folder has
        :rtype: tuple[recordset of `crm.ticket`, int | None]
        """
        tickets = self.env[CASE_MODEL]
        domain = self._list_domain(folder, channel_id, search)
        by = self._list_order(folder, order)
        limit = max(1, min(int(limit), 200))
        offset = max(0, int(offset))
        if folder in COUNTED_FOLDERS and not channel_id and not search:
            return tickets.search(domain, order=by, offset=offset, limit=limit), None
        if not channel_id and not search:
            found = tickets.search(domain, order=by, offset=offset, limit=limit)
        else:
            # what was looked for is found once, and counted on the way
            query = tickets._search(domain, order=by, offset=offset, limit=limit)
            column = SQL.identifier(tickets._table, "id")
            rows = self.env.execute_query(query.select(column, SQL("COUNT(*) OVER ()")))
            if rows:
                ids = [row[0] for row in rows]
                return tickets.browse(ids), min(rows[0][1], COUNT_LIMIT + 1)
            found = tickets
        if not found and not offset:
            return found, 0
        if found and len(found) < limit:
            return found, offset + len(found)
        return found, tickets.search_count(domain, limit=COUNT_LIMIT + 1)

    @api.model
    def _list_order(self, folder, order=False):
        """:return: what a folder is sorted by"""
        if order in ("priority", "newest", "oldest"):
            return ORDERS[order]
        if folder in WORK_FOLDERS:
            return ORDERS["priority"]
        return ORDERS["snoozed" if folder == "snoozed" else "newest"]

    @api.model
    @api.readonly
    def get_counts(self):
        """The numbers of folders and channels anew.

        :rtype: dict
        """
        self._check_user()
        return self._counts()

    @api.model
    @api.readonly
    def get_items(self, ids, folder=False, channel_id=False, search=""):
        """Lines of the list anew; those that are gone, or no longer the user's, are left out.

        :param folder, channel_id, search: as for :meth:`get_inbox`; with a folder, those that do
            not lie there any more are left out too
        :return: ``{"items", "folders", "channels"}``, and with a folder ``total``
        :rtype: dict
        """
        self._check_user()
        tickets = self.env[CASE_MODEL]
        wanted = Domain("id", "in", [int(id_) for id_ in ids])
        answer = self._counts()
        if folder:
            domain = self._list_domain(folder, channel_id, search)
            wanted &= domain
            answer["total"] = tickets.search_count(domain, limit=COUNT_LIMIT + 1)
        return answer | {"items": self._items(tickets.search(wanted))}

    @api.model
    def _list_domain(self, folder, channel_id=False, search=""):
        """What is listed.

        :rtype: Domain
        """
        return (
            self._folder_domain(folder)
            & self._channel_domain(channel_id)
            & self._search_domain(search)
        )

    @api.model
    def _people(self):
        """Who and what tickets are handed to: for the menus of the screen.

        :rtype: dict
        """
        group = self.env.ref(USER_GROUP)
        # sudo: names of colleagues and teams, in a query each
        users = (
            self.env["res.users"]
            .sudo()
            .search_fetch(
                [
                    ("all_group_ids", "in", group.ids),
                    ("share", "=", False),
                    ("company_ids", "in", self.env.companies.ids),
                ],
                ["partner_id"],
                order="name",
            )
        )
        teams = self.env["crm.team"].search_fetch([("use_tickets", "=", True)], ["name"])
        categories = self.env["crm.ticket.category"].search_fetch([], ["name", "code"])
        return {
            "me": {
                "id": self.env.uid,
                "name": self.env.user.name,
                "is_leader": self.env.user.has_group(LEADER_GROUP),
                "then": self.env.user.omni_then or "wait",
            },
            "users": [
                {"id": user.id, "name": user.name, "partner_id": user.partner_id.id}
                for user in users
            ],
            "teams": [{"id": team.id, "name": team.name} for team in teams],
            "categories": [self._category_data(category) for category in categories],
            "can_compose": [
                {"id": channel.id, "name": channel.name} for channel in self._channels_to_start()
            ],
        }
