from . import empty, webhook
