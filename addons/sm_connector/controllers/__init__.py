from . import plan_export
