"""A 3CX to practise with: its interfaces on 127.0.0.1, and calls that are made by hand or by test.

:mod:`~simulators.threecx.calls` is the exchange, a state machine that knows no network; what lies
around it gives it the faces that 3CX publishes: OAuth, Call Control with its websocket, and the
XAPI. Shapes come from 3CX's own repositories (the file is named where the shape is written) and
from payloads that users of live systems published; what nobody published is marked *unverified*.

:mod:`~simulators.threecx.ledger` is the truth that tests count against. Nothing here imports the
addons: client and simulator are held to the same published payloads, not to each other.
"""
