{
    "name": "Integration Base",
    "summary": "Phone and e-mail keys, customer card and connection health for integrations",
    "version": "19.0.1.0.0",
    "category": "Sales/CRM",
    "author": "Silicon CRM Suite contributors",
    "license": "LGPL-3",
    "depends": ["mail", "contacts", "phone_validation"],
    "external_dependencies": {"python": ["phonenumbers"]},
    "data": [
        "data/mail_activity_type_data.xml",
        "data/ir_cron_data.xml",
        "views/res_partner_views.xml",
    ],
    "assets": {
        "web.assets_backend": [
            "integration_base/static/src/**/*",
        ],
        "web.assets_tests": [
            "integration_base/static/tests/tours/**/*",
        ],
    },
}
