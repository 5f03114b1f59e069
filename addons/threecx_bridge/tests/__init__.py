from . import (
    test_call_record,
    test_hoot,
    test_pop,
    test_routes,
    test_routes_security,
    test_template_key,
)
