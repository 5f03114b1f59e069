"""What the inbox and Odoo's CRM are filled with: the same requests of the same customers, in a
database with our addons as tickets, in one without as leads; and a thread of many messages in each.

A few hundred requests come in as they always do, through the ORM. The others are copies of their
rows, every column the same but for ids, unique keys and dates: thousands would take the ORM hours.
"""

from datetime import datetime, timedelta

PASSWORD = "bench"  # of the user below
#: Whoever looks: a rep of the team that all tickets belong to, and one who sees all leads.
LOGIN = "bench_rep"
COLLEAGUES = 14
PEOPLE = 200
#: Requests that come in by the ORM; all others are copies of them.
PROTOTYPES = 200
#: What the id of a copy is more than that of its original, or of the copy before.
STRIDE = 100_000
THREAD_SUBJECT = "Bench thread"
CUSTOMER = "bench0@example.com"
#: One request in so many: is assigned, has an order, a tag.
ASSIGNED, ORDERED, TAGGED = 2, 5, 3
WORDS = (
    "le canapé commandé chez vous en septembre n'est toujours pas là et le livreur ne répond pas "
    "au téléphone pouvez-vous me dire quand il arrivera car nous partons en vacances la semaine "
    "prochaine et personne ne sera à la maison pour ouvrir la porte merci beaucoup d'avance "
)


def subject(place: int) -> str:
    return f"Commande {40_000 + place}: {' '.join(WORDS.split()[place % 20 : place % 20 + 5])}"


def text(place: int) -> str:
    """Return what is written in a message: each a little longer or shorter, with its number."""
    words = WORDS.split() * 2
    return f"Message {place}: {' '.join(words[place % 30 : place % 30 + 20 + place % 25])}."


def html(place: int) -> str:
    """Return the same as a mail program writes it."""
    return f"<div><p>Bonjour,</p><p>{text(place)}</p><p>Cordialement,<br>Client {place}</p></div>"


# -- the sides -------------------------------------------------------------------------------------


def fill_tickets(process, count: int, thread: int) -> dict:
    """Fill a database with our addons.

    :param count: tickets that are open; :param thread: messages of one more ticket
    :return: ``ticket``: id of the one with the thread; ``token`` and ``secret`` of the channel
    """
    with process.environment() as env:
        team = env["crm.team"].create({"name": "Bench", "use_tickets": True})
        users = _users(env, "crm_ticket.group_ticket_user")
        team.crm_team_member_ids = [(0, 0, {"user_id": user.id}) for user in users]
        env["crm.ticket.sla"].create({"name": "Bench", "hours": 8, "team_ids": team.ids})
        channel = env["omni.channel"].create(
            {
                "name": "Bench",
                "provider": "demo",
                "team_id": team.id,
                "is_enabled": True,
                "start_date": datetime.now() - timedelta(days=400),
            }
        )
        create_people(env)
        _ingest_requests(env, channel, min(count, PROTOTYPES))
        tickets = env["crm.ticket"].search([("team_id", "=", team.id)], order="id")
        _dress_up(env, tickets, users)
        env.flush_all()
        _copy_tickets(env.cr, tickets.ids, count)
        ticket = ingest_thread(env, channel, thread)
        answer = {
            "ticket": ticket.id,
            "user": users[0].id,
            "token": channel.webhook_token,
            "secret": channel.secret,
            "tickets": env["crm.ticket"].search_count([("state", "=", "open")]),
        }
        env.cr.commit()
    return answer


def fill_leads(process, count: int, thread: int) -> dict:
    """Fill a database without our addons.

    :return: ``lead``: id of the one with the thread; ``view``, ``search``: ids of the list's views
    """
    with process.environment() as env:
        env = env(
            context={**env.context, "tracking_disable": True, "mail_create_nosubscribe": True}
        )
        team = env["crm.team"].create({"name": "Bench"})
        users = _users(env, "sales_team.group_sale_salesman_all_leads")
        people = create_people(env)
        tags = _tags(env)
        leads = env["crm.lead"].create(
            [
                {
                    "name": subject(place),
                    "type": "opportunity",
                    "partner_id": people[place % PEOPLE].id,
                    "team_id": team.id,
                    "user_id": users[place % len(users)].id if place % ASSIGNED == 0 else False,
                    "expected_revenue": 100 * place,
                    "tag_ids": tags.ids if place % TAGGED == 0 else False,
                }
                for place in range(min(count, PROTOTYPES))
            ]
        )
        env.flush_all()
        _copy_leads(env.cr, leads.ids, count)
        lead = _post_thread(env, team, people[0], users[0], thread)
        answer = {
            "lead": lead.id,
            "user": users[0].id,
            "view": env.ref("crm.crm_case_tree_view_oppor").id,
            "search": env.ref("crm.view_crm_case_opportunities_filter").id,
            "leads": env["crm.lead"].search_count([]),
        }
        env.cr.commit()
    return answer


