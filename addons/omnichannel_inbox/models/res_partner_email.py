from collections import defaultdict
from typing import NamedTuple

from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL

from odoo.addons.integration_base.tools import email as email_tools

#: Companies suggested for one domain, at most.
DOMAIN_LIMIT = 5


class EmailMatches(NamedTuple):
    """Contacts of an address."""

    exact: models.Model
    mailbox: models.Model
    archived: models.Model


class ResPartner(models.Model):
    """Contacts of many addresses at once: `_find_by_email` of `integration_base`, for batches."""

    _inherit = "res.partner"

    @api.model
    def _omni_by_email(self, addresses, company):
        """Contacts of e-mail addresses, with the rights of the current user.

        Delivery and invoice addresses of a contact that has the address himself do not count.

        :param addresses: iterable of normalised addresses
        :param company: `res.company`; contacts of other companies are left out
        :rtype: dict[str, EmailMatches]
        """
        keys = defaultdict(list)
        for address in addresses:
            keys[email_tools.match_key(address)].append(address)
        if not keys:
            return {}
        found = self.with_context(active_test=False).search(
            (Domain("email_key", "in", list(keys)) | Domain("email_alt_key", "in", list(keys)))
            & Domain("company_id", "in", [company.id, False])
        )
        matches = {}
        for key, theirs in keys.items():
            partners = found.filtered(
                lambda one, key=key: key in (one.email_key, one.email_alt_key)
            )
            if not partners:
                continue
            active = partners.filtered("active")
            for address in theirs:
                exact = active.filtered(
                    lambda one, address=address: (
                        address in email_tools.split_addresses(one.email or None)
                    )
                )
                matches[address] = EmailMatches(
                    exact._omni_without_addresses(), active - exact, partners - active
                )
        return matches

    def _omni_without_addresses(self):
        """Leave out the delivery and invoice addresses of contacts that are here themselves."""
        contacts = self.filtered(lambda partner: partner.type in (False, "contact"))
        addresses = self - contacts
        return contacts | addresses.filtered(
            lambda partner: (
                partner.commercial_partner_id not in contacts and partner.parent_id not in contacts
            )
        )

    @api.model
    def _omni_by_domain(self, hosts, company):
        """Companies with an address in one of these domains.

        :param hosts: iterable of domains that are no provider's
        :param company: `res.company`
        :return: ids by domain
        :rtype: dict[str, list[int]]
        """
        hosts = [host for host in hosts if host]
        if not hosts:
            return {}
        found = self.search(
            Domain.custom(to_sql=_has_host(hosts)) & Domain("company_id", "in", [company.id, False])
        )
        by_host = defaultdict(list)
        for partner in found:
            theirs = by_host[partner.email_key.partition("@")[2]]
            if len(theirs) < DOMAIN_LIMIT:
                theirs.append(partner.id)
        return by_host


def _has_host(hosts):
    """Domain of the expression index of `integration_base` on the host of companies' addresses."""

    def to_sql(model, alias, query):
        return SQL(
            "(split_part(%s, '@', 2) IN %s AND %s)",
            model._field_to_sql(alias, "email_key", query),
            tuple(hosts),
            model._field_to_sql(alias, "is_company", query),
        )

    return to_sql
