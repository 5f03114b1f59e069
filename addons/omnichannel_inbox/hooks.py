def uninstall_hook(env):
    """What is planned because of messages goes first: a kind of activity that is in use cannot be
    deleted. Team leaders keep no right that came with the inbox."""
    activity_type = env.ref(
        "omnichannel_inbox.mail_activity_type_not_sent", raise_if_not_found=False
    )
    if activity_type:
        domain = [("activity_type_id", "=", activity_type.id), ("active", "in", (True, False))]
        env["mail.activity"].search(domain).unlink()
    canned_group = env.ref("mail.group_mail_canned_response_admin")
    env.ref("crm_ticket.group_ticket_leader").implied_ids -= canned_group