# -- people ----------------------------------------------------------------------------------------


def _users(env, group):
    """The rep and his colleagues; he is the first."""
    users = env["res.users"].with_context(no_reset_password=True)
    logins = [LOGIN, *(f"bench_colleague{place}" for place in range(COLLEAGUES))]
    found = users.create(
        [
            {
                "name": f"Colleague {place}",
                "login": login,
                "email": f"{login}@shop.example",
                "lang": "en_US",
                "group_ids": [(4, env.ref(group).id)],
            }
            for place, login in enumerate(logins)
        ]
    )
    found[0].password = PASSWORD
    return found


def create_people(env):
    """Create the customers, the same in every database."""
    return env["res.partner"].create(
        [
            {
                "name": f"Client {place:03d}",
                "email": f"bench{place}@example.com",
                "phone": f"+32 2 223 {place // 100:02d} {place % 100:02d}",
                "city": "Liège",
            }
            for place in range(PEOPLE)
        ]
    )


def _tags(env):
    return env["crm.tag"].create([{"name": f"Bench {place}", "color": place} for place in (1, 2)])


# -- tickets ---------------------------------------------------------------------------------------


def _inbound(place, when, **values):
    from odoo.addons.omnichannel_inbox.providers.base import Address, Inbound

    address = f"bench{place % PEOPLE}@example.com"
    return Inbound(
        **{
            "external_id": f"bench-{place}",
            "sent": when,
            "author": Address(address, f"Client {place % PEOPLE:03d}", address),
            "conversation": f"bench-{place}",
            "subject": subject(place),
            "html": html(place),
            "text": text(place),
            "is_authenticated": True,
            **values,
        }
    )


def _ingest_requests(env, channel, count):
    now = datetime.now().replace(microsecond=0)
    inbounds = [_inbound(place, now - timedelta(hours=place)) for place in range(count)]
    env["omni.conversation"]._ingest_batch(channel, inbounds)


def _dress_up(env, tickets, users):
    """What colleagues do with tickets: take them, say which order they are about, tag them."""
    order = env["sale.order"].create({"partner_id": env["res.partner"].search([], limit=1).id})
    tags = _tags(env)
    for place, user in enumerate(users):
        tickets[place * ASSIGNED :: len(users) * ASSIGNED].user_id = user
    tickets[::ORDERED].order_ids = order
    tickets[::TAGGED].tag_ids = tags


def ingest_thread(env, channel, count):
    began = datetime.now().replace(microsecond=0) - timedelta(days=100)
    inbounds = [
        _inbound(
            0,
            began + timedelta(hours=place),
            external_id=f"thread-{place}",
            conversation="thread",
            subject=THREAD_SUBJECT,
            html=html(place),
            text=text(place),
            is_ours=place % 2 == 1,
        )
        for place in range(count)
    ]
    messages = env["omni.conversation"]._ingest_batch(channel, inbounds)
    return messages[0].conversation_id._case()


