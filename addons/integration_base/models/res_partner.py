import re
from collections.abc import Callable
from typing import NamedTuple

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from ..tools import email as email_tools
from ..tools import phone as phone_tools

PHONE_KEYS = ("phone_key", "mobile_key", "phone_alt_key")
EMAIL_KEYS = ("email_key", "email_alt_key")
#: A reference with fewer characters would find anybody.
REFERENCE_MIN_LENGTH = 3
_NATIONAL = re.compile(r"0[1-9][\d ./-]*")

# The basis of a score. What separates two candidates on the same basis is worth less than the next
# basis.
SCORE_EXACT = 100
SCORE_SAME_MAILBOX = 80
SCORE_SUFFIX = 50
SCORE_DOMAIN = 20
SCORE_REFERENCE = 100
# A number or address of one's own, not just the one of the company one works for.
SCORE_OWN = 6
# A contact or company, not one of its delivery or invoice addresses.
SCORE_CONTACT = 4
SCORE_ARCHIVED = -12


class PartnerCandidate(NamedTuple):
    """One partner that may be the one looked for."""

    partner: models.Model
    score: int
    """Comparable inside one answer only; higher is better."""
    reason: str
    """``phone_exact``, ``phone_suffix``, ``email_exact``, ``email_mailbox``, ``email_domain`` or
    ``reference``."""
    record: models.Model | None = None
    """What of his was found, when it was not himself: an order, a dossier."""


