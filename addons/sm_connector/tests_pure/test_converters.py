"""Converters on what people and programs really type."""

import json
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.addons.sm_connector.contract import CONVERTERS, ParamError, RowError


def compiled(name, **params):
    return CONVERTERS[name].compile(params)


def cause(convert, text):
    """Return the cause of the refusal, after checking that the reason says something."""
    with pytest.raises(RowError) as caught:
        convert(text)
    assert len(caught.value.reason) > 10
    return caught.value.cause


class TestText:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("  Dupont \t", "Dupont"),
            ("\xa0Dupont\u202f", "Dupont"),
            ("Jean\nPaul", "Jean Paul"),
            ("Jean \r\n\r\n Paul", "Jean Paul"),
            ("a\u2028b", "a b"),
            ("a\tb", "a b"),
            ("a\x07b\x1b", "ab"),
            ("a\xa0b", "a\xa0b"),
            ("'; DROP TABLE res_partner; --", "'; DROP TABLE res_partner; --"),
            ("<script>alert(1)</script>", "<script>alert(1)</script>"),
            ("=cmd|'/C calc'!A0", "=cmd|'/C calc'!A0"),
            ("Œuvre \N{SMILING FACE WITH OPEN MOUTH}", "Œuvre \N{SMILING FACE WITH OPEN MOUTH}"),
            ("", ""),
        ],
    )
    def test_single_line(self, text, expected):
        assert compiled("text")(text) == expected

    def test_multiline_keeps_lines(self):
        convert = compiled("text", multiline=True)
        assert convert(" a\r\nb\rc\u2029d\te\x07 \n") == "a\nb\nc\nd\te"

    def test_too_long(self):
        convert = compiled("text", max_length=256)
        assert convert(" " + "x" * 256 + " ") == "x" * 256
        assert cause(convert, "x" * 257) == "too_long"

    def test_kept_as_typed(self):
        assert compiled("vat")(" be 0403.170.701 ") == "be 0403.170.701"
        assert compiled("phone")(" +32 (0)4/222.33.44 ") == "+32 (0)4/222.33.44"
        assert compiled("email")(" Jean@Exemple.BE ") == "Jean@Exemple.BE"
        assert cause(compiled("vat"), "B" * 65) == "too_long"


class TestCode:
    def test_zeros_and_case_are_kept(self):
        assert compiled("code")(" 0012345 ") == "0012345"
        assert compiled("code")("ab-12/c") == "ab-12/c"

    def test_too_long(self):
        assert compiled("code")("x" * 64) == "x" * 64
        assert cause(compiled("code"), "x" * 300) == "code_too_long"

    def test_invisible(self):
        assert cause(compiled("code"), "12\n34") == "bad_code"
        assert cause(compiled("code"), "12\u200b34") == "bad_code"

    def test_zeros_are_put_back(self):
        convert = compiled("code", pad=7)
        assert convert("12345") == "0012345"
        assert convert("A12") == "A12"
        assert convert("") == ""
        assert convert("12345678") == "12345678"


