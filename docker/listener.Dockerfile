# The official image and the one package that following the calls of 3CX needs beyond it.
FROM odoo:19
USER root
RUN apt-get update \
    && apt-get install -y --no-install-recommends python3-websocket \
    && rm -rf /var/lib/apt/lists/*
USER odoo
