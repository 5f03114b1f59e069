"""Run in ``odoo shell`` with only ``base`` installed: the country decides the taxes."""

env.company.country_id = env.ref("base.be")  # noqa: F821
env.cr.commit()  # noqa: F821
