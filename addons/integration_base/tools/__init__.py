"""Pure helpers: no environment, no network."""

from . import email, phone
