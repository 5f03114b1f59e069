{
    "name": "Silicon Master Connector without Peppol Look-ups",
    "summary": "Contacts from Silicon Master are not looked up on Peppol one by one at night",
    "version": "19.0.1.0.0",
    "category": "Hidden",
    "author": "Silicon CRM Suite contributors",
    "license": "LGPL-3",
    "depends": ["sm_connector", "account_peppol"],
    "auto_install": True,
}
