from . import attachment, outlook, webhook
