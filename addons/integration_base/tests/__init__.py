from . import (
    test_customer_card,
    test_integration_case,
    test_integration_connection,
    test_partner_finders,
    test_partner_keys,
    test_transaction,
    test_ui,
)
