"""Run in ``odoo shell`` at each start of the demo: Odoo and the simulated 3CX are linked.

``THREECX_URL`` is the simulator, which remembers nothing; ``ODOO_URL`` is where Odoo will be.
"""

import json
import os
import urllib.request

#: As the simulator knows them (simulators/threecx/house.py).
CLIENT = {"client_id": "900", "client_secret": "threecx-demo-secret"}
#: login → mail address, as that of the user's extension; groups
USERS = {
    "vendeur": ("vendeur@demo.example", ("group_threecx_user",)),
    "manager": (
        "manager@demo.example",
        ("group_threecx_manager", "group_threecx_recording"),
    ),
    "admin": (None, ("group_threecx_admin", "group_threecx_recording")),
}

#: Two of a family and one landline: when it rings, nobody knows who of them is calling.
FAMILY_PHONE = "085 21 33 44"
FAMILY = ("Isabelle Thonet", "Marc Thonet")


def set_up_users(env):
    """Who calls, and what he may see; an address that somebody gave a user stays."""
    for login, (email, groups) in USERS.items():
        user = env["res.users"].search([("login", "=", login)])
        if email and not user.email:
            user.email = email
        user.group_ids = [(4, env.ref(f"threecx_bridge.{name}").id) for name in groups]


def set_up_pbx(env):
    """The telephone system, linked live, with its extensions and who has which."""
    pbx = env["threecx.pbx"].search([], limit=1)
    if not pbx:
        manager = env["res.users"].search([("login", "=", "manager")])
        team = env.ref("sales_team.team_sales_department")
        team.user_id = manager
        pbx = env["threecx.pbx"].create(
            {
                "name": "3CX",
                "team_id": team.id,
                "fallback_user_id": manager.id,
                "keep_recordings": True,
                "listener_enabled": True,
            }
        )
    url = os.environ["THREECX_URL"]
    if pbx.url != url:  # a secret does not move to another address by itself
        pbx.write({"url": url, **CLIENT})
    pbx.action_test_connection()
    pbx.action_import_extensions()
    return pbx


def set_up_family(env):
    """Contacts and a lead that share a number, beside those of Silicon Master."""
    partners = env["res.partner"].with_context(active_test=False)
    if not partners.search_count([("phone", "=", FAMILY_PHONE)], limit=1):
        common = {"phone": FAMILY_PHONE, "city": "Huy", "zip": "4500"}
        common["country_id"] = env.ref("base.be").id
        partners.create([{"name": name, "lang": "fr_BE", **common} for name in FAMILY])
        # nobody's yet: every sales rep sees it
        lead = {"name": "Cuisine avec îlot, rue Neuve", "user_id": False}
        env["crm.lead"].create({**lead, **common})


def give_template(env, pbx):
    """What an administrator does by hand: make a key, and upload the template with it."""
    key = pbx.action_generate_key()["context"]["default_key"]
    pbx.action_revoke_old_keys()
    body = {"xml": pbx._render_template().decode(), "parameters": {"ApiKey": key}}
    request = urllib.request.Request(
        f"{os.environ['THREECX_URL']}/sim/template",
        method="PUT",
        data=json.dumps(body).encode(),
        headers={"Content-Type": "application/json"},
    )
    urllib.request.urlopen(request, timeout=30).close()


def main(env):
    settings = env["ir.config_parameter"].sudo()
    settings.set_param("web.base.url", os.environ["ODOO_URL"])
    set_up_users(env)
    set_up_family(env)
    pbx = set_up_pbx(env)
    give_template(env, pbx)
    env.cr.commit()


main(env)  # noqa: F821
