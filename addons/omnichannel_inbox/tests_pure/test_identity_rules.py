"""Rules without a database: evidence, numbers of orders, what is sorted where, what belongs
together."""

from datetime import datetime, timedelta

import pytest

from odoo.addons.omnichannel_inbox.identity import claims, joining, rules, signed_ref
from odoo.addons.omnichannel_inbox.identity.evidence import (
    CLAIMED,
    FITS,
    LEVEL_OF,
    LEVELS,
    SCORES,
    OrderNamed,
    Signals,
    contradicted,
    higher,
    is_linking,
    is_telling,
    judge,
)
from odoo.addons.omnichannel_inbox.identity.order_numbers import candidates, visible_text
from odoo.addons.omnichannel_inbox.providers.base import Claim

JAN, ELS, TAFEL = 1, 2, 9
ORDER = OrderNamed("CMD-1", JAN, JAN)
KNOWN = OrderNamed("CMD-1", JAN, JAN, frozenset({"postcode", "phone"}))


def partners(verdict):
    return [suggestion.partner for suggestion in verdict.suggestions]


# -- evidence --------------------------------------------------------------------------------------


def test_every_code_has_a_level():
    assert set(LEVEL_OF.values()) <= set(LEVELS)
    # what links somebody suggests him where it speaks for two; what a colleague says does not
    assert LEVEL_OF.keys() - SCORES.keys() == {"confirmed"}
    assert {LEVEL_OF[code] for code in FITS.values()} == {"strong"}
    assert {LEVEL_OF[code] for code in CLAIMED.values()} == {"weak"}
    assert higher("weak", "strong") == "strong"
    assert [level for level in LEVELS if is_linking(level)] == ["strong", "proved"]


@pytest.mark.parametrize(
    ("signals", "level", "partner"),
    [
        (Signals(), "none", None),
        (Signals(exact=(JAN,), is_authenticated=True), "strong", JAN),
        (Signals(exact=(JAN,), is_authenticated=None), "weak", None),
        (Signals(exact=(JAN,), is_authenticated=False), "weak", None),
        (Signals(exact=(JAN, ELS), is_authenticated=True), "weak", None),
        (Signals(mailbox=(JAN,), is_authenticated=True), "weak", None),
        (Signals(archived=(JAN,), is_authenticated=True), "weak", None),
        (Signals(domain=(TAFEL,), is_authenticated=True), "weak", None),
        (Signals(references=(("K1", JAN),), is_authenticated=True), "weak", None),
        (Signals(orders=(ORDER,), is_authenticated=True), "weak", None),
        (Signals(orders=(ORDER,), exact=(JAN,)), "strong", JAN),
        (Signals(orders=(ORDER,), exact=(JAN,), is_authenticated=False), "weak", None),
        (Signals(orders=(ORDER,), exact=(JAN, ELS)), "strong", JAN),
        (Signals(orders=(ORDER,), exact=(ELS,)), "weak", None),
        (Signals(verified=(("verified_user", JAN),)), "proved", JAN),
        (Signals(verified=(("verified_user", JAN), ("signed_link", JAN))), "proved", JAN),
        (Signals(verified=(("verified_user", JAN), ("signed_link", ELS))), "weak", None),
        (Signals(verified=(("signed_link", JAN),), rejected=frozenset({JAN})), "none", None),
        (Signals(verified=(("signed_link", JAN),), exact=(ELS,)), "proved", JAN),
        # what is as good for somebody else leaves it to a person
        (Signals(verified=(("signed_link", JAN),), disputed=frozenset({ELS})), "weak", None),
        (Signals(verified=(("signed_link", JAN),), disputed=frozenset({JAN})), "proved", JAN),
        (
            Signals(
                verified=(("signed_link", JAN),),
                disputed=frozenset({ELS}),
                rejected=frozenset({ELS}),
            ),
            "proved",
            JAN,
        ),
        (Signals(replied_to=JAN, verified=(("signed_link", ELS),)), "weak", None),
        (
            Signals(
                exact=(JAN,),
                is_authenticated=True,
                verified=(("verified_user", ELS), ("signed_link", JAN)),
            ),
            "weak",
            None,
        ),
        (Signals(exact=(JAN,), is_authenticated=True, disputed=frozenset({ELS})), "weak", None),
        (Signals(claimed=(("claimed_email", JAN, "jan@x"),)), "weak", None),
        (Signals(claimed=(("purchase", JAN, "CMD-1"),)), "weak", None),
        (Signals(orders=(KNOWN,)), "strong", JAN),
        (Signals(orders=(KNOWN, ORDER)), "strong", JAN),
        (Signals(orders=(KNOWN,), is_authenticated=False), "weak", None),
        (Signals(orders=(KNOWN,), rejected=frozenset({JAN})), "none", None),
        (Signals(orders=(KNOWN, OrderNamed("CMD-2", ELS, ELS, KNOWN.fits))), "weak", None),
        (Signals(replied_to=JAN), "proved", JAN),
        (Signals(replied_to=JAN, exact=(ELS,), is_authenticated=True), "proved", JAN),
        (Signals(replied_to=JAN, is_authenticated=False), "none", None),
        (Signals(replied_to=JAN, rejected=frozenset({JAN})), "none", None),
        (
            Signals(exact=(JAN,), is_authenticated=True, rejected=frozenset({JAN})),
            "none",
            None,
        ),
    ],
)
def test_judge(signals, level, partner):
    verdict = judge(signals)
    assert (verdict.level, verdict.partner) == (level, partner)
    assert bool(verdict.evidence) == is_linking(level)
    assert bool(verdict.suggestions) == (level == "weak")


