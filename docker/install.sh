#!/bin/bash
# Run in the odoo:19 image by docker-compose.yml: creates the database, or updates the suite in it.
set -euo pipefail

database=suite
apps=contacts,crm,sale_management,calendar,project,mass_mailing,hr_recruitment,l10n_be
suite=$(cd /mnt/extra-addons && ls -d -- */__manifest__.py | xargs -n1 dirname | paste -sd,)
server=(odoo server --config=/etc/odoo/odoo.conf --database="$database" --no-http --stop-after-init)

installed() { # is the last thing that a first start does there?
    psql --dbname="$database" --tuples-only --no-align --command \
        "SELECT 1 FROM ir_config_parameter WHERE key = 'suite.installed'" 2>/dev/null | grep -q 1
}

if installed; then
    "${server[@]}" --init="$suite" --update="$suite"
else
    "${server[@]}" --init=base --load-language=en_US,fr_BE
    odoo shell --config=/etc/odoo/odoo.conf --database="$database" --no-http < /opt/suite/docker/company.py
    "${server[@]}" --init="$apps,$suite"
    odoo shell --config=/etc/odoo/odoo.conf --database="$database" --no-http < /opt/suite/docker/connect.py
fi
