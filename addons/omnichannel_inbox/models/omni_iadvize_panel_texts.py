from odoo import api, models


class OmniIadvizePanel(models.AbstractModel):
    """The words of the panel. It is a page of its own without web client, so that they come with
    it."""

    _inherit = "omni.iadvize.panel"

    @api.model
    def _texts(self):
        """What `static/panel/panel.js` says, in the language of the user.

        :rtype: dict[str, str]
        """
        return {
            "title": self.env._("Customer"),
            "loading": self.env._("Looking who writes…"),
            "slow": self.env._("The connection is slow. One moment please…"),
            "no_script": self.env._("This panel needs JavaScript."),
            "no_library": self.env._(
                "The library of iAdvize could not be loaded. Is it blocked in this browser?"
            ),
            "no_desk": self.env._("The desk of iAdvize does not answer. Reload the desk."),
            "offline": self.env._("Odoo cannot be reached. Check your connection."),
            "failed": self.env._("That did not work. Try again."),
            "failed_title": self.env._("The panel cannot be shown"),
            "stale": self.env._("No connection: this is how it was at %(time)s."),
            "again": self.env._("Try again"),
            "close": self.env._("Close"),
            "cancel": self.env._("Cancel"),
            "undo": self.env._("Undo"),
            "search": self.env._("Search"),
            **self._texts_who(),
            **self._texts_orders(),
            **self._texts_answers(),
            **self._texts_ticket(),
            "more": self.env._("More about the customer"),
            "keys": self.env._("/ search · ↑ ↓ choose · Enter take · Esc back"),
        }

    @api.model
    def _texts_who(self):
        return {
            "who": self.env._("Who writes"),
            "open_contact": self.env._("Open in Odoo"),
            "is_him": self.env._("This is the customer"),
            "is_him_name": self.env._("This is %(name)s"),
            "not_him": self.env._("Not this customer"),
            "not_him_name": self.env._("This is not %(name)s"),
            "someone_else": self.env._("Someone else?"),
            "maybe": self.env._("Perhaps it is"),
            "maybe_several": self.env._("Perhaps it is one of them"),
            "archived": self.env._("Archived contact"),
            "orders_uncertain": self.env._("Not certain: do not speak of these orders yet"),
            "confirm_weak": self.env._(
                "Has the visitor told something that only this customer knows, such as an order"
                " number with its postcode? From then on you can speak of the orders. So far there"
                " is only this:"
            ),
            "confirm_yes": self.env._("Yes, this is the customer"),
            "reject_text": self.env._("This contact is not suggested any more for this visitor."),
            "find": self.env._("Who is it?"),
            "find_term": self.env._("Order number, e-mail, phone or name"),
        }

    @api.model
    def _texts_orders(self):
        return {
            "orders": self.env._("Orders"),
            "no_orders": self.env._("No order yet."),
            "expected": self.env._("Expected on %(date)s"),
            "was_expected": self.env._("Was expected on %(date)s"),
            "ordered": self.env._("Ordered on %(date)s"),
            "no_date": self.env._("No expected date yet"),
            "order_named": self.env._("The ticket is about this order"),
            "more_orders": self.env._("Show %(count)s more"),
            "more_lines": self.env._("and %(count)s more"),
            "orders_in_odoo": self.env._("Older orders are shown in Odoo."),
            "tell": self.env._("Tell the date"),
            "card": self.env._("Send as a card…"),
            "card_title": self.env._("The customer will see this"),
            "card_send": self.env._("Send to the customer"),
            "card_sent": self.env._("The desk has taken the card: see it in the conversation."),
            "articles": self.env._("Show an article"),
            "articles_term": self.env._("Reference or name"),
        }

    @api.model
    def _texts_answers(self):
        return {
            "answers": self.env._("Ready-made answers"),
            "answers_term": self.env._("Look for an answer"),
            "no_answers": self.env._("There is no ready-made answer for this chat yet."),
            "no_match": self.env._("No answer fits."),
            "take_over": self.env._("Put into the answer box"),
            "which_order": self.env._("Which order is it about?"),
            "no_order_chosen": self.env._("None of them"),
            "incomplete": self.env._("%(count)s to fill in"),
            "inserted": self.env._("It is in the answer box. Read it before you send it."),
            "inserted_missing": self.env._(
                "It is in the answer box. Fill this in before you send:"
            ),
        }

    @api.model
    def _texts_ticket(self):
        return {
            "ticket": self.env._("Ticket"),
            "ticket_mine": self.env._("You have it"),
            "ticket_nobody": self.env._("Nobody has it yet"),
            "no_ticket": self.env._("There is no ticket for this chat."),
            "open_ticket": self.env._("Open a ticket"),
            "joined": self.env._("Put together: %(text)s"),
            "part": self.env._("Take apart again"),
            "others": self.env._("Also open with this customer"),
            "join": self.env._("Put the chat into it"),
            "write_note": self.env._("Write a note"),
            "note_label": self.env._("Note for colleagues (the customer does not see it)"),
            "note_save": self.env._("Save the note"),
        }
