"""The providers of channels, by their code: plain Python, no database."""

from .base import Provider
from .demo import DemoProvider
from .iadvize import IadvizeProvider
from .messenger import MessengerProvider
from .outlook import OutlookProvider

__all__ = ["PROVIDERS", "register"]

PROVIDERS: dict[str, type[Provider]] = {}


def register(provider: type[Provider]) -> type[Provider]:
    """Make a provider known by its code (also usable as a decorator)."""
    PROVIDERS[provider.code] = provider
    return provider


register(DemoProvider)
register(IadvizeProvider)
register(MessengerProvider)
register(OutlookProvider)
