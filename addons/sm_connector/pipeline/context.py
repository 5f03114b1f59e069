"""Marks the code that runs on behalf of the master, in this thread of this process only.

An Odoo context key would not do: every RPC client chooses its own.
"""

from contextlib import contextmanager
from contextvars import ContextVar

_on_behalf_of_master = ContextVar("sm_connector.on_behalf_of_master", default=None)

# Odoo's own switches for a load that must not mail, track, post or look things up
LOAD_CONTEXT = {
    "tracking_disable": True,
    "mail_create_nolog": True,
    "mail_create_nosubscribe": True,
    "mail_notrack": True,
    "mail_auto_subscribe_no_notify": True,
    "mail_activity_automation_skip": True,
    "no_vat_validation": True,  # base_vat: VAT numbers are kept as given
    "import_file": True,  # base_vat: no VIES look-up; others: no mail, no geolocation
    "sale_no_log_for_new_lines": True,
    "active_test": False,
    "lang": None,
}


@contextmanager
def on_behalf_of_master():
    """Let what runs inside change what the master owns."""
    token = _on_behalf_of_master.set({})
    try:
        yield
    finally:
        _on_behalf_of_master.reset(token)


def is_on_behalf_of_master() -> bool:
    """Return whether the pipeline itself is at work."""
    return _on_behalf_of_master.get() is not None


def load_memory(topic: str):
    """Return a dict that lives as long as this slice of the load; None outside of one."""
    memory = _on_behalf_of_master.get()
    return None if memory is None else memory.setdefault(topic, {})