class TestDecimal:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("12", "12"),
            ("12,5", "12.5"),
            ("12.50", "12.5"),
            ("-0,00", "0"),
            ("0012,30", "12.3"),
            (",5", "0.5"),
            ("5,", "5"),
            ("+3", "3"),
            ("1 234,56", "1234.56"),
            ("1\xa0234\xa0567,8", "1234567.8"),
            ("1\u202f234,56", "1234.56"),
            ("1'234.56", "1234.56"),
            ("1’234.56", "1234.56"),
            ("1.234,56", "1234.56"),
            ("1,234.56", "1234.56"),
            ("1.234.567", "1234567"),
            ("1.234.567,89", "1234567.89"),
            ("-1.234,50", "-1234.5"),
            ("- 12,5", "-12.5"),
            ("12,50-", "-12.5"),
            ("12,50 €", "12.5"),
            ("€ 12,50", "12.5"),
            ("12 EUR", "12"),
            ("21 %", "21"),
            (" 7 ", "7"),
            ("1,005", "1.01"),
            ("2,345", "2.35"),
            ("-2,345", "-2.35"),
        ],
    )
    def test_notations(self, text, expected):
        assert compiled("decimal")(text) == expected

    def test_single_separator_is_the_decimal_mark(self):
        assert compiled("decimal", digits=3)("1,234") == "1.234"
        assert compiled("decimal", digits=3)("1.234") == "1.234"

    @pytest.mark.parametrize("text", ["", "  ", "\xa0"])
    def test_empty(self, text):
        assert compiled("decimal")(text) is None

    @pytest.mark.parametrize(
        "text",
        ["abc", "12a", "1,2,3", "1.2.3", "1.234.56", "12 34", "1 23,5", "--5", "-", ",", "1e5",
         "NaN", "inf", "0x10", "1_000", "٣", "12,5,", "1.234,567.8", "1" * 16, "5 - 3"],
    )  # fmt: skip
    def test_refused(self, text):
        assert cause(compiled("decimal"), text) == "bad_number"

    @given(st.decimals(-(10**9), 10**9, places=4), st.sampled_from([",", "."]))
    @settings(deadline=None)
    def test_written_and_read(self, number, mark):
        text = format(number, "f").replace(".", mark)
        assert Decimal(compiled("decimal", digits=4)(text)) == number

    @given(st.integers(0, 10**14), st.integers(0, 99), st.sampled_from([" ", ".", "'", "\u202f"]))
    @settings(deadline=None)
    def test_grouped_and_read(self, whole, cents, group):
        text = f"{whole:,}".replace(",", group) + f",{cents:02d}"
        assert Decimal(compiled("decimal")(text)) == whole + Decimal(cents) / 100

    @given(st.text())
    @settings(deadline=None)
    def test_any_text_is_a_number_or_a_row_error(self, text):
        try:
            value = compiled("decimal")(text)
        except RowError as error:
            assert error.cause == "bad_number"
        else:
            assert value is None or "e" not in value.lower() and Decimal(value).is_finite()

    def test_integer(self):
        convert = compiled("integer")
        assert [convert(t) for t in ("10", "10,0", "1 200", "-3", "")] == [10, 10, 1200, -3, None]
        assert cause(convert, "12,5") == "bad_number"


