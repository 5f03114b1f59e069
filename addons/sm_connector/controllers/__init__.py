from . import plan_export, quality_export
