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
if not env["omni.outlook.account"].search([], limit=1):  # noqa: F821
    account = env["omni.outlook.account"].create(  # noqa: F821
        {
            "name": "Microsoft 365",
            "tenant": "7d1f3c52-6c0e-4a56-9d0b-2f4f9d3e8a11",
            "client_id": "2b9c6f0e-51d7-4f0a-8a55-6f3f0f7c9b21",
            "client_secret": "graph-demo-secret",
            "outlook_graph_url": "http://127.0.0.1:8073",
            "outlook_login_url": "http://127.0.0.1:8073",
        }
    )
    for mailbox in ("info@meubles-demo.example", "sav@meubles-demo.example"):
        env["omni.channel"].create(  # noqa: F821
            {
                "name": mailbox,
                "provider": "outlook",
                "outlook_account_id": account.id,
                "outlook_mailbox": mailbox,
            }
        ).action_enable()
if not env["omni.channel"].search([("provider", "=", "iadvize")], limit=1):  # noqa: F821
    env["omni.channel"].create(  # noqa: F821
        {
            "name": "Chat",
            "provider": "iadvize",
            "iadvize_user": "api@meubles-demo.example",
            "iadvize_password": "iadvize-demo-password",
            "iadvize_url": "http://127.0.0.1:8074",
            "secret": "iadvize-demo-secret",
            "panel_secret": "panel-demo-secret",
            "panel_origins": "http://127.0.0.1:8074",
            "panel_library_url": "http://127.0.0.1:8074/static/idzcpa.js",
        }
    ).action_enable()
if not env["omni.channel"].search([("provider", "=", "messenger")], limit=1):  # noqa: F821
    env["omni.channel"].create(  # noqa: F821
        {
            "name": "Messenger",
            "provider": "messenger",
            "messenger_page_id": "104875412345678",
            "messenger_page_token": "EAAmessengerDemoPageToken",
            "messenger_app_id": "731904562781234",
            "messenger_app_secret": "messenger-demo-secret",
            "messenger_api_url": "http://127.0.0.1:8075",
        }
    ).action_enable()
env["ir.config_parameter"].sudo().set_param("suite.installed", "1")  # noqa: F821
env.cr.commit()  # noqa: F821
