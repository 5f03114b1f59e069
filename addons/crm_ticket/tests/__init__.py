from . import (
    test_assignment,
    test_mail,
    test_merge,
    test_performance,
    test_portal,
    test_priority,
    test_security,
    test_sla,
    test_ticket,
    test_ui,
    test_views,
    test_words,
)
