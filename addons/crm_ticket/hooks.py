def uninstall_hook(env):
    """Tickets and what is planned on them go first: stages, categories and kinds of activities that
    are in use cannot be deleted."""
    activity_type = env.ref("crm_ticket.mail_activity_type_sla", raise_if_not_found=False)
    if activity_type:
        domain = [("activity_type_id", "=", activity_type.id), ("active", "in", (True, False))]
        env["mail.activity"].search(domain).unlink()
    # at once, and without what an ORM asks before a ticket is deleted: all of them go
    env.cr.execute("DELETE FROM crm_ticket")
