"""What has to be kept whatever becomes of the request."""

from functools import partial

from odoo.service.model import retrying

__all__ = ["run_apart"]


def run_apart(env, function, *args):
    """Return ``function(env, *args)``, in a transaction of its own that is committed.

    For what must be there before an outside system is spoken to, or even if the request fails. It
    is called again when it collided with another transaction.

    :param env: user, context and database; not the transaction
    """
    with env.registry.cursor() as cr:
        apart = env(cr=cr)
        return retrying(partial(function, apart, *args), apart)