class ResPartner(models.Model):
    _inherit = "res.partner"

    mobile = fields.Char()

    # Search keys. One number or address per column keeps every look-up a plain btree probe.
    phone_key = fields.Char(
        string="Phone (search key)",
        compute="_compute_phone_keys",
        compute_sudo=True,
        store=True,
        index="btree_not_null",
        help="First number of the phone field, in E.164 notation.",
    )
    mobile_key = fields.Char(
        string="Mobile (search key)",
        compute="_compute_phone_keys",
        compute_sudo=True,
        store=True,
        index="btree_not_null",
        help="First number of the mobile field, in E.164 notation.",
    )
    phone_alt_key = fields.Char(
        string="Further number (search key)",
        compute="_compute_phone_keys",
        compute_sudo=True,
        store=True,
        index="btree_not_null",
        help="First number behind another one in the phone or mobile field, in E.164 notation.",
    )
    email_key = fields.Char(
        string="E-mail (search key)",
        compute="_compute_email_keys",
        compute_sudo=True,
        store=True,
        index="btree_not_null",
        help="First address of the e-mail field: lower case, without plus tag.",
    )
    email_alt_key = fields.Char(
        string="Further e-mail (search key)",
        compute="_compute_email_keys",
        compute_sudo=True,
        store=True,
        index="btree_not_null",
        help="Second address of the e-mail field: lower case, without plus tag.",
    )

    # "ends with", for numbers whose country or area code one of the two sides does not know
    _phone_key_reversed_idx = models.Index(
        "(reverse(phone_key) text_pattern_ops) WHERE phone_key IS NOT NULL"
    )
    _mobile_key_reversed_idx = models.Index(
        "(reverse(mobile_key) text_pattern_ops) WHERE mobile_key IS NOT NULL"
    )
    _phone_alt_key_reversed_idx = models.Index(
        "(reverse(phone_alt_key) text_pattern_ops) WHERE phone_alt_key IS NOT NULL"
    )
    _email_domain_idx = models.Index(
        "(split_part(email_key, '@', 2)) WHERE email_key IS NOT NULL AND is_company"
    )

    # === COMPUTE METHODS === #

    @api.depends("phone", "mobile", "country_id", "company_id")
    def _compute_phone_keys(self):
        """Pure Python, no query but the prefetch: importers create tens of thousands."""
        env_country = self.env.company.country_id.code
        for partner in self:
            phone, mobile = partner.phone, partner.mobile
            keys = (None, None, None)
            if phone or mobile:
                country = partner.country_id.code
                home = partner.company_id.country_id.code or env_country
                keys = _phone_keys(phone or None, mobile or None, country or home, home)
            partner.phone_key, partner.mobile_key, partner.phone_alt_key = keys

    @api.depends("email")
    def _compute_email_keys(self):
        for partner in self:
            keys = email_tools.match_keys(partner.email or None)
            partner.email_key = keys[0] if keys else False
            partner.email_alt_key = keys[1] if len(keys) > 1 else False

    @api.onchange("mobile", "country_id", "company_id")
    def _onchange_mobile_validation(self):
        """Same courtesy as `phone_validation` shows ``phone``: what a person types is tidied."""
        if self.mobile:
            self.mobile = (
                self._phone_format(fname="mobile", force_format="INTERNATIONAL") or self.mobile
            )

    def _phone_format_number(self, number, country, force_format="E164", raise_exception=False):
        """Override of `phone_validation`: a number in national notation is parsed once, for its
        search key and for ``phone_sanitized``. Whatever is written otherwise goes Odoo's way."""
        if force_format == "E164" and number and country and _NATIONAL.fullmatch(number):
            home = self[:1].company_id.country_id.code or self.env.company.country_id.code
            found = phone_tools.parse_all(number, country.code, home)
            e164 = f"+{country.phone_code}{''.join(filter(str.isdigit, number))[1:]}"
            if len(found) == 1 and found[0].e164 == e164:
                return e164
        return super()._phone_format_number(
            number, country, force_format=force_format, raise_exception=raise_exception
        )

    # === FINDERS === #

    @api.model
    def _find_by_phone(self, number, country=None, limit=20):
        """Partners that may own a telephone number, the likeliest first, archived ones included.

        Exact matches come first; comparing by the end of the number is only tried when no active
        partner has exactly this number. The access rights of the current user apply.

        :param str number: as dialled, displayed or typed; internal numbers and junk find nobody.
        :param country: `res.country` record or ISO code the number was typed in; by default that of
            the current company.
        :param int limit: most candidates looked at per kind of match.
        :rtype: list[PartnerCandidate]
        """
        home = self.env.company.country_id.code or None
        code = (country if isinstance(country, str) else country and country.code) or home
        e164 = phone_tools.to_e164(number, code, home)
        exact = self.browse()
        candidates = []
        if e164:
            exact = self._search_candidates(_any_equal(PHONE_KEYS, e164), limit)
            candidates = self._rank(
                exact,
                SCORE_EXACT,
                "phone_exact",
                lambda partner: e164 in _values(partner, PHONE_KEYS),
            )
        digits = phone_tools.significant_digits(number, code, home)
        if digits and not any(exact.mapped("active")):
            similar = self._search_candidates(_any_ends_with(PHONE_KEYS, digits), limit)
            candidates += self._rank(
                similar - exact,
                SCORE_SUFFIX,
                "phone_suffix",
                lambda partner: any(key.endswith(digits) for key in _values(partner, PHONE_KEYS)),
            )
        return _sorted(candidates)

    @api.model
    def _find_by_email(self, address, limit=20):
        """Partners that may own an e-mail address, the likeliest first, archived ones included.

        An exact match beats one on the same mailbox (``jan+kado@…`` and ``jan@…``). Only when
        neither gives an active partner, companies with the same domain are suggested: weak, never
        enough to link on.

        :param str address: as typed or as in a ``From`` header; the first address counts.
        :param int limit: most candidates looked at per kind of match.
        :rtype: list[PartnerCandidate]
        """
        normal = email_tools.normalize(address)
        if not normal:
            return []
        key = email_tools.match_key(normal)
        found = self._search_candidates(_any_equal(EMAIL_KEYS, key), limit)
        exact = found.filtered(
            lambda partner: normal in email_tools.split_addresses(partner.email or None)
        )

        def matches(partner):
            return key in _values(partner, EMAIL_KEYS)

        candidates = self._rank(exact, SCORE_EXACT, "email_exact", matches)
        candidates += self._rank(found - exact, SCORE_SAME_MAILBOX, "email_mailbox", matches)
        if not any(found.mapped("active")) and not email_tools.is_freemail(normal):
            companies = self._search_candidates(_same_domain(email_tools.domain(normal)), limit)
            candidates += self._rank(companies - found, SCORE_DOMAIN, "email_domain")
        return _sorted(candidates)

    @api.model
    def _find_by_reference(self, reference, limit=10):
        """Partners of a reference that a caller or a writer names: his customer number, his VAT
        number, or, from the addons that know more, an order of his. The access rights of the
        current user apply.

        Override to add candidates of another kind of record.

        :param str reference: as said or typed; upper and lower case are the same.
        :param int limit: most candidates per kind of record.
        :rtype: list[PartnerCandidate]
        """
        reference = (reference or "").strip()
        if len(reference) < REFERENCE_MIN_LENGTH:
            return []
        spellings = {reference, reference.upper(), reference.lower()}
        vat = "".join(filter(str.isalnum, reference)).upper()
        domain = Domain("ref", "in", spellings)
        if vat:
            # the contacts of a company have its number too
            domain |= Domain("vat", "in", {reference, vat}) & Domain("parent_id", "=", False)
        found = self._search_candidates(domain, limit)
        return _sorted(self._rank(found, SCORE_REFERENCE, "reference"))

    @api.model
    def _search_candidates(self, domain, limit):
        """Partners of a match; active and lately changed first: a limit drops the least likely."""
        return self.with_context(active_test=False).search(
            domain, order="active DESC, write_date DESC, id DESC", limit=limit
        )

    @api.model
    def _rank(self, partners, base, reason, matches=None):
        """Score partners that match in the same way.

        :param matches: tells whether a partner has the number or address looked for. Somebody who
            merely repeats it from his company says less than the company, or than somebody whose
            own it is.
        """
        candidates = []
        for partner in partners:
            company = partner.commercial_partner_id
            repeats = bool(matches and company != partner and matches(company.sudo()))
            score = base
            score += 0 if repeats else SCORE_OWN
            score += SCORE_CONTACT if partner.type in (False, "contact") else 0
            score += 0 if partner.active else SCORE_ARCHIVED
            candidates.append(PartnerCandidate(partner, score, reason))
        return candidates


