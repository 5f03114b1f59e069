from . import (
    test_articles,
    test_contacts,
    test_identity,
    test_missing,
    test_night,
    test_orders,
)
from . import test_security
from . import test_tours
from . import test_views