class TestDate:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("12/01/2027", "2027-01-12"),
            ("1/2/2027", "2027-02-01"),
            ("12.01.2027", "2027-01-12"),
            ("12-01-2027", "2027-01-12"),
            ("12/01/27", "2027-01-12"),
            ("12/01/68", "2068-01-12"),
            ("12/01/69", "1969-01-12"),
            ("2027-01-12", "2027-01-12"),
            ("2027-01-12 10:20:30", "2027-01-12"),
            ("2027-01-12T10:20", "2027-01-12"),
            ("12/01/2027 10:20", "2027-01-12"),
            (" 29/02/2028 ", "2028-02-29"),
            ("", None),
            ("  ", None),
            ("00/00/0000", None),
            ("-", None),
        ],
    )
    def test_notations(self, text, expected):
        assert compiled("date")(text) == expected

    @pytest.mark.parametrize(
        "text",
        ["31/02/2027", "29/02/2027", "00/01/2027", "12/13/2027", "12/01/0202", "12/01/1899",
         "bientôt", "12/01", "12/01/2027x", "44567", "12/01/2027 25:00", "2027/1", "12 janvier"],
    )  # fmt: skip
    def test_refused(self, text):
        assert cause(compiled("date"), text) == "bad_date"

    def test_reason_says_what_was_expected(self):
        with pytest.raises(RowError, match="dd/mm/yyyy or yyyy-mm-dd"):
            compiled("date")("soon")
        with pytest.raises(RowError, match="does not exist"):
            compiled("date")("31/02/2027")

    def test_other_formats(self):
        assert compiled("date", formats=["mm/dd/yyyy"])("01/12/2027") == "2027-01-12"
        assert compiled("date", formats=["yyyymmdd"])("20270112") == "2027-01-12"
        assert compiled("date", formats=["dd/mm/yy"], pivot=30)("12/01/31") == "1931-01-12"
        assert cause(compiled("date", formats=["yyyymmdd"]), "2027112") == "bad_date"

    @pytest.mark.parametrize("fmt", ["", "dd/mm", "dd/dd/yyyy", "%d/%m/%Y", "jj/mm/aaaa"])
    def test_no_format(self, fmt):
        with pytest.raises(ValueError, match="not a date format"):
            compiled("date", formats=[fmt])

    @given(st.dates(date(1900, 1, 1), date(2199, 12, 31)))
    def test_written_and_read(self, day):
        assert compiled("date")(f"{day:%d/%m/}{day.year:04d}") == day.isoformat()
        assert compiled("date")(day.isoformat()) == day.isoformat()

    @given(st.text())
    def test_any_text_is_a_date_or_a_row_error(self, text):
        try:
            value = compiled("date")(text)
        except RowError as error:
            assert error.cause == "bad_date"
        else:
            assert value is None or date.fromisoformat(value)

    def test_datetime(self):
        convert = compiled("datetime")
        assert convert("12/01/2027 10:20") == "2027-01-12 10:20:00"
        assert convert("2027-01-12T10:20:30.5") == "2027-01-12 10:20:30"
        assert convert("12/01/2027 8h05") == "2027-01-12 08:05:00"
        assert convert("12/01/2027") == "2027-01-12 00:00:00"
        assert convert("") is None
        assert cause(convert, "12/01/2027 24:00") == "bad_date"

    def test_datetime_of_a_time_zone_becomes_utc(self):
        convert = compiled("datetime", tz="Europe/Brussels")
        assert convert("12/01/2027 00:30") == "2027-01-11 23:30:00"
        assert convert("12/07/2027 00:30") == "2027-07-11 22:30:00"
        assert datetime.fromisoformat(convert("28/03/2027 02:30"))  # an hour that does not exist

    def test_restock(self):
        convert = compiled("restock")
        assert convert("12/01/2027") == {"state": "known", "date": "2027-01-12"}
        for word in ("DP à communiquer", "dp A COMMUNIQUER ", "Inconnue", "?"):
            assert convert(word) == {"state": "unknown", "date": None}
        assert convert(" ") == {"state": "none", "date": None}
        assert cause(convert, "un jour") == "bad_date"
        assert convert("") is not convert("")  # callers may change what they get


