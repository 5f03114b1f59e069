from . import test_no_lookup