def test_all_who_share_an_address_are_suggested():
    verdict = judge(Signals(exact=(JAN, ELS), is_authenticated=True))
    assert partners(verdict) == [JAN, ELS]
    assert {piece["code"] for one in verdict.suggestions for piece in one.evidence} == {
        "email_several"
    }


def test_refusing_one_does_not_choose_the_other():
    signals = Signals(exact=(JAN, ELS), is_authenticated=True, rejected=frozenset({JAN}))
    verdict = judge(signals)
    assert verdict.level == "weak"
    assert partners(verdict) == [ELS]


def test_contradicted():
    """Proof of somebody else counts against a link; not that of his company, nor a refused one."""
    proof = (("verified_user", ELS), ("signed_link", ELS), ("signed_link", JAN))
    [suggestion] = contradicted(JAN, Signals(verified=proof))
    assert (suggestion.partner, suggestion.score) == (ELS, 96)
    assert [piece["code"] for piece in suggestion.evidence] == ["verified_user", "signed_link"]
    assert not contradicted(ELS, Signals(verified=proof[:2]))
    assert not contradicted(JAN, Signals(verified=proof, rejected=frozenset({ELS})))
    family = {JAN: TAFEL, ELS: TAFEL}
    assert not contradicted(JAN, Signals(verified=proof, commercial=family))
    assert not contradicted(JAN, Signals(claimed=(("claimed_email", ELS, "els@x"),), exact=(ELS,)))


def test_contested_are_all_suggested():
    """Those for whom as much speaks are all suggested, each with what speaks for him."""
    verdict = judge(Signals(replied_to=JAN, verified=(("signed_link", ELS),)))
    assert {one.partner: one.evidence[0]["code"] for one in verdict.suggestions} == {
        JAN: "reply",
        ELS: "signed_link",
    }
    assert all(is_telling(one.evidence) for one in verdict.suggestions)


def test_order_of_the_company_of_one():
    order = OrderNamed("CMD-1", TAFEL, TAFEL)
    signals = Signals(exact=(JAN, ELS), orders=(order,), commercial={JAN: TAFEL, ELS: ELS})
    assert judge(signals).partner == JAN
    both = Signals(exact=(JAN, ELS), orders=(order,), commercial={JAN: TAFEL, ELS: TAFEL})
    assert judge(both).level == "weak"


def test_ranking():
    """The better evidence is first, further evidence decides between equals."""
    verdict = judge(
        Signals(
            exact=(ELS,),
            mailbox=(JAN,),
            domain=(TAFEL,),
            orders=(OrderNamed("CMD-1", TAFEL, TAFEL),),
        )
    )
    assert partners(verdict) == [ELS, JAN, TAFEL]
    verdict = judge(Signals(exact=(JAN, ELS), references=(("K1", ELS),)))
    assert partners(verdict) == [ELS, JAN]


