"""Outlook by Microsoft Graph: plain Python, no database."""

from .provider import OutlookProvider

__all__ = ["OutlookProvider"]
