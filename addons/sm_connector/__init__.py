from . import contract, formats, models, pipeline, transports
from .hooks import post_init_hook, uninstall_hook