# -- numbers of orders -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("My order S00042, please", ["S00042"]),
        ("Commande n° 4711 !", ["4711"]),
        ("commande CMD-2026-00123.", ["CMD-2026-00123"]),
        ("Re: [CMD-2026-00123] Votre table", ["CMD-2026-00123"]),
        ("2026/00123 ?", ["2026/00123"]),
        ("bestelling: 12345678", ["12345678"]),
        ("#98765", ["98765"]),
        ("SO-7788 et SO-7799, SO-7788", ["SO-7788", "SO-7799"]),
        ("order 2026-00012 and cmd_2026_00013", ["2026-00012", "cmd_2026_00013"]),
        # nothing of the kind
        ("call me: 0475123456 or 0475/12.34.56", []),
        ("tel. +32 475 12 34 56", []),
        ("on 12/03/2026 or 2026-03-12 at 15:30", []),
        ("1250,00 € or 1.250,00 EUR or 99999 €", []),
        ("IBAN BE68 5390 0754 7034", []),
        ("B-1000 Bruxelles, F-75001 Paris", []),
        ("rue Haute 123, 1000 Bruxelles", []),
        ("jan12345@example.com https://x.example/a/12345", []),
        ("200 x 180 cm, 45678 mm", []),
        ("", []),
    ],
)
def test_candidates(text, found):
    assert candidates(text) == found


def test_candidates_are_limited():
    text = " ".join(f"S{number:05}" for number in range(1000))
    assert len(candidates(text)) == 20
    assert candidates("x" * 50_000 + " S00042") == []


def test_candidates_take_no_time():
    """Nothing a stranger writes makes the search slow."""
    for text in ("1-" * 10_000, "A1/" * 7_000, "9" * 20_000, "n° " * 7_000, "(" * 20_000):
        before = datetime.now()
        candidates(text)
        assert datetime.now() - before < timedelta(seconds=2)


def test_visible_text():
    html = (
        "<html><head><style>p{x:12345}</style></head><body><!-- 99999 --><p>Order&nbsp;S00042</p>"
        "<script>54321</script><div>Two</div></body>"
    )
    text = visible_text(html)
    assert "S00042" in text
    assert candidates(text) == ["S00042"]


# -- rules -----------------------------------------------------------------------------------------


def facts(**values):
    return rules.Facts(**{"sender": "jan@mail.tafel.example", **values})


@pytest.mark.parametrize(
    ("rule", "about", "holds"),
    [
        ({}, {}, True),
        ({"kind": "colleague"}, {"sender_kinds": frozenset({"colleague"})}, True),
        ({"kind": "colleague"}, {"sender_kinds": frozenset({"customer"})}, False),
        ({"senders": ("jan@mail.tafel.example",)}, {}, True),
        ({"senders": ("tafel.example",)}, {}, True),
        ({"senders": ("@tafel.example",)}, {}, True),
        ({"senders": ("afel.example",)}, {}, False),
        ({"senders": ("piet@tafel.example",)}, {}, False),
        ({"senders": ("jan@*",)}, {}, True),
        ({"senders": ("*.example",)}, {}, True),
        ({"senders": ("tafel.*",)}, {}, True),
        ({"senders": ("afel.*",)}, {}, False),
        ({"recipients": ("parts@x.example",)}, {"recipients": ("parts@x.example",)}, True),
        ({"recipients": ("parts@x.example",)}, {"recipients": ("a@x.example",)}, False),
        ({"lists": ("news.x.example",)}, {"list_id": "news.x.example"}, True),
        ({"lists": ("*",)}, {}, False),
        ({"subjects": ("devis",)}, {"subject": "Demande de DEVIS"}, True),
        ({"subjects": ("devis",)}, {"subject": "Table"}, False),
        ({"folders": frozenset({"inbox"})}, {"folder": "inbox"}, True),
        ({"folders": frozenset({"inbox"})}, {"folder": "sent"}, False),
        ({"tags": frozenset({1, 2})}, {"tags": frozenset({2, 3})}, True),
        ({"tags": frozenset({1})}, {"tags": frozenset()}, False),
        ({"senders": ("tafel.example",), "subjects": ("devis",)}, {"subject": "Table"}, False),
    ],
)
def test_rule_holds(rule, about, holds):
    one = rules.Rule(id=1, result="ignore", **rule)
    assert (rules.decide([one], facts(**about)) is one) is holds


