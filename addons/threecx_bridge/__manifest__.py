{
    "name": "3CX Bridge",
    "summary": "Call from any number, know who is calling, keep what was said",
    "version": "19.0.1.0.0",
    "category": "Sales/CRM",
    "author": "Silicon CRM Suite contributors",
    "license": "LGPL-3",
    "depends": ["integration_base", "crm"],
    "external_dependencies": {"python": ["phonenumbers"]},
    "data": [
        "security/threecx_bridge_groups.xml",
        "security/ir.model.access.csv",
        "security/threecx_pbx_security.xml",
        "views/threecx_pbx_views.xml",
        "views/threecx_pbx_template_views.xml",
        "views/threecx_pop_templates.xml",
        "wizard/threecx_key_show_views.xml",
        "views/threecx_bridge_menus.xml",
    ],
    "assets": {
        "web.assets_backend": ["threecx_bridge/static/src/**/*"],
        "web.assets_tests": ["threecx_bridge/static/tests/tours/**/*"],
        "web.assets_unit_tests": [
            "threecx_bridge/static/tests/**/*",
            ("remove", "threecx_bridge/static/tests/tours/**/*"),
        ],
    },
    "application": True,
}
