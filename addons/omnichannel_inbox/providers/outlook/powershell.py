"""The commands by which an administrator of Exchange lets an application into some mailboxes only.

https://learn.microsoft.com/exchange/permissions-exo/application-rbac. Rights given there add to
those of the portal: an application that was allowed ``Mail.ReadWrite`` there reads every mailbox,
whatever is written here.
"""

import re

__all__ = ["rbac_script"]

_PLAIN = re.compile(r"[^\w .@-]")


def rbac_script(
    client_id: str, mailboxes: tuple[str, ...], name: str = "Odoo Inbox", object_id: str = ""
) -> str:
    """Return the commands, to be copied.

    :param object_id: of the *enterprise application*, not of the registration; asked for when empty
    """
    scope = _quoted(f"{name} mailboxes")
    who = object_id or "<object id of the enterprise application>"
    conditions = " -or ".join(f"PrimarySmtpAddress -eq {_quoted(mailbox)}" for mailbox in mailboxes)
    first = mailboxes[0] if mailboxes else "mailbox@example.com"
    condition = conditions or f"PrimarySmtpAddress -eq {_quoted(first)}"
    lines = [
        "Install-Module ExchangeOnlineManagement -Scope CurrentUser",
        "Connect-ExchangeOnline",
        "",
        f"New-ServicePrincipal -AppId {_quoted(client_id or '<client id>')}"
        f" -ObjectId {_quoted(who)} -DisplayName {_quoted(name)}",
        f'New-ManagementScope -Name {scope} -RecipientRestrictionFilter "{condition}"',
    ]
    lines += [
        f"New-ManagementRoleAssignment -App {_quoted(who)} -Role {_quoted(role)}"
        f" -CustomResourceScope {scope}"
        for role in ("Application Mail.ReadWrite", "Application Mail.Send")
    ]
    lines += [
        "",
        "# the answer has to be: InScope True (it may take two hours until Outlook obeys)",
        f"Test-ServicePrincipalAuthorization -Identity {_quoted(who)} -Resource {_quoted(first)}"
        " | Format-Table",
    ]
    return "\n".join(lines)


def _quoted(text: str) -> str:
    """A text that PowerShell takes as it is."""
    text = _PLAIN.sub("", text) if not text.startswith("<") else text
    return f"'{text}'"