def test_first_rule_decides():
    one, two = rules.Rule(1, "history"), rules.Rule(2, "ignore")
    assert rules.decide([one, two], facts()) is one
    assert rules.decide([], facts()) is None


def test_fields_of_rules():
    assert rules.split_patterns("Jan@X.example, y.example\n\n*@z;") == (
        "jan@x.example",
        "y.example",
        "*@z",
    )
    assert rules.lines(" Demande de devis \n\nOffre\n") == ("demande de devis", "offre")
    assert rules.lines(None) == rules.split_patterns(None) == ()
    for text in ("jan@x.example", "x.example", "noreply@*", "*.x.example"):
        assert rules.is_pattern(text)
    for text in ("@", "*", "jan @x", "a@@b", ""):
        assert not rules.is_pattern(text)


def test_list_id():
    assert rules.list_id([("List-ID", "Our news <News.x.example>")]) == "news.x.example"
    assert rules.list_id([("list-id", "news.x.example")]) == "news.x.example"
    assert rules.list_id([("Subject", "x")]) == ""


# -- what belongs together -------------------------------------------------------------------------

NOON = datetime(2026, 11, 2, 12, 0)


@pytest.mark.parametrize(
    ("changes", "same"),
    [
        ({}, True),
        ({"other_sent": NOON + timedelta(seconds=40)}, True),
        ({"other_sent": NOON + timedelta(minutes=5)}, False),
        ({"other_sent": NOON + timedelta(hours=5), "is_same_mailbox": False}, True),
        ({"other_sent": NOON + timedelta(days=2), "is_same_mailbox": False}, False),
        ({"other_sender": "els@x.example"}, False),
        ({"other_subject": "Other"}, False),
        ({"other_subject": " my\n  TABLE "}, True),
    ],
)
def test_is_same_mail(changes, same):
    mail = {
        "sent": NOON,
        "other_sent": NOON,
        "sender": "jan@x.example",
        "other_sender": "jan@x.example",
        "subject": "My table",
        "other_subject": "My table",
        "is_same_mailbox": True,
    }
    assert joining.is_same_mail(**{**mail, **changes}) is same


def test_takes_part():
    people = {"jan@tafel.example", "els@gmail.com"}
    assert joining.takes_part("jan@tafel.example", people)
    assert joining.takes_part("piet@tafel.example", people)
    assert not joining.takes_part("piet@gmail.com", people)
    assert not joining.takes_part("piet@stoel.example", people)
    assert not joining.takes_part("", people)


# -- one customer, all channels --------------------------------------------------------------------


def side(**values):
    return joining.Side(
        **{"customer": JAN, "family": TAFEL, "team": 1, "identities": frozenset({11}), **values}
    )


@pytest.mark.parametrize(
    ("one", "other", "why"),
    [
        ({}, {}, None),
        ({"has_mail": True}, {}, None),
        ({"has_mail": True}, {"has_mail": True}, "mail"),
        ({"customer": 0, "family": 0}, {"customer": 0, "family": 0}, "customer"),
        ({}, {"customer": 0, "family": 0}, "customer"),
        ({}, {"customer": ELS}, "customer"),
        ({"is_proved": True}, {"customer": ELS}, None),
        ({}, {"customer": ELS, "is_proved": True}, None),
        ({"is_proved": True}, {"customer": ELS, "family": ELS}, "customer"),
        ({}, {"team": 2}, "team"),
        ({"team": 0}, {}, "team"),
        ({"user": 5}, {}, None),
        ({"user": 5}, {"user": 5}, None),
        ({"user": 5}, {"user": 6}, "user"),
        ({}, {"is_parted": True}, "parted"),
        ({"is_parted": True}, {}, "parted"),
        ({}, {"identities": frozenset({13, 12})}, "refused"),
        ({"identities": frozenset({12})}, {}, "refused"),
        ({}, {"identities": frozenset({13})}, None),
    ],
)
def test_what_hinders_a_join(one, other, why):
    refused = {frozenset({11, 12})}
    other = {"identities": frozenset({11}), **other}
    assert joining.hindrance(side(**one), side(**other), refused) == why