class TestWords:
    @pytest.mark.parametrize("text", ["O", "o", "Oui", "OUI", " oui ", "1", "Y", "J", "ja", "Vrai"])
    def test_yes(self, text):
        assert compiled("boolean")(text) is True

    @pytest.mark.parametrize("text", ["N", "n", "Non", "0", "No", "nee", "Faux", "", "  "])
    def test_no(self, text):
        assert compiled("boolean")(text) is False

    def test_boolean_of_ones_own(self):
        convert = compiled("boolean", true=["actif"], false=["arrêté"], empty=True)
        assert (convert("Actif"), convert("ARRETE"), convert("")) == (True, False, True)
        assert cause(convert, "O") == "bad_boolean"
        assert cause(compiled("boolean"), "peut-être") == "bad_boolean"

    @pytest.mark.parametrize(
        ("text", "code"),
        [("B", "BE"), ("be", "BE"), ("BELGIQUE", "BE"), ("België", "BE"), ("Belgie", "BE"),
         ("F", "FR"), ("France ", "FR"), ("L", "LU"), ("G.-D. Luxembourg", "LU"), ("D", "DE"),
         ("Allemagne", "DE"), ("Duitsland", "DE"), ("Germany", "DE"), ("NL", "NL"),
         ("Pays Bas", "NL"), ("PAYS-BAS", "NL"), ("UK", "GB"), ("Etats-Unis", "US"), ("CHE", "CH"),
         ("Côte d’Ivoire", "CI"), ("E", "ES"), ("S", "SE"), ("", ""), (" ", "")],
    )  # fmt: skip
    def test_country(self, text, code):
        assert compiled("country")(text) == code

    def test_country_unknown(self):
        assert cause(compiled("country"), "Syldavie") == "unknown_country"
        assert compiled("country", unknown="empty")("Syldavie") == ""
        assert compiled("country", names={"Syldavie": "BE"})("syldavie") == "BE"
        with pytest.raises(ValueError, match="“ZZ”"):
            compiled("country", names={"Syldavie": "ZZ"})

    @pytest.mark.parametrize(
        ("text", "code"),
        [("F", "fr"), ("FR", "fr"), ("français", "fr"), ("N", "nl"), ("nl", "nl"), ("D", "de"),
         ("E", "en"), ("EN", "en"), ("fr_BE", "fr"), ("", "")],
    )  # fmt: skip
    def test_language(self, text, code):
        assert compiled("language")(text) == code

    def test_language_unknown(self):
        assert cause(compiled("language"), "X") == "unknown_language"
        assert compiled("language", names={"X": "nl"})("x") == "nl"

    def test_lookup(self):
        table = {"S": "company", "P": "person"}
        convert = compiled("lookup", table=table)
        assert (convert("S"), convert(" p "), convert("")) == ("company", "person", None)
        assert cause(convert, "Z") == "unknown_value"
        with pytest.raises(RowError, match=r"\(P, S\)"):
            convert("Z")
        assert compiled("lookup", table=table, unknown="default", default="x")("Z") == "x"
        assert compiled("lookup", table=table, unknown="keep")(" Z ") == "Z"
        assert compiled("lookup", table=table, empty="person")("  ") == "person"

    def test_constant(self):
        assert compiled("constant", value=True)("whatever") is True


class TestZonesAndMarks:
    """What databases and web services write."""

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("2026-11-02T10:15:00Z", "2026-11-02 10:15:00"),
            ("2026-11-02T10:15:00.123+01:00", "2026-11-02 09:15:00"),
            ("2026-11-02 10:15:00-0530", "2026-11-02 15:45:00"),
            ("2026-11-02 10:15:00+01", "2026-11-02 09:15:00"),
            ("02/11/2026 10:15 UTC", "2026-11-02 10:15:00"),
            ("2026-11-02T10:15:00", "2026-11-02 10:15:00"),
        ],
    )
    def test_moment_with_its_zone(self, text, expected):
        assert compiled("datetime")(text) == expected

    def test_written_zone_wins(self):
        convert = compiled("datetime", tz="Europe/Brussels")
        assert convert("2026-11-02T10:15:00Z") == "2026-11-02 10:15:00"
        assert convert("2026-11-02T10:15:00") == "2026-11-02 09:15:00"

    def test_day_is_the_written_one(self):
        assert compiled("date")("2026-11-02T00:15:00+01:00") == "2026-11-02"

    def test_impossible_zones(self):
        assert cause(compiled("datetime"), "2026-11-02T10:15:00+99:00") == "bad_date"
        with pytest.raises(ParamError) as caught:
            compiled("datetime", tz="Europe/Liège")
        assert caught.value.code == "unknown_zone"
        with pytest.raises(ParamError):
            compiled("datetime", tz="Europe")

    @pytest.mark.parametrize(
        ("mark", "text", "expected"),
        [
            ("point", "1,234", "1234"),
            ("point", "1,234,567.5", "1234567.5"),
            ("point", "-1,234.50", "-1234.5"),
            ("point", "12.5", "12.5"),
            ("comma", "1.234", "1234"),
            ("comma", "1.234,5", "1234.5"),
            ("comma", "12,5", "12.5"),
            ("comma", "1 234,5", "1234.5"),
        ],
    )
    def test_known_decimal_mark(self, mark, text, expected):
        assert compiled("decimal", mark=mark)(text) == expected

    @pytest.mark.parametrize("text", ["1,23", "1,2345", "1.2.3", ",234", "1.5,000", "1,,234"])
    def test_thousands_that_are_none(self, text):
        assert cause(compiled("decimal", mark="point"), text) == "bad_number"

    def test_too_many_decimals(self):
        with pytest.raises(ParamError) as caught:
            compiled("decimal", digits=30)
        assert caught.value.code == "too_many_decimals"

    def test_booleans_of_databases(self):
        convert = compiled("boolean")
        assert [convert(word) for word in ("true", "t", "TRUE", "1")] == [True] * 4
        assert [convert(word) for word in ("false", "f", "FALSE", "0", "")] == [False] * 5


