{
    "name": "CRM Tickets",
    "summary": "Customer requests as tickets in the CRM: teams, stages, SLA, satisfaction, portal",
    "version": "19.0.1.0.0",
    "category": "Sales/CRM",
    "author": "Silicon CRM Suite contributors",
    "license": "LGPL-3",
    "depends": ["integration_base", "sale_crm", "rating", "portal"],
    "data": [
        "security/crm_ticket_groups.xml",
        "security/ir.model.access.csv",
        "security/crm_ticket_security.xml",
        "data/crm_ticket_data.xml",
        "data/ir_cron_data.xml",
    ],
    "application": True,
}
