"""The commands by which an administrator of Exchange lets an application into some mailboxes only.

https://learn.microsoft.com/exchange/permissions-exo/application-rbac. Rights given there add to
those of the portal: an application that was allowed ``Mail.ReadWrite`` there reads every mailbox,
whatever is written here.
"""

import re

__all__ = ["rbac_script"]

_ROLES = ("Application Mail.ReadWrite", "Application Mail.Send")
_PLAIN = re.compile(r"[^\w .@-]")


def rbac_script(
    client_id: str,
    mailboxes: tuple[str, ...],
    name: str = "Odoo Inbox",
    object_id: str = "",
    is_first: bool = True,
) -> str:
    """Return the commands, to be copied.

    :param mailboxes: all that the application shall open, the new one first
    :param object_id: of the *enterprise application*, not of the registration; asked for when empty
    :param is_first: nothing has been opened to the application yet
    """
    scope = _quoted(f"{name} mailboxes")
    who = _quoted(object_id or "<object id of the enterprise application>")
    addresses = [_quoted(mailbox) for mailbox in mailboxes] or ["'mailbox@example.com'"]
    condition = " -or ".join(f"PrimarySmtpAddress -eq {address}" for address in addresses)
    lines = ["Install-Module ExchangeOnlineManagement -Scope CurrentUser", "Connect-ExchangeOnline"]
    if is_first:
        lines += [
            "",
            f"New-ServicePrincipal -AppId {_quoted(client_id or '<client id>')}"
            f" -ObjectId {who} -DisplayName {_quoted(name)}",
            f'New-ManagementScope -Name {scope} -RecipientRestrictionFilter "{condition}"',
            *(
                f"New-ManagementRoleAssignment -App {who} -Role {_quoted(role)}"
                f" -CustomResourceScope {scope}"
                for role in _ROLES
            ),
        ]
    else:
        lines += ["", f'Set-ManagementScope {scope} -RecipientRestrictionFilter "{condition}"']
    lines += [
        "",
        "# the answer has to be: InScope True (it may take two hours until Outlook obeys)",
        f"Test-ServicePrincipalAuthorization -Identity {who} -Resource {addresses[0]}"
        " | Format-Table",
    ]
    return "\n".join(lines)


def _quoted(text: str) -> str:
    """A text that PowerShell takes as it is."""
    text = _PLAIN.sub("", text) if not text.startswith("<") else text
    return f"'{text}'"