class TestLists:
    def test_nested_lists_come_as_json(self):
        stocks = '[{"shop": "NAM", "stock": 1.5}, {"shop": "LIE", "stock": 3, "display": 1}]'
        assert compiled("stock_list")(stocks) == [["LIE", 3, 1], ["NAM", 1.5, 0]]
        convert = compiled("dated_list", names=["on", "qty"])
        assert convert('[{"on": "2027-01-12", "qty": "10"}]') == [["2027-01-12", 10]]
        assert convert("[]") == []
        for text in ("[", "[1]", '[{"qty": 1}]', '[{"on": {}, "qty": 1}]', "[[[[[["):
            with pytest.raises(RowError):
                convert(text)
        with pytest.raises(ParamError):
            compiled("stock_list", names=["shop"])
        with pytest.raises(ParamError):
            compiled("stock_list", separator="")

    def test_stock(self):
        convert = compiled("stock_list")
        assert convert("NAM:0/1|LIE:3/1|DEP:12") == [["DEP", 12, 0], ["LIE", 3, 1], ["NAM", 0, 1]]
        assert convert(" LIE : -2 / 0 | ") == [["LIE", -2, 0]]
        assert convert("LIE:2,5/0") == [["LIE", 2.5, 0]]
        assert convert("") == []

    @pytest.mark.parametrize("text", ["LIE", "LIE:", ":3", "LIE:3/1|LIE:2/1", "3/1"])
    def test_stock_refused(self, text):
        assert cause(compiled("stock_list"), text) == "bad_list"

    def test_stock_with_a_bad_number(self):
        assert cause(compiled("stock_list"), "LIE:x/1") == "bad_number"

    def test_dated(self):
        convert = compiled("dated_list")
        assert convert("02/02/2027:4|12/01/2027:10") == [["2027-01-12", 10], ["2027-02-02", 4]]
        assert convert("") == []
        assert cause(convert, "31/02/2027:4") == "bad_date"
        assert cause(convert, "00/00/0000:4") == "bad_date"
        assert cause(convert, "12/01/2027:x") == "bad_number"
        assert cause(convert, "12/01/2027") == "bad_list"


class TestRegistry:
    def test_all_describe_themselves_truly(self):
        for name, converter in CONVERTERS.items():
            assert converter.name == name and converter.label
            defaults = {
                param.name: param.default for param in converter.params if param.default is not None
            }
            assert callable(converter.compile(defaults)), name

    def test_parameters_are_checked(self):
        with pytest.raises(ValueError, match="no parameter “digit”.*known: digits"):
            compiled("decimal", digit=2)
        with pytest.raises(ValueError, match="“digits”.*integer"):
            compiled("decimal", digits="2")
        with pytest.raises(ValueError, match="error, empty"):
            compiled("country", unknown="keep")
        with pytest.raises(ValueError, match="words"):
            compiled("boolean", true="O")


