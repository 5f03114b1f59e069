"""Rules without a database: evidence, numbers of orders, what is sorted where, what belongs
together."""

from datetime import datetime, timedelta

import pytest

from odoo.addons.omnichannel_inbox.identity import joining, rules
from odoo.addons.omnichannel_inbox.identity.evidence import (
    LEVEL_OF,
    LEVELS,
    SCORES,
    OrderNamed,
    Signals,
    higher,
    is_linking,
    judge,
)
from odoo.addons.omnichannel_inbox.identity.order_numbers import candidates, visible_text

JAN, ELS, TAFEL = 1, 2, 9
ORDER = OrderNamed("CMD-1", JAN, JAN)


def partners(verdict):
    return [suggestion.partner for suggestion in verdict.suggestions]


# -- evidence --------------------------------------------------------------------------------------


def test_every_code_has_a_level():
    assert set(LEVEL_OF.values()) <= set(LEVELS)
    assert {code for code, level in LEVEL_OF.items() if level == "weak"} == set(SCORES)
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
