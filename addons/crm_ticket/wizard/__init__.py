from . import crm_ticket_merge_wizard, crm_ticket_snooze
