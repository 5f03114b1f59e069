"""Run in ``odoo shell``: press Silicon Master's button "Synchronise", as the manager does."""

manager = env["res.users"].search([("login", "=", "manager")])  # noqa: F821
for backend in env["sm.backend"].with_user(manager).search([]):  # noqa: F821
    backend.action_run_now()
env.cr.commit()  # noqa: F821
