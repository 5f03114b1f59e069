from . import (
    test_call_follow_up,
    test_call_popup,
    test_call_record,
    test_dial,
    test_extensions,
    test_hoot,
    test_pbx,
    test_pbx_security,
    test_pop,
    test_routes,
    test_routes_security,
    test_template_key,
)
