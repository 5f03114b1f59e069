from . import plan_export, portal, quality_export, quarantine_export
