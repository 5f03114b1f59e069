"""Run in ``odoo shell`` on a new demo database: the company, the users, the link to Silicon Master.

Running it twice changes nothing. ``SM_DROP`` is the folder into which the simulator writes.
"""

import os

LANG = "fr_BE"
USERS = (
    # login, name, groups
    (
        "vendeur",
        "Valérie Vendeur",
        ("base.group_user", "sales_team.group_sale_salesman", "sm_connector.group_sm_user"),
    ),
    (
        "manager",
        "Marc Manager",
        (
            "base.group_user",
            "base.group_partner_manager",
            "sales_team.group_sale_manager",
            "sm_connector.group_sm_operator",
        ),
    ),
)


def group_ids(env, names):
    return [(4, env.ref(name).id) for name in names]


def set_up_users(env):
    """The three people of the demo; the password of each is his login."""
    for login, name, groups in USERS:
        user = env["res.users"].search([("login", "=", login)])
        if not user:
            user = env["res.users"].create(
                {"login": login, "name": name, "password": login, "lang": LANG}
            )
        user.write({"group_ids": group_ids(env, groups), "tz": "Europe/Brussels"})
    admin = env.ref("base.user_admin")
    admin.write({"name": "Alice Administratrice", "lang": LANG, "tz": "Europe/Brussels"})
    admin.group_ids = group_ids(
        env, ("sm_connector.group_sm_admin", "sales_team.group_sale_manager")
    )


def set_up_silicon_master(env):
    """The link to Silicon Master, reading the folder into which the simulator writes."""
    values = {"drop_folder": os.environ["SM_DROP"]}
    backend = env["sm.backend"].search([], limit=1)
    if backend:
        backend.write(values)
    else:
        env["sm.backend"].create({"name": "Silicon Master", **values})


def main(env):
    set_up_users(env)
    set_up_silicon_master(env)
    env["ir.config_parameter"].sudo().set_param("suite.demo_ready", "1")
    env.cr.commit()


main(env)  # noqa: F821
