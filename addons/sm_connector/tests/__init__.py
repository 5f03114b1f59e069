from . import test_identity
from . import test_missing
from . import test_night
