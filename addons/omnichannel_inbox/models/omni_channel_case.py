from odoo import api, models
from odoo.fields import Domain

from odoo.addons.integration_base.tools import email as email_tools


class OmniChannel(models.Model):
    """What a channel opens, and under which addresses it is known."""

    _inherit = "omni.channel"

    def _case_model(self):
        """The model of what messages of this channel are about. A bridge returns another one with
        `omni.case.mixin`.

        :rtype: str
        """
        return "crm.ticket"

    def _addresses(self):
        """The e-mail addresses of the channel itself, normalised.

        A provider of mail tells them by ``_<code>_addresses()``, on its channels.

        :rtype: set[str]
        """
        addresses = set()
        for channel in self:
            hook = getattr(channel, f"_{channel.provider}_addresses", None)
            addresses.update(map(email_tools.normalize, hook() if hook else ()))
        return addresses - {None}

    @api.model
    def _own_addresses(self):
        """The e-mail addresses of all our channels, those put away too.

        :rtype: set[str]
        """
        # sudo: our addresses are ours, whichever channels the user may see
        everything = self.sudo().with_context(active_test=False)
        return everything.search(Domain.TRUE)._addresses()

    @api.model
    def _own_domains(self):
        """Domains in which everybody is one of us: those of our companies and of our mailboxes,
        unless they are those of a provider.

        :rtype: set[str]
        """
        # sudo: who is one of us does not depend on who asks, or from which company
        companies = self.env["res.company"].sudo().search(Domain.TRUE)
        addresses = {*companies.mapped("email"), *self._own_addresses()}
        hosts = {email_tools.domain(address or None) for address in addresses}
        # sudo: see above
        hosts.update(self.env["mail.alias.domain"].sudo().search(Domain.TRUE).mapped("name"))
        return {host for host in hosts if host and not email_tools.is_freemail(host)}
