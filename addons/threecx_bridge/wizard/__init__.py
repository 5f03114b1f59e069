from . import threecx_call_link, threecx_call_wrap_up, threecx_key_show
