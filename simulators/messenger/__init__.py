"""A Messenger to practise with: pages on 127.0.0.1, and the people who write to them.

:mod:`~simulators.messenger.world` is what really happened, which knows no network: people, their
threads with a page, and what each of them sees. What lies around it gives it the faces that Meta
publishes: webhooks signed over their raw body, the Send API, conversations, profiles, thread
control. Shapes come from Meta's documentation (:mod:`~simulators.messenger.published` names the
page of each) and from what users of the platform published; what is only known is marked †.

``/sim/ledger`` is the truth that tests count against. Nothing here imports the addons: client and
simulator are held to the same published payloads, not to each other.
"""
