from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL

from .. import search_terms


class OmniInbox(models.AbstractModel):
    """Search: every way is an index, so that it can run while somebody types."""

    _inherit = "omni.inbox"

    @api.model
    def _search_domain(self, text):
        """The tickets somebody looks for: by number, customer, address, telephone, order number, or
        by what a message says. All words must be found in the ticket, or all in one message.

        :param str text: as typed; the last word may be unfinished
        :rtype: Domain
        """
        asked = search_terms.query(text)
        if not asked:
            return Domain.TRUE
        # columns written in this transaction are seen too
        self.env["crm.ticket"].flush_model(["inbox_terms"])
        self.env["omni.message"].flush_model(["search_terms", "conversation_id"])
        self.env["omni.conversation"].flush_model(["case_id", "case_model"])
        found = SQL(
            """(
            SELECT id FROM crm_ticket
             WHERE to_tsvector('simple'::regconfig, inbox_terms)
                @@ to_tsquery('simple'::regconfig, %(asked)s)
             UNION
            SELECT c.case_id FROM omni_message m
              JOIN omni_conversation c ON c.id = m.conversation_id
             WHERE c.case_model = 'crm.ticket'
               AND to_tsvector('simple'::regconfig, m.search_terms)
                @@ to_tsquery('simple'::regconfig, %(asked)s)
            )""",
            asked=asked,
        )
        return Domain("id", "in", found)
