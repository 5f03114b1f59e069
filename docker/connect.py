"""Run in ``odoo shell`` after the installation: read what the simulators write and say."""

if not env["sm.backend"].search([], limit=1):  # noqa: F821
    env["sm.backend"].create(  # noqa: F821
        {"name": "Silicon Master", "drop_folder": "/var/lib/silicon_master/drop"}
    )
if not env["threecx.pbx"].search([], limit=1):  # noqa: F821
    env["threecx.pbx"].create(  # noqa: F821
        {
            "name": "3CX",
            "url": "http://127.0.0.1:8071",
            "client_id": "900",
            "client_secret": "threecx-demo-secret",
            "listener_enabled": True,
        }
    )
env["ir.config_parameter"].sudo().set_param("suite.installed", "1")  # noqa: F821
env.cr.commit()  # noqa: F821
