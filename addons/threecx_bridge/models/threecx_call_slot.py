import zlib

from odoo import api, fields, models
from odoo.tools import SQL

#: Calls of two numbers wait for each other once in so many times.
SLOTS = 4096


class ThreecxCallSlot(models.Model):
    """Rows on which two transactions collide when they record calls of one number at once.

    A lock alone would not do: Odoo's transactions read a snapshot, so who waited would still not
    see the call that the other one made. Writing a row that somebody else has written since the
    snapshot raises a serialization failure instead, and Odoo repeats the transaction.
    """

    _name = "threecx.call.slot"
    _description = "Call Slot"
    _log_access = False

    slot = fields.Integer(required=True, readonly=True)
    uses = fields.Integer(readonly=True)

    _slot_uniq = models.UniqueIndex("(slot)")

    @api.model
    def _take(self, *names):
        """Take the slots of some names until the transaction ends.

        :param str names: the number, and whatever else two shares of one call have in common.
        :raise psycopg2.errors.SerializationFailure: somebody recorded there meanwhile; repeat the
            transaction (`odoo.service.model.retrying` does)
        """
        # in one order, so that nobody waits in a circle
        slots = sorted({zlib.crc32(name.encode()) % SLOTS for name in names})
        self.env.cr.execute(
            SQL(
                "INSERT INTO threecx_call_slot (slot, uses)"
                " SELECT slot, 1 FROM unnest(%s) AS slot ORDER BY slot"
                " ON CONFLICT (slot) DO UPDATE SET uses = threecx_call_slot.uses + 1",
                slots,
            ),
            log_exceptions=False,  # a collision is no error
        )
