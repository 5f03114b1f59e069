from . import test_outbox
from . import test_outbox_crash
from . import test_event
from . import test_provider_file
from . import test_sync
from . import test_webhook
from . import test_ingest
from . import test_portal
