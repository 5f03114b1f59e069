"""The contacts, leads and past calls among which a caller is looked up.

Contacts stand in groups of five: a company with a landline, a person who repeats its number, and
three with a mobile number of their own. Numbers are written as people write them.
"""

from datetime import datetime, timedelta

BATCH = 1000
GROUP = 5
NAME = "Bench %06d"
LEADS_FROM = 900_000  # their numbers are nobody else's
UNKNOWN_FROM = 950_000
REQUESTS_PER_MINUTE = 1_000_000  # of one PBX: the limit is counted, and never met
#: One contact in so many has a lead, and past calls.
LEAD_EVERY, CALL_EVERY = 20, 2


# -- numbers ---------------------------------------------------------------------------------------


def landline(place: int) -> str:
    """Return a Belgian number of its own for each place below a million."""
    return f"+3222{place:06d}"


def mobile(place: int) -> str:
    return f"+32471{place:06d}"


def national(number: str) -> str:
    """Return a Belgian number as it is dialled in Belgium."""
    return f"0{number[3:]}"


def _written(number: str, place: int) -> str:
    local = national(number)
    return (number, f"{local[:4]}/{local[4:]}", f"0032 {number[3:]}")[place % 3]


def known(place: int) -> str:
    """Return the number of a contact."""
    return landline(place) if place % GROUP == 0 else mobile(place)


# -- the side --------------------------------------------------------------------------------------


def fill(process, contacts: int, calls: int, password: str) -> dict:
    """Create contacts, leads and past calls, give every user a password, and make a key.

    :return: ``key`` for the routes of the CRM template
    """
    with process.environment() as env:
        env = env(context={**env.context, "tracking_disable": True, "mail_create_nolog": True})
        _create_contacts(env, contacts)
        _create_leads(env, contacts // LEAD_EVERY)
        env["ir.config_parameter"].set_param(
            "threecx_bridge.requests_per_minute", REQUESTS_PER_MINUTE
        )
        env["res.users"].search([("share", "=", False), ("id", ">", 1)]).password = password
        pbx = env["threecx.pbx"].search([], limit=1)
        key = pbx.action_generate_key()["context"]["default_key"]
        if calls:
            _insert_calls(env, pbx, calls)
        env.cr.commit()
    return {"key": key}


def _create_contacts(env, count):
    partners = env["res.partner"]
    company = None
    for start in range(0, count, BATCH):
        places = range(start, min(start + BATCH, count))
        firms = partners.create([_firm(place) for place in places if place % GROUP == 0])
        by_place = dict(zip((p for p in places if p % GROUP == 0), firms.ids, strict=True))
        people = []
        for place in places:
            company = by_place.get(place - place % GROUP, company)
            if place % GROUP:
                people.append(_person(place, company))
        partners.create(people)
        env.cr.commit()
        env.invalidate_all()


def _firm(place):
    number = landline(place)
    return {
        "name": NAME % place,
        "is_company": True,
        "phone": _written(number, place // GROUP),
        "email": f"info{place}@example.com",
        "city": "Liège",
    }


def _person(place, company):
    values = {
        "name": NAME % place,
        "mobile": _written(mobile(place), place),
        "email": f"bench{place}@example.com",
        "city": "Namur",
    }
    if place % GROUP == 1:
        values |= {"parent_id": company, "phone": landline(place - 1)}
    return values


def _create_leads(env, count):
    leads = env["crm.lead"]
    for start in range(0, count, BATCH):
        leads.create(
            [
                {"name": f"Lead {place}", "phone": landline(LEADS_FROM + place), "type": "lead"}
                for place in range(start, min(start + BATCH, count))
            ]
        )
        env.cr.commit()
        env.invalidate_all()


def _insert_calls(env, pbx, count):
    """Past calls, each of a contact; without the leg, the lines in chatters and the activities,
    that no look-up reads."""
    partners = env["res.partner"].search([("name", "=like", "Bench %")], order="id", limit=count)
    began = datetime.now() - timedelta(days=300)
    rows = [
        (partner.id, partner.phone_key or partner.mobile_key, began + timedelta(minutes=place))
        for place, partner in enumerate(partners)
    ]
    for start in range(0, len(rows), BATCH):
        batch = rows[start : start + BATCH]
        env.cr.execute_values(
            """
            INSERT INTO threecx_call (
                pbx_id, company_id, kind, direction, match_kind, state, outcome, revision,
                talk_seconds, partner_id, number, number_key, number_display, number_suffix,
                started, answered, ended
            )
            SELECT pbx.id, pbx.company_id, 'call', 'inbound', 'number', 'ended', 'answered', 1, 60,
                   row.partner_id, row.number, row.number, row.number, right(row.number, 9),
                   row.started, row.started, row.started + interval '1 minute'
              FROM threecx_pbx pbx,
                   (VALUES %s) AS row (partner_id, number, started)
            """,
            batch,
        )
