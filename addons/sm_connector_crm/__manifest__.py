{
    "name": "Silicon Master Connector for CRM",
    "summary": "A lead keeps its own e-mail and phone beside those that are Silicon Master's",
    "version": "19.0.1.0.0",
    "category": "Hidden",
    "author": "Silicon CRM Suite contributors",
    "license": "LGPL-3",
    "depends": ["sm_connector", "crm"],
    "auto_install": True,
}
