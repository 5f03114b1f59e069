"""What expressions become, with values as .NET writes them."""

from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from simulators.threecx.template_engine.errors import ExpressionError
from simulators.threecx.template_engine.expressions import Condition, Expression

VALUES = {
    "Number": "+32475123456",
    "Name": "Jean-Luc d'Été",
    "Empty": "",
    "On": "True",
    "CallType": "Missed",
    "Found": 2,
    "Text": "From [Number] to [Agent]",
    "Agent": "101",
    "Talk": timedelta(minutes=1, seconds=23),
    "Long": timedelta(hours=26, minutes=3),
    "Utc": datetime(2026, 3, 1, 6, 5, 9, 120000, tzinfo=timezone.utc),
    "Local": datetime(2026, 7, 14, 15, 4, 5, tzinfo=ZoneInfo("Europe/Brussels")),
}


def scope(name):
    return VALUES.get(name, f"[{name}]")


def rendered(source, passes=1):
    return Expression(source).render(scope, passes)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("", ""),
        ("plain, with ] and (", "plain, with ] and ("),
        ("[Number]", "+32475123456"),
        ("a[Agent]b[Agent]", "a101b101"),
        ("[[Number]]", "+32475123456"),
        ("[Found]", "2"),
        ("[Nobody]", "[Nobody]"),
        ('[[Number].Replace("+","%2B")]', "%2B32475123456"),
        ("[[Number].Replace(+,00)]", "0032475123456"),
        ('[[Name].Replace("-"," ").ToUpper()]', "JEAN LUC D'ÉTÉ"),
        ("[[Number].Substring(3)]", "475123456"),
        ("[[Number].Substring(1,2)]", "32"),
        ('[[Number].TrimStart("+")]', "32475123456"),
        ('[[Number].StartsWith("+32")]', "True"),
        ("[[Agent].PadLeft(5,0)]", "00101"),
        ("[[[Agent].get_Length()].ToString()]", "3"),
        ('{{^^[Agent]^^}}', '["101"]'),
        ("{ ^^a^^: {{ ^^[Agent]^^ }} }", '{ "a": [ "101" ] }'),
        ('[IIf([CallType]=="Missed",lost,taken)]', "lost"),
        ("[IIf([CallType]==Inbound||[CallType]==Missed,in,out)]", "in"),
        ('[IIf([Empty]==""||[Empty]=="False",[Number],[Empty])]', "+32475123456"),
        ("[IIf([Found] > 1, [Agent] and [Number], none)]", "101 and +32475123456"),
        ('[IIf([Found]>2,a,IIf([Found]>=2,"b, c",d))]', "b, c"),
    ],
)  # fmt: skip
def test_texts(source, expected):
    assert rendered(source) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ('[[Utc].ToString("yyyy-MM-ddTHH:mm:ssZ")]', "2026-03-01T06:05:09Z"),
        ('[[Utc].ToString("yyyyMMddHHmmss")][Agent]', "20260301060509101"),
        ('[[Utc].ToString("d/M/yy h:mm tt")]', "1/3/26 6:05 AM"),
        ('[[Utc].ToString("dddd d MMMM yyyy")]', "Sunday 1 March 2026"),
        ('[[Utc].ToString("ddd, dd MMM HH:mm:ss.fff")]', "Sun, 01 Mar 06:05:09.120"),
        ("[[Utc].ToString(\"HH'h'mm\")]", "06h05"),
        ('[[Utc].ToString("o")]', "2026-03-01T06:05:09.1200000Z"),
        ('[[Local].ToString("s")]', "2026-07-14T15:04:05"),
        ('[[Local].ToString("yyyy-MM-ddTHH:mm:sszzz")]', "2026-07-14T15:04:05+02:00"),
        ('[[[Local].ToUniversalTime()].ToString("HH:mm")]', "13:04"),
        ('[[Utc].AddHours(2).ToString("HH:mm")]', "08:05"),
        # without a format: American, with a blank that is none
        ("[Utc]", "3/1/2026 6:05:09\u202fAM"),
        ("[Local]", "7/14/2026 3:04:05\u202fPM"),
        ("[Talk]", "00:01:23"),
        ("[Long]", "1.02:03:00"),
        ('[[Talk].ToString("mm\\:ss")]', "01:23"),
        ('[[[Talk].get_TotalSeconds()].ToString("F0")]', "83"),
        ('[[[Talk].get_TotalMinutes()].ToString("F2")]', "1.38"),
        ("[[Talk].get_TotalSeconds()]", "83"),
        ("[[Talk].get_Minutes()]:[[Talk].get_Seconds()]", "1:23"),
        ('[[Long].ToString("d\\ hh\\:mm")]', "1 02:03"),
        ('[[[Talk].get_TotalMinutes()].ToString("0.00")]', "1.38"),
        ('[[[Talk].get_TotalMinutes()].ToString("F")]', "1.38"),
        ('[[[Talk].get_TotalMinutes()].ToString("00.0")]', "01.4"),
        ('[[Found].ToString("D4")]', "0002"),
        ('[[Found].ToString("000")]', "002"),
        ('[[Found].ToString("D")]', "2"),
        ('[[Utc].ToString("ss.FFF")]', "09.12"),
        ('[[Local].ToString("zz")]', "+02"),
        ('[[Utc].ToString("HHK")]', "06Z"),
        ('[[Local].ToString("HHK")]', "15+02:00"),
    ],
)
def test_moments(source, expected):
    assert rendered(source) == expected


