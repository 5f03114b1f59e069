from . import test_customer_card
from . import test_integration_case
from . import test_integration_connection
from . import test_partner_finders
from . import test_partner_keys
from . import test_ui
