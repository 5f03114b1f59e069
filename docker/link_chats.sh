#!/bin/bash
# Run in the odoo:19 image by docker-compose.yml, whenever everything is up: tells the simulators of
# iAdvize and Messenger, which remember nothing, where Odoo listens.
set -euo pipefail

odoo=${ODOO_URL:-http://127.0.0.1:8069}
iadvize=${IADVIZE_URL:-http://127.0.0.1:8074}
messenger=${MESSENGER_URL:-http://127.0.0.1:8075}

tell() { # simulator, JSON
    curl --fail --silent --show-error --output /dev/null --header "Content-Type: application/json" \
        --data "$2" "$1/sim/app"
}

one() { # provider, expression on its channel: JSON
    psql --dbname="${DATABASE:-suite}" --tuples-only --no-align --command \
        "SELECT $2 FROM omni_channel WHERE provider = '$1' AND active ORDER BY id LIMIT 1"
}

chat=$(one iadvize "json_build_object(
    'webhook_url', '$odoo/omni/webhook/' || webhook_token, 'secret', secret,
    'panel_url', '$odoo/omni/panel/' || panel_token, 'panel_secret', panel_secret)")
page=$(one messenger "json_build_object(
    'webhook_url', '$odoo/omni/webhook/' || webhook_token,
    'verify_token', messenger_verify_token, 'subscribe', true)")
[ -z "$chat" ] || tell "$iadvize" "$chat"
[ -z "$page" ] || tell "$messenger" "$page"
