# The outside world on this machine; `simulators/` needs nothing of Odoo.
FROM python:3.12-slim
COPY requirements-simulators.txt /opt/suite/
RUN pip install --no-cache-dir -r /opt/suite/requirements-simulators.txt
COPY simulators /opt/suite/simulators
# Odoo, another user, moves what it has read out of the drop folder: hence writable for all.
RUN useradd --uid 10001 --no-create-home simulator \
    && install -d -o simulator -m 0755 /var/lib/silicon_master/state \
    && install -d -o simulator -m 0777 /var/lib/silicon_master/drop
USER simulator
WORKDIR /opt/suite
ENTRYPOINT ["/bin/sh", "-c", "name=$1; shift; exec python -m simulators.$name \"$@\"", "simulator"]
