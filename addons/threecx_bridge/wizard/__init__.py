from . import threecx_key_show
