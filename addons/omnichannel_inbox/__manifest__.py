{
    "name": "Omnichannel Inbox",
    "summary": "Outlook and other channels in one inbox, as tickets of the customer",
    "version": "19.0.1.0.0",
    "category": "Sales/CRM",
    "author": "Silicon CRM Suite contributors",
    "license": "LGPL-3",
    "depends": ["crm_ticket"],
    "data": [
        "security/ir.model.access.csv",
        "security/omni_channel_security.xml",
        "security/omni_inbox_security.xml",
        "data/ir_cron_data.xml",
        "data/mail_activity_type_data.xml",
        "views/omni_inbox_views.xml",
        "views/omnichannel_inbox_menus.xml",
    ],
    "assets": {
        "web.assets_backend": ["omnichannel_inbox/static/src/**/*"],
        "web.assets_tests": ["omnichannel_inbox/static/tests/tours/**/*"],
        "web.assets_unit_tests": [
            "omnichannel_inbox/static/tests/**/*",
            ("remove", "omnichannel_inbox/static/tests/tours/**/*"),
        ],
    },
    "application": True,
}
