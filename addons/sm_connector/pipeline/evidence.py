"""How much speaks for a candidate? Field by field, for a person to judge. Pure."""

from dataclasses import dataclass

from odoo.addons.integration_base.tools.email import match_key as email_key
from odoo.addons.integration_base.tools.phone import display_form, to_e164

from .identity import words
from .match_contact import full_name, full_vat, is_same_name

# verdicts: agree, similar, differ, and which side alone has a value
STRONG, MEDIUM = 80, 40
FIELDS = {
    "contact": ("name", "code", "vat", "email", "phones", "address"),
    "article": ("name", "code", "ean", "price"),
    "order": ("number", "customer_code", "date", "total"),
}
# what a field that agrees is worth; one that is only similar is worth half
WEIGHTS = {
    "code": 80,
    "vat": 80,
    "ean": 80,
    "number": 40,
    "customer_code": 40,
    "email": 40,
    "phones": 35,
    "name": 25,
    "address": 25,
    "date": 10,
    "total": 10,
    "price": 5,
}
# two different VAT numbers, codes or EANs are two records
CONTRADICTIONS = ("code", "vat", "ean", "customer_code")


@dataclass(slots=True)
class Fact:
    """A field of the candidate beside the master's."""

    name: str
    ours: str
    verdict: str


@dataclass(slots=True)
class Comparison:
    """All facts of a candidate, and what they are worth together."""

    facts: list

    @property
    def score(self) -> int:
        total = 0
        for fact in self.facts:
            weight = WEIGHTS[fact.name]
            if fact.verdict == "agree":
                total += weight
            elif fact.verdict == "similar":
                total += weight // 2
            elif fact.verdict == "differ" and fact.name in CONTRADICTIONS:
                total -= weight // 2
        return total

    @property
    def strength(self) -> str:
        return "strong" if self.score >= STRONG else "medium" if self.score >= MEDIUM else "weak"


def _verdict(theirs, ours, is_equal, is_similar=False):
    if not theirs or not ours:
        return "only_master" if theirs else "only_odoo" if ours else "none"
    return "agree" if is_equal else "similar" if is_similar else "differ"


def _plain(text):
    return " ".join(sorted(words(text or "")))


def _address(values):
    town = " ".join(filter(None, (values.get("zip"), values.get("city"))))
    return ", ".join(filter(None, (values.get("street"), town)))


def _phones(record):
    return [number for number in (record.get("phone"), record.get("mobile")) if number]


def _keys(numbers, country):
    return {to_e164(number, country) or number for number in numbers}


def _money(text):
    return f"{float(text):.2f}" if text not in (None, "") else ""


def master_value(entity, name, key, record) -> str:
    """Return what the master sends for a field, as a person reads it."""
    if name in ("code", "number"):
        return key
    if name == "name":
        return full_name(record)
    if name == "address":
        return _address(record)
    if name == "phones":
        country = record.get("country_code")
        numbers = [display_form(number, country) or number for number in _phones(record)]
        return ", ".join(dict.fromkeys(numbers))
    if name == "total":
        return _money(record.get("amount_total"))
    if name == "price":
        return _money(record.get("price"))
    return str(record.get(name) or "")


def compare_contact(key, record, ours, home) -> Comparison:
    """Compare a customer of the master with a contact.

    :param dict record: canonical record
    :param dict ours: see ``res.partner._sm_match_values``
    :param str home: ISO code of the company's country
    """
    country = record.get("country_code") or home
    our_country = ours.get("country_code") or home
    name = full_name(record)
    theirs_phones, our_phones = _phones(record), ours["phones"]
    is_street = bool(_plain(record.get("street"))) and _plain(record.get("street")) == _plain(
        ours.get("street")
    )
    is_zip = bool(record.get("zip")) and record.get("zip") == ours.get("zip")
    facts = [
        Fact(
            "name",
            ours["name"] or "",
            _verdict(
                name,
                ours["name"],
                words(name) == words(ours["name"]),
                is_same_name(name, ours["name"]) or bool(words(name) & words(ours["name"])),
            ),
        ),
        Fact("code", ours["code"] or "", _verdict(key, ours["code"], key == ours["code"])),
        Fact(
            "vat",
            ours["vat"] or "",
            _verdict(
                record.get("vat"),
                ours["vat"],
                full_vat(record.get("vat"), country) == full_vat(ours["vat"], our_country),
            ),
        ),
        Fact(
            "email",
            ours["email"] or "",
            _verdict(
                record.get("email"),
                ours["email"],
                email_key(record.get("email") or "") == email_key(ours["email"] or ""),
            ),
        ),
        Fact(
            "phones",
            ", ".join(
                dict.fromkeys(display_form(number, our_country) or number for number in our_phones)
            ),
            _verdict(
                theirs_phones,
                our_phones,
                _keys(theirs_phones, country) & _keys(our_phones, our_country),
            ),
        ),
        Fact(
            "address",
            _address(ours),
            _verdict(_address(record), _address(ours), is_street and is_zip, is_street or is_zip),
        ),
    ]
    return Comparison(facts)


def compare_article(key, record, ours, _home) -> Comparison:
    """Compare an article of the master with one of Odoo."""
    name = record["name"]
    return Comparison(
        [
            Fact(
                "name",
                ours["name"] or "",
                _verdict(
                    name,
                    ours["name"],
                    words(name) == words(ours["name"]),
                    bool(words(name) & words(ours["name"])),
                ),
            ),
            Fact("code", ours["code"] or "", _verdict(key, ours["code"], key == ours["code"])),
            Fact(
                "ean",
                ours["ean"] or "",
                _verdict(record.get("ean"), ours["ean"], record.get("ean") == ours["ean"]),
            ),
            Fact(
                "price",
                ours["price"],
                _verdict(
                    record.get("price"),
                    ours["price"],
                    abs(float(record.get("price") or 0) - ours["amount"]) < 0.005,
                ),
            ),
        ]
    )


def compare_order(key, record, ours, _home) -> Comparison:
    """Compare an order of the master with one of Odoo."""
    return Comparison(
        [
            Fact("number", ours["number"], _verdict(key, ours["number"], key == ours["number"])),
            *(
                Fact(
                    name,
                    ours[name] or "",
                    _verdict(record.get(name), ours[name], record.get(name) == ours[name]),
                )
                for name in ("customer_code", "date")
            ),
            Fact(
                "total",
                ours["total"],
                _verdict(
                    record.get("amount_total"),
                    ours["total"],
                    abs(float(record.get("amount_total") or 0) - ours["amount"]) < 0.005,
                ),
            ),
        ]
    )


COMPARE = {"contact": compare_contact, "article": compare_article, "order": compare_order}