def test_second_pass():
    assert rendered("[[Text]]", 1) == "From [Number] to [Agent]"
    assert rendered("[[Text]]", 0) == "From [Number] to [Agent]"
    assert rendered("[[Text]]", 2) == "From +32475123456 to 101"


@pytest.mark.parametrize(
    ("source", "match"),
    [
        ("[[Number].Shorten()]", "Unknown method: Shorten"),
        ("[[Number].Replace(a)]", "Replace"),
        ("[[Agent].Substring(2,5)]", "must refer to a location"),
        # the moment at which a missed call was answered is an empty text
        ('[[Empty].ToString("HH:mm")]', "ToString"),
        ('[[Talk].ToString("mm:ss")]', "needs a backslash"),
        ("[IIf([Name]>2,a,b)]", "not two numbers"),
        ('[[Utc].ToString("X")]', "not simulated"),
        ('[[Found].ToString("C2")]', "not simulated"),
    ],
)
def test_failures(source, match):
    with pytest.raises(ExpressionError, match=match):
        rendered(source)


@pytest.mark.parametrize("source", ["[", "[]", "[A", "[[A].]", "[A.B()]", "[[A].B(]", "[A B]"])
def test_unreadable(source):
    with pytest.raises(ExpressionError):
        Expression(source)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("[On]!=True", False),
        ("[Empty]!=True", True),
        ('[On]!=True||[Empty]==""', True),
        ('[On]==True&&[CallType]!="Missed"', False),
        ("[IIf([Found]>0,True,False)]", True),
        ("[IIf([Found] > 2, True, False)]", False),
        ("[Found]>=2", True),
        ("[Found]<=2", True),
        ("[Found]<2", False),
        ("[Found]<3", True),
        ("[On]==True&&[Found]==2", True),
        ("[On]", True),
        ("[CallType]", False),
    ],
)
def test_conditions(source, expected):
    assert Condition(source).met(scope) is expected


def test_quotation_marks_in_if_are_text():
    assert Condition("[CallType]==Missed", quotes=False).met(scope)
    assert not Condition('[CallType]=="Missed"', quotes=False).met(scope)


def test_unquoted_words():
    assert Condition('[On]!=True||[Found]>0||[CallType]=="Missed"').unquoted_words() == []
    assert Condition("[On]!=True||[CallType]!=Missed").unquoted_words() == ["Missed"]
