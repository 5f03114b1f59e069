from . import attachment
from . import webhook
from . import outlook