def _copy_tickets(cr, ids, count):
    copies = _Copies(cr, count, len(ids))
    if not copies.times:
        return
    tickets, conversations = ids, copies.ids("omni_conversation", "case_id", ids)
    mails = copies.column("omni_message", "mail_message_id", "conversation_id", conversations)
    texts = {name: f"{name} || '-' || k" for name in ("external_id", "uuid")}
    copies.make(
        "crm_ticket",
        tickets,
        number="number || '-' || k",
        name="name || ' ' || k",
        inbox_last_in=f"inbox_last_in + k * {STRIDE}",
        **{
            name: f"{name} - k * interval '7 minutes'"
            for name in ("inbox_date", "waiting_since", "first_customer_date", "last_customer_date")
        },
    )
    copies.make(
        "omni_conversation",
        conversations,
        external_id=texts["external_id"],
        case_id=f"case_id + k * {STRIDE}",
    )
    copies.make(
        "mail_message",
        mails,
        res_id=f"res_id + k * {STRIDE}",
        message_id="message_id || k",
    )
    copies.make(
        "omni_message",
        copies.ids("omni_message", "conversation_id", conversations),
        **texts,
        internet_message_id="internet_message_id || k",
        mail_message_id=f"mail_message_id + k * {STRIDE}",
        conversation_id=f"conversation_id + k * {STRIDE}",
    )
    copies.make(
        "crm_ticket_sla_status",
        copies.ids("crm_ticket_sla_status", "ticket_id", tickets),
        ticket_id=f"ticket_id + k * {STRIDE}",
    )
    for table in ("crm_ticket_tag_rel", "crm_ticket_sale_order_rel"):
        copies.make_links(table, "ticket_id", tickets)


# -- leads -----------------------------------------------------------------------------------------


def _copy_leads(cr, ids, count):
    copies = _Copies(cr, count, len(ids))
    if not copies.times:
        return
    copies.make("crm_lead", ids, name="name || ' ' || k")
    copies.make_links("crm_tag_rel", "lead_id", ids)


def _post_thread(env, team, customer, user, count):
    lead = env["crm.lead"].create(
        {
            "name": THREAD_SUBJECT,
            "type": "opportunity",
            "partner_id": customer.id,
            "team_id": team.id,
            "user_id": user.id,
        }
    )
    lead.message_ids.unlink()
    began = datetime.now().replace(microsecond=0) - timedelta(days=100)
    comment = env.ref("mail.mt_comment")
    env["mail.message"].create(
        [
            {
                "model": lead._name,
                "res_id": lead.id,
                "subject": THREAD_SUBJECT,
                "body": html(place),
                "date": began + timedelta(hours=place),
                "message_type": "comment" if place % 2 else "email",
                "subtype_id": comment.id,
                "author_id": (user.partner_id if place % 2 else customer).id,
                "email_from": (user.partner_id if place % 2 else customer).email_formatted,
            }
            for place in range(count)
        ]
    )
    return lead


# -- copies ----------------------------------------------------------------------------------------


class _Copies:
    """Rows with all the columns that the ORM gave their originals.

    :param int count: rows wanted; :param int originals: rows there are
    :ivar int times: copies of each
    """

    def __init__(self, cr, count, originals):
        self.cr = cr
        self.times = -(-count // originals) - 1

    def ids(self, table, column, values):
        """Return the ids of the rows that refer to others."""
        return self.column(table, "id", column, values)

    def column(self, table, wanted, column, values):
        self.cr.execute(
            f"SELECT {wanted} FROM {table} WHERE {column} = ANY(%s) ORDER BY id", [list(values)]
        )
        return [value for (value,) in self.cr.fetchall()]

    def make(self, table, ids, **expressions):
        """Copy rows.

        :param expressions: what differs, as SQL of the row and of ``k``, the number of the copy
        """
        expressions = {"id": f"id + k * {STRIDE}", **expressions}
        columns = self._columns(table)
        values = ", ".join(expressions.get(name, f'"{name}"') for name in columns)
        names = ", ".join(f'"{name}"' for name in columns)
        self.cr.execute(
            f"INSERT INTO {table} ({names}) SELECT {values} FROM {table}, generate_series(1, %s) k "
            "WHERE id = ANY(%s)",
            [self.times, ids],
        )
        self.cr.execute(f"SELECT setval('{table}_id_seq', max(id)) FROM {table}")

    def make_links(self, table, column, ids):
        """Copy rows of a table that joins two others, for the copies of one of them."""
        names = self._columns(table)
        values = [f"{column} + k * {STRIDE}" if name == column else name for name in names]
        self.cr.execute(
            f"INSERT INTO {table} ({', '.join(names)}) SELECT {', '.join(values)} "
            f"FROM {table}, generate_series(1, %s) k WHERE {column} = ANY(%s)",
            [self.times, ids],
        )

    def _columns(self, table):
        self.cr.execute(
            "SELECT column_name FROM information_schema.columns WHERE table_name = %s "
            "AND table_schema = current_schema AND is_generated = 'NEVER'",
            [table],
        )
        return [name for (name,) in self.cr.fetchall()]
