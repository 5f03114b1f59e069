"""Who may synchronise a master: one process at a time."""

from contextlib import contextmanager

LOCK_SPACE = 0x534D  # "SM": keeps these advisory locks apart from anybody else's


@contextmanager
def backend_lock(env, backend):
    """Hold the lock of a master for as long as the block runs.

    It is a session lock on a connection of its own: a transaction lock would end with the first
    commit of the run, and PostgreSQL releases a session lock by itself when the process dies.

    :yield bool: whether this process got it; False when another one is at work
    """
    with env.registry.cursor() as cr:
        cr.execute("SELECT pg_try_advisory_lock(%s, %s)", [LOCK_SPACE, backend.id])
        is_mine = cr.fetchone()[0]
        # the lock outlives the transaction, which would keep PostgreSQL from vacuuming all night
        cr.commit()  # pylint: disable=invalid-commit
        try:
            yield is_mine
        finally:
            if is_mine:
                cr.execute("SELECT pg_advisory_unlock(%s, %s)", [LOCK_SPACE, backend.id])