def test_hindrance_is_the_same_from_both_sides():
    sides = [
        side(customer=customer, team=team, has_mail=has_mail, is_proved=is_proved)
        for customer in (0, JAN, ELS)
        for team in (1, 2)
        for has_mail in (True, False)
        for is_proved in (True, False)
    ]
    for one in sides:
        for other in sides:
            assert joining.hindrance(one, other) == joining.hindrance(other, one)


# -- what is said ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Mon adresse: Jan.Tafel@Gmail.com.", {("email", "jan.tafel@gmail.com")}),
        ("0475/12.34.56", {("phone", "+32475123456")}),
        ("appelez le +33 6 12 34 56 78 svp", {("phone", "+33612345678")}),
        ("code postal 4000", {("postcode", "4000")}),
        ("mon code postal est B-4000", {("postcode", "4000")}),
        ("postcode: 1017 AB", {("postcode", "1017AB")}),
        ("4000", {("postcode", "4000")}),
        ("j'habite 4000 Liège", {("postcode", "4000")}),
        ("commandé en 2026", set()),
        ("il coûte 4000 euros", set()),
        ("le 12/03/2026 vers 14h", set()),
        ("", set()),
    ],
)
def test_what_somebody_says_of_himself(text, found):
    said = {(one["kind"], one["value"]) for one in claims.from_text(text, "BE")}
    assert {one for one in said if one[0] != "order"} == found


def test_an_order_with_its_postcode():
    said = claims.from_text("Ma commande CMD-2026-00123, 4000 Liège", "BE")
    assert {(one["kind"], one["value"]) for one in said} == {
        ("order", "CMD-2026-00123"),
        ("postcode", "4000"),
    }


def test_a_long_text_takes_no_time():
    for text in ("1 " * 5_000, "a@" * 5_000, "+0 " * 5_000, "0-" * 5_000, "4000 " * 5_000):
        assert len(claims.from_text(text, "BE")) <= 12


def test_claims_are_kept_once():
    known = claims.merged((), [Claim("email", "Jan@X.example"), Claim("postcode", "B-4000")], "BE")
    assert known == [
        {"kind": "email", "value": "jan@x.example", "is_verified": False},
        {"kind": "postcode", "value": "4000", "is_verified": False},
    ]
    again = claims.merged(known, [Claim("email", "JAN@x.example", True), Claim("colour", "red")])
    assert [one["is_verified"] for one in again] == [True, False]
    assert claims.values(again, "email") == ["jan@x.example"]
    assert claims.merged(None, [Claim("email", "no address"), Claim("order", "  ")]) == []


def test_whoever_tries_gets_no_further():
    """One postcode after the other: what was said first stays, what is signed always."""
    tried = [Claim("postcode", str(1000 + n)) for n in range(100)]
    kept = claims.merged((), [*tried, Claim("user", "K-1", True)])
    assert len(kept) == claims.LIMIT
    assert {"kind": "user", "value": "K-1", "is_verified": True} in kept
    assert claims.values(kept, "postcode")[0] == "1000"


# -- links of ours ---------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", signed_ref.KINDS)
def test_a_reference_says_what_was_put_into_it(kind):
    ref = signed_ref.make("secret", kind, "CMD/2026 é")
    assert signed_ref.read("secret", ref) == Claim(kind, "CMD/2026 é", is_verified=True)
    assert set(ref) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.")
    assert len(ref) < 250


def test_nobody_else_can_make_a_reference():
    ref = signed_ref.make("secret", "customer", "K-1")
    letter, value, signature = ref.split(".")
    forged = signed_ref.make("other", "customer", "K-1")
    for text in (
        forged,
        f"o.{value}.{signature}",
        f"{letter}.{value}x.{signature}",
        f"{letter}.{value}.",
        f"{letter}.{value}",
        "CMD-2026-00123",
        "",
        "é.é.é",
        "." * 500,
    ):
        assert signed_ref.read("secret", text) is None
    assert signed_ref.read("", ref) is None


@pytest.mark.parametrize(
    "arguments",
    [("", "order", "1"), ("s", "colour", "1"), ("s", "order", ""), ("s", "order", "é" * 99)],
)
def test_a_reference_needs_something_to_say(arguments):
    with pytest.raises(ValueError):
        signed_ref.make(*arguments)