PARAMS = {
    "lookup": {"table": {"S": "company", "P": True, "é": None}},
    "constant": {"value": [1, "x"]},
    "boolean": {"true": ["O", "vrai"], "false": ["N", "*"]},
}
#: Text that almost is what a converter expects, rather than mere noise.
NEARLY = st.one_of(
    st.text(max_size=30),
    st.text("0123456789.,-+ '\u202f€%eE", max_size=14),
    st.from_regex(
        r"\s?\d{1,4}[/.-]\d{1,2}[/.-]\d{1,4}([T ]\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:?\d?\d?)?)?"
    ),
    st.from_regex(r"[A-Z]{0,3}:?-?\d{0,3}/?\d?(\|[A-Z]{3}:\d\d?)?", fullmatch=True),
    st.from_regex(r'\[(\{"(shop|date|stock)": ?("[^"]{0,9}"|-?\d{1,4}|null|\[\])\},?){0,3}\]?'),
    st.sampled_from(["O", "Non", "true", "BE", "Belgique", "fr_BE", "DP à communiquer", "?", "-"]),
)
SETTINGS = settings(derandomize=True, max_examples=100, deadline=None)


class TestProperties:
    @pytest.mark.parametrize("name", sorted(CONVERTERS))
    @given(text=NEARLY)
    @SETTINGS
    def test_a_json_value_or_a_row_error(self, name, text):
        convert = compiled(name, **PARAMS.get(name, {}))
        try:
            value = convert(text)
        except RowError as error:
            assert error.cause and error.reason
            with pytest.raises(RowError):
                convert(text)
        else:
            assert json.loads(json.dumps(value)) == value
            assert convert(text) == value, "what is cached is the same"

    @pytest.mark.parametrize(
        "name",
        ["text", "code", "decimal", "integer", "date", "country", "language"]
        + ["vat", "phone", "email", "datetime"],
    )
    @given(text=NEARLY)
    @SETTINGS
    def test_canonical_values_stay_what_they_are(self, name, text):
        convert = compiled(name)
        try:
            value = convert(text)
        except RowError:
            return
        assert convert("" if value is None else str(value)) == value

    @given(
        number=st.decimals(-(10**9), 10**9, places=4, allow_nan=False),
        mark=st.sampled_from([",", "."]),
        group=st.sampled_from(["", " ", "\u202f", "'"]),
    )
    @SETTINGS
    def test_numbers_round_trip(self, number, mark, group):
        text = f"{number:,.4f}".replace(",", group).replace(".", mark)
        assert Decimal(compiled("decimal", digits=4)(text)) == number
        known = compiled("decimal", digits=4, mark="comma" if mark == "," else "point")
        assert Decimal(known(text)) == number

    @given(day=st.dates(date(1900, 1, 1), date(2199, 12, 31)))
    @SETTINGS
    def test_dates_round_trip(self, day):
        for fmt, text in (
            ("dd/mm/yyyy", f"{day:%d/%m}/{day.year}"),
            ("mm-dd-yyyy", f"{day.month}-{day.day}-{day.year}"),
            ("yyyymmdd", f"{day.year}{day:%m%d}"),
            ("yyyy-mm-dd", f"{day.isoformat()} 23:59:59"),
        ):
            assert compiled("date", formats=[fmt])(text) == day.isoformat()

    @given(moment=st.datetimes(datetime(1900, 1, 2), datetime(2199, 12, 30)))
    @SETTINGS
    def test_moments_round_trip(self, moment):
        moment = moment.replace(microsecond=0)
        for minutes in (0, 60, -330):
            zone = timezone(timedelta(minutes=minutes))
            text = moment.replace(tzinfo=timezone.utc).astimezone(zone).isoformat()
            assert compiled("datetime")(text) == moment.isoformat(" ")

    @given(
        stocks=st.dictionaries(
            st.text(st.characters(categories=["Lu", "Nd"]), min_size=1, max_size=4),
            st.tuples(st.integers(-999, 9999), st.integers(0, 99)),
            max_size=5,
        )
    )
    @SETTINGS
    def test_lists_round_trip(self, stocks):
        expected = [[shop, *numbers] for shop, numbers in sorted(stocks.items())]
        flat = "|".join(f"{shop}:{stock}/{shown}" for shop, (stock, shown) in stocks.items())
        items = [
            {"shop": shop, "stock": stock, "display": shown}
            for shop, (stock, shown) in stocks.items()
        ]
        assert compiled("stock_list")(flat) == expected
        assert compiled("stock_list")(json.dumps(items)) == expected
