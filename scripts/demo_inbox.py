"""Run in ``odoo shell`` at each start of the demo: Odoo is linked with the simulated Microsoft 365,
iAdvize and Messenger.

``GRAPH_URL``, ``IADVIZE_URL`` and ``MESSENGER_URL`` are the simulators, which remember nothing.
"""

import os

#: As the simulator knows them (simulators/graph/directory.py).
APPLICATION = {
    "tenant": "7d1f3c52-6c0e-4a56-9d0b-2f4f9d3e8a11",
    "client_id": "2b9c6f0e-51d7-4f0a-8a55-6f3f0f7c9b21",
    "client_secret": "graph-demo-secret",
}
#: As the simulator of iAdvize knows the API user (simulators/iadvize/README.md).
API_USER = {
    "iadvize_user": "api@meubles-demo.example",
    "iadvize_password": "iadvize-demo-password",
}
PANEL_SECRET = "panel-demo-secret"
#: As the simulator of Messenger knows the application (simulators/messenger/README.md).
PAGE = {
    "messenger_page_id": "104875412345678",
    "messenger_page_token": "EAAmessengerDemoPageToken",
    "messenger_app_id": "731904562781234",
    "messenger_app_secret": "messenger-demo-secret",
    "messenger_has_human_agent": True,
}
GROUPS = {"vendeur": "user", "manager": "leader", "admin": "admin"}
MAILBOXES = (
    ("Info", "info@maison-meubles.example"),
    ("Service après-vente", "sav@maison-meubles.example"),
)
#: Shortcut, text; «…» is filled in by the inbox.
CANNED = (
    (
        "bonjour",
        "Bonjour {customer},\n\nMerci pour votre message.",
    ),
    (
        "date",
        "Votre commande {order} est attendue pour le {expected_date}. Nous vous écrivons dès "
        "qu'elle est arrivée.",
    ),
    (
        "photo",
        "Pourriez-vous nous envoyer une photo du dommage et de l'étiquette de l'emballage ?",
    ),
)


def set_up_users(env):
    """Who answers, and the team he is in."""
    users = env["res.users"]
    for login, group in GROUPS.items():
        user = users.search([("login", "=", login)])
        user.group_ids = [(4, env.ref(f"crm_ticket.group_ticket_{group}").id)]
    team = env["crm.team"].search([("name", "=", "Service clients")])
    if not team:
        members = users.search([("login", "in", ("vendeur", "manager"))])
        # people sell in one team and answer in another
        env["ir.config_parameter"].set_param("sales_team.membership_multi", "True")
        team = env["crm.team"].create(
            {
                "name": "Service clients",
                "use_tickets": True,
                "user_id": users.search([("login", "=", "manager")]).id,
                "crm_team_member_ids": [(0, 0, {"user_id": user.id}) for user in members],
            }
        )
        env["crm.ticket.sla"].create(
            {
                "name": "Première réponse en 4 heures",
                "kind": "first_answer",
                "hours": 4,
                "team_ids": [(4, team.id)],
            }
        )
    return team


def set_up_mailboxes(env, team):
    """The mailboxes of the shop, read and written through the simulator."""
    url = os.environ["GRAPH_URL"]
    addresses = {"outlook_graph_url": url, "outlook_login_url": url}
    account = env["omni.outlook.account"].search([], limit=1)
    if not account:
        account = env["omni.outlook.account"].create(
            {"name": "Microsoft 365 (démo)", **APPLICATION, **addresses}
        )
    elif account.outlook_graph_url != url:  # a secret does not move to another address by itself
        account.write({**addresses, **APPLICATION})
    for name, mailbox in MAILBOXES:
        channel = env["omni.channel"].search([("outlook_mailbox", "=", mailbox)])
        if not channel:
            channel = env["omni.channel"].create(
                {
                    "name": name,
                    "provider": "outlook",
                    "team_id": team.id,
                    "outlook_account_id": account.id,
                    "outlook_mailbox": mailbox,
                }
            )
        # the simulator remembers no subscription of the last time
        channel.folder_ids.write(
            {"outlook_subscription": False, "outlook_subscription_expiry": False}
        )
        channel.action_enable()


def set_up_chat(env, team):
    """The chat of the web site: answered at the desk of iAdvize, known here."""
    url = os.environ["IADVIZE_URL"]
    access = {**API_USER, "iadvize_url": url}
    channel = env["omni.channel"].search([("provider", "=", "iadvize")], limit=1)
    if not channel:
        channel = env["omni.channel"].create(
            {
                "name": "Chat du site",
                "provider": "iadvize",
                "team_id": team.id,
                "secret": "iadvize-demo-secret",
                "panel_secret": PANEL_SECRET,
                **access,
            }
        )
    elif channel.iadvize_url != url:
        channel.write(access)
    channel.write(
        {"panel_origins": url, "panel_library_url": f"{url}/static/idzcpa.js"},
    )
    channel.action_enable()


def set_up_page(env, team):
    """The page of the shop on Messenger."""
    url = os.environ["MESSENGER_URL"]
    channel = env["omni.channel"].search([("provider", "=", "messenger")], limit=1)
    if not channel:
        channel = env["omni.channel"].create(
            {
                "name": "Messenger",
                "provider": "messenger",
                "team_id": team.id,
                **PAGE,
                "messenger_api_url": url,
            }
        )
    elif channel.messenger_api_url != url:
        channel.write({**PAGE, "messenger_api_url": url})
    channel.action_enable()


def set_up_canned(env):
    """Answers that are not written twice."""
    canned = env["mail.canned.response"]
    group = env.ref("crm_ticket.group_ticket_user").id
    for source, text in CANNED:
        if not canned.search_count([("source", "=", source)]):
            canned.create({"source": source, "substitution": text, "group_ids": [(4, group)]})


def main(env):
    team = set_up_users(env)
    set_up_mailboxes(env, team)
    set_up_chat(env, team)
    set_up_page(env, team)
    set_up_canned(env)
    env.cr.commit()


main(env)  # noqa: F821
