"""The CRM template engine of the PBX: loads a server-side CRM template and executes it.

    template = Template.parse(xml)                # TemplateError: the PBX refuses the file
    engine = Engine(template, {"ApiKey": "…"}, version="20.0.10")
    engine.lookup("+32475123456")                 # list of Contact

How a PBX behaves was learned from published templates and what was written about them; where these
contradict each other, :class:`Behaviour` has a switch.
"""

from .engine import Behaviour, Engine, Exchange
from .errors import ExpressionError, HttpError, TemplateError
from .moments import Contact, EndedCall, EndedChat
from .template import Template
from .web import Answer, Sent, UrllibHttp

__all__ = [
    "Answer",
    "Behaviour",
    "Contact",
    "EndedCall",
    "EndedChat",
    "Engine",
    "Exchange",
    "ExpressionError",
    "HttpError",
    "Sent",
    "Template",
    "TemplateError",
    "UrllibHttp",
]