def _phone_keys(phone, mobile, country, home):
    """The three keys: first of the phone, first of the mobile, first of what is left."""
    in_phone = [number.e164 for number in phone_tools.parse_all(phone, country, home)]
    in_mobile = [number.e164 for number in phone_tools.parse_all(mobile, country, home)]
    phone_key = in_phone[0] if in_phone else None
    mobile_key = in_mobile[0] if in_mobile else None
    rest = (key for key in in_phone[1:] + in_mobile[1:] if key not in (phone_key, mobile_key))
    return phone_key, mobile_key, next(rest, None)


def _values(partner, names):
    return [partner[name] for name in names if partner[name]]


def _sorted(candidates):
    return sorted(
        candidates,
        key=lambda candidate: (
            candidate.score,
            candidate.partner.write_date or candidate.partner.create_date,
            candidate.partner.id,
        ),
        reverse=True,
    )


def _any_equal(names, value):
    return Domain.OR(Domain(name, "=", value) for name in names)


def _any_ends_with(names, digits):
    """Domain of the expression indexes on ``reverse(key)``; ``digits`` holds nothing but digits."""
    return Domain.OR(Domain.custom(to_sql=_ends_with(name, digits)) for name in names)


def _ends_with(name, digits) -> Callable:
    def to_sql(model, alias, query):
        column = model._field_to_sql(alias, name, query)
        return SQL("reverse(%s) LIKE %s", column, f"{digits[::-1]}%")

    return to_sql


def _same_domain(host):
    """Domain of the expression index on the host of companies' addresses."""

    def to_sql(model, alias, query):
        return SQL(
            "(split_part(%s, '@', 2) = %s AND %s)",
            model._field_to_sql(alias, "email_key", query),
            host,
            model._field_to_sql(alias, "is_company", query),
        )

    return Domain.custom(to_sql=to_sql)
