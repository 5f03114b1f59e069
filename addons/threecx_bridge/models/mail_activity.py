from odoo import api, fields, models


class MailActivity(models.Model):
    """An activity of type call knows the number to call, so that one click calls it."""

    _inherit = "mail.activity"

    threecx_number = fields.Char("Number to Call", compute="_compute_threecx_number")

    @api.depends("res_model", "res_id", "activity_category")
    @api.depends_context("uid")
    def _compute_threecx_number(self):
        self.threecx_number = False
        calls = self.filtered(
            lambda activity: (
                activity.activity_category == "phonecall"
                and activity.res_model in self.env
                and activity.res_id
            )
        )
        for model, activities in calls.grouped("res_model").items():
            records = self.env[model].browse(activities.mapped("res_id")).exists()
            numbers = self._threecx_numbers(records._filtered_access("read"))
            for activity in activities:
                activity.threecx_number = numbers.get(activity.res_id, False)

    @api.model
    def _threecx_numbers(self, records):
        """The number to call about each record: its own, else that of its only contact.

        :param models.Model records: of one model, readable
        :returns: numbers as stored, by id; records without one are left out
        :rtype: dict[int, str]
        """
        numbers = {}
        partners = records._mail_get_partners()
        for record in records:
            contacts = partners[record.id]._filtered_access("read")
            # several (the guests of a meeting) are nobody in particular
            for source in (record, *(contacts if len(contacts) == 1 else ())):
                names = source._phone_get_number_fields()
                if number := next((source[name] for name in names if source[name]), None):
                    numbers[record.id] = number
                    break
        return numbers

    def _to_store_defaults(self, target):
        """Override to send the number along with the activity: no request of its own."""
        return [*super()._to_store_defaults(target), "threecx_number"]
