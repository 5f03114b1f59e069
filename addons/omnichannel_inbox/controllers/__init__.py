from . import attachment
from . import webhook
