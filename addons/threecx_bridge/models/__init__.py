from . import (
    ir_http_threecx,
    mail_activity,
    threecx_call,
    threecx_call_leg,
    threecx_call_phone,
    threecx_call_slot,
    threecx_extension,
    threecx_pbx,
    threecx_pbx_contacts,
    threecx_pbx_key,
    threecx_rate_limit,
)
