{
    "name": "Silicon Master Connector",
    "summary": "Contacts, articles and customer orders from Silicon Master, every night, one way",
    "version": "19.0.1.0.0",
    "category": "Sales/CRM",
    "author": "Silicon CRM Suite contributors",
    "license": "LGPL-3",
    "depends": ["integration_base", "sale_management", "base_vat"],
    "external_dependencies": {"python": ["openpyxl", "phonenumbers", "python-stdnum"]},
    "data": [
        "security/sm_connector_groups.xml",
        "security/ir.model.access.csv",
        "security/sm_connector_security.xml",
        "data/ir_cron_data.xml",
    ],
    "post_init_hook": "post_init_hook",
    "uninstall_hook": "uninstall_hook",
    "application": True,
}
