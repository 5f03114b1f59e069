from . import attachment, iadvize_panel, outlook, webhook
