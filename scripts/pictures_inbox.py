"""The pictures of the documentation of the inbox.

Customers write at the simulated Microsoft Graph, and their mails come into Odoo by its
notifications, as in real life.
"""

from .camera import Sitting

SITTINGS: tuple[Sitting, ...] = ()
