"""Stand-ins for the systems outside Odoo. Nothing here imports anything from ``addons/``.

Each folder is one system. What those on aiohttp share lies beside them: ``service`` (the
application, its chores, its watchers), ``serving`` (how it runs, notes and breaks off requests),
``control`` (routes under ``/sim``), ``faults``, ``clock``, ``pages`` and ``static``,
``command_line``; ``testing`` for their tests, ``own_api`` for those of the addons.
"""
