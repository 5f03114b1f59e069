"""A Microsoft Graph to practise with: mailboxes on 127.0.0.1, and those who write to them.

:mod:`~simulators.graph.exchange` is the mail itself, which knows no network: our mailboxes, the
customers' and what goes between them. What lies around it gives it the faces that Microsoft
publishes: OAuth, the messages of Graph v1.0, delta, subscriptions with their notifications, upload
sessions. Shapes come from Microsoft's documentation (:mod:`~simulators.graph.published` names the
page of each) and from what users of live tenants published.

``/sim/ledger`` is the truth that tests count against. Nothing here imports the addons: client and
simulator are held to the same published payloads, not to each other.
"""
