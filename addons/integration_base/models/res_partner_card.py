from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.tools import format_date, format_datetime

from ..tools import email as email_tools
from ..tools import phone as phone_tools

#: Planned activities shown at most.
ACTIVITY_LIMIT = 5


class ResPartner(models.Model):
    """The customer card: what somebody who serves this customer wants to see at a glance."""

    _inherit = "res.partner"

    @api.readonly
    def get_customer_card(self):
        """The card of one partner, for the `CustomerCard` component.

        :return: ``{"id", "name", "subtitle", "sections"}``; sections in their order, see
            :meth:`_customer_card_sections`.
        :rtype: dict
        :raise AccessError: for customers on the portal, and for colleagues who may not read it
        """
        self.ensure_one()
        if not self.env.user._is_internal():
            raise AccessError(self.env._("Only colleagues can see customer cards."))
        self.check_access("read")
        sections = self._customer_card_sections()
        company = self.commercial_partner_id if self.commercial_partner_id != self else None
        return {
            "id": self.id,
            "name": self.name or self.display_name,
            "subtitle": ", ".join(filter(None, [self.function, company and company.name])),
            "sections": sorted(sections, key=lambda section: section["sequence"]),
        }

    def _customer_card_sections(self):
        """Sections of the card. Addons append theirs to what ``super()`` gives.

        Each is a dict of plain values:

        * ``key``: technical name, unique; ``title``; ``sequence``: ascending from top to bottom;
          ``icon``: Font Awesome class, optional;
        * ``kind``: ``"facts"`` or ``"records"``;
        * ``facts``: list of ``{"label", "value"}``, with ``href`` (``tel:``, ``mailto:``,
          ``http(s):`` or a path) or ``res_model`` and ``res_id`` when it can be opened; a list of
          texts as value is shown as tags. A section of records may have facts above them;
        * ``records``: list of ``{"title", "subtitle", "badge", "res_model", "res_id"}`` and
          ``badge_level`` (``info``, ``success``, ``warning``, ``danger``), all but the title
          optional;
        * ``empty``: what to say when there is nothing to show.

        Runs with the rights of the user who looks.

        :rtype: list[dict]
        """
        self.ensure_one()
        return [
            self._customer_card_identity(),
            self._customer_card_contact(),
            self._customer_card_activity(),
        ]

    def _customer_card_identity(self):
        facts = []
        company = self.parent_id or self.env["res.partner"]
        if company:
            facts.append(
                {
                    "label": self.env._("Company"),
                    "value": company.display_name,
                    "res_model": "res.partner",
                    "res_id": company.id,
                }
            )
        if self.function:
            facts.append({"label": self.env._("Job position"), "value": self.function})
        if self.lang:
            languages = dict(self.env["res.lang"].get_installed())
            # "French (BE) / Français (BE)": its own name says it all
            language = languages.get(self.lang, self.lang).rpartition(" / ")[2]
            facts.append({"label": self.env._("Language"), "value": language})
        address = self._display_address(without_company=True)
        lines = [line.strip() for line in address.splitlines() if line.strip()]
        if lines:
            facts.append({"label": self.env._("Address"), "value": "\n".join(lines)})
        if self.category_id:
            facts.append(
                {"label": self.env._("Segments"), "value": self.category_id.mapped("name")}
            )
        if self.user_id:
            facts.append({"label": self.env._("Salesperson"), "value": self.user_id.name})
        return {
            "key": "identity",
            "title": self.env._("Identity"),
            "icon": "fa-id-card-o",
            "sequence": 10,
            "kind": "facts",
            "facts": facts,
            "empty": self.env._("Nothing is known yet but the name."),
        }

    def _customer_card_contact(self):
        facts = self._customer_card_phones(self.env._("Phone"), self.phone)
        facts += self._customer_card_phones(self.env._("Mobile"), self.mobile)
        company = self.parent_id
        if company and not facts:
            facts = self._customer_card_phones(self.env._("Company phone"), company.phone)
        addresses = email_tools.split_addresses(self.email or None)
        facts += [
            {"label": self.env._("E-mail"), "value": address, "href": f"mailto:{address}"}
            for address in addresses
        ]
        if self.email and not addresses:
            facts.append({"label": self.env._("E-mail"), "value": self.email})
        if self.website:
            facts.append(
                {"label": self.env._("Website"), "value": self.website, "href": self.website}
            )
        return {
            "key": "contact",
            "title": self.env._("Contact details"),
            "icon": "fa-phone",
            "sequence": 20,
            "kind": "facts",
            "facts": facts,
            "empty": self.env._("No phone number and no e-mail address."),
        }

    def _customer_card_phones(self, label, text):
        """One fact per number of a telephone field; what is no number is shown as typed."""
        if not text:
            return []
        home = self.env.company.country_id.code or None
        numbers = phone_tools.parse_all(text, self.country_id.code or home, home)
        if not numbers:
            return [{"label": label, "value": text}]
        return [
            {"label": label, "value": number.display(home), "href": f"tel:{number.e164}"}
            for number in numbers
        ]

    def _customer_card_activity(self):
        today = fields.Date.context_today(self)
        records = []
        for activity in self.activity_ids.sorted("date_deadline")[:ACTIVITY_LIMIT]:
            late = activity.date_deadline < today
            kind = activity.activity_type_id.name
            title = activity.summary or kind or self.env._("To do")
            who = activity.user_id.name
            records.append(
                {
                    "title": title,
                    "subtitle": ", ".join(filter(None, [kind if kind != title else "", who])),
                    "badge": format_date(self.env, activity.date_deadline),
                    "badge_level": "danger"
                    if late
                    else "warning"
                    if activity.date_deadline == today
                    else "info",
                    "res_model": "mail.activity",
                    "res_id": activity.id,
                }
            )
        message = self.env["mail.message"].search(
            [
                ("model", "=", self._name),
                ("res_id", "=", self.id),
                ("message_type", "in", ("comment", "email", "email_outgoing")),
            ],
            order="id DESC",
            limit=1,
        )
        facts = []
        if message:
            date = format_datetime(self.env, message.date, dt_format="short")
            author = message.author_id.name or message.email_from
            value = self.env._("%(date)s, %(author)s", date=date, author=author) if author else date
            facts.append({"label": self.env._("Last message"), "value": value})
        return {
            "key": "activity",
            "title": self.env._("Latest activity"),
            "icon": "fa-clock-o",
            "sequence": 30,
            "kind": "records",
            "facts": facts,
            "records": records,
            "empty": self.env._("Nothing planned, no message yet."),
        }
