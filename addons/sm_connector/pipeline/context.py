"""Marks the code that runs on behalf of the master, in this thread of this process only.

An Odoo context key would not do: every RPC client chooses its own.
"""

from contextlib import contextmanager
from contextvars import ContextVar

_on_behalf_of_master = ContextVar("sm_connector.on_behalf_of_master", default=None)
EVERYTHING = frozenset(["*"])
_deriving = ContextVar("sm_connector.deriving", default=frozenset())

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


@contextmanager
def deriving(names=None):
    """Let values that Odoo itself derives from other records pass by the master's fields.

    Inside, whatever would change one of them is left out instead of being refused.

    :param names: the fields meant; all when it is None
    """
    outer = _deriving.get()
    is_all = names is None or outer is EVERYTHING
    token = _deriving.set(EVERYTHING if is_all else outer | frozenset(names))
    try:
        yield
    finally:
        _deriving.reset(token)


def is_derived(names) -> bool:
    """Return whether Odoo is copying the values of fields from one record to another by itself."""
    fields = _deriving.get()
    return fields is EVERYTHING or names <= fields


def load_memory(topic: str):
    """Return a dict that lives as long as this slice of the load; None outside of one."""
    memory = _on_behalf_of_master.get()
    return None if memory is None else memory.setdefault(topic, {})
