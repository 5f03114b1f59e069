"""A page on Messenger: webhooks and the Graph API of Meta's Messenger Platform.

What is marked † was not found in a public document and not tried against the real thing.
"""

from .provider import MessengerProvider

__all__ = ["MessengerProvider"]
