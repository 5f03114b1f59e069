"""Odoo servers that are killed while they send the answers of the inbox."""

from .mailbox import answer_all, until
from .servers import server, wait_for, was_killed

#: Whose functions the points are in.
VARIABLES = {"SUITE_CRASH_ADDON": "odoo.addons.omnichannel_inbox"}
STATES = """
    SELECT state, count(*) FROM omni_message WHERE direction = 'out' GROUP BY state
"""


def answer_and_kill(database, points, html: str, look, hurry) -> None:
    """Have as many messages answered as there are points, and a server killed at each of them.

    :param points: tuples of a function (``module:Class:function``), at which of its calls, and
        whether ``before`` or ``after`` it: in the order in which they come
    :param look: of the kit of the channel: has a running Odoo fetch what customers wrote
    :param hurry: has what waits tried again now
    """
    with server(database):
        look(database)
        wait_for(
            lambda: database.query("SELECT count(*) FROM omni_message") == [(len(points),)],
            database,
            120,
        )
    answer_all(database, html)
    for point, times, when in points:
        hurry(database)
        with server(database, point, times, when, **VARIABLES) as process:
            wait_for(lambda: was_killed(process), database, 120)  # noqa: B023


def wait_until_sent(database, answers: int, hurry) -> None:
    """Have a running Odoo send what is left, until every answer is sent."""

    def is_over():
        hurry(database)
        return database.query(STATES) == [("sent", answers)]

    until(is_over, 240, database)
