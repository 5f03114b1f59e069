from odoo import models
from odoo.exceptions import UserError

from ..identity import signed_ref


class OmniChannel(models.Model):
    """Links that say who follows them."""

    _inherit = "omni.channel"

    def _signed_ref(self, kind, value):
        """A reference for a link to this channel (``m.me/page?ref=…``) that we send to somebody: it
        says who he is, and nobody else can make it.

        :param str kind: ``customer``, ``order``, ``email`` or ``user``
        :param str value: the number, the address
        :rtype: str
        :raise UserError: nothing can be said of him
        """
        self.ensure_one()
        try:
            # sudo: the secret signs for whoever writes to a customer, and is not shown
            return signed_ref.make(self.sudo().secret or "", kind, value or "")
        except ValueError:
            raise UserError(
                self.env._("The channel has no secret, or the customer no number to put in a link.")
            ) from None

    def _read_ref(self, ref):
        """What the reference of a link says, if it is one of ours.

        :param str ref: as it came
        :rtype: providers.base.Claim | None
        """
        self.ensure_one()
        # sudo: the secret tells whether it is ours, for whoever takes it in, and is not shown
        return signed_ref.read(self.sudo().secret or "", ref)
