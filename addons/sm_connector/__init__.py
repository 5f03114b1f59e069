from . import contract, controllers, formats, models, pipeline, transports, wizard
from .hooks import post_init_hook, uninstall_hook
