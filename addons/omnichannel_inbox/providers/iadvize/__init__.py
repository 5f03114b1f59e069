"""iAdvize: chats, followed here and answered at its own desk."""

from .provider import IadvizeProvider

__all__ = ["IadvizeProvider"]
