"""Run in ``odoo shell`` with only ``base`` installed: the company, before it gets its taxes."""

env.company.write(  # noqa: F821
    {
        "name": "Maison & Meubles",
        "street": "Rue de la Cathédrale 12",
        "zip": "4000",
        "city": "Liège",
        "country_id": env.ref("base.be").id,  # noqa: F821
        "email": "info@maison-meubles.example",
    }
)
env.company.partner_id.lang = "fr_BE"  # noqa: F821
env.cr.commit()  # noqa: F821
