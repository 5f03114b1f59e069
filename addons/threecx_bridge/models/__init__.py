from . import threecx_call, threecx_call_leg, threecx_call_slot, threecx_extension, threecx_pbx
