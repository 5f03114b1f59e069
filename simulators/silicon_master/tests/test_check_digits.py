"""Check digits, tested with the official definitions and with numbers of real organisations."""

import re

from simulators.silicon_master import check_digits, export

from .reading import PLAIN, read_rows, tiny_world


def belgian_ok(text):
    return len(text) == 10 and (int(text[:8]) + int(text[8:])) % 97 == 0


def french_ok(text):
    siren = [int(digit) for digit in text[2:]]
    luhn = sum(sum(divmod(digit * 2, 10)) for digit in siren[-2::-2]) + sum(siren[-1::-2])
    # The official definition: key = siren followed by 12, modulo 97.
    return len(text) == 11 and luhn % 10 == 0 and int(text[:2]) == int(text[2:] + "12") % 97


def dutch_ok(text):
    digits = [int(digit) for digit in text[:9]]
    weighted = sum(weight * digit for weight, digit in zip(range(9, 1, -1), digits, strict=False))
    return (weighted - digits[8]) % 11 == 0 and text[9:] == "B01"


def ean_ok(text):
    digits = [int(digit) for digit in text]
    return len(digits) == 13 and (sum(digits[0::2]) + 3 * sum(digits[1::2])) % 10 == 0


def test_known_numbers():
    assert check_digits.belgian_vat(4031707) == "0403170701"
    assert check_digits.french_vat(73282932) == "44732829320"
    assert check_digits.ean13("400638133393") == "4006381333931"
    assert check_digits.dutch_vat(12345678) == "123456782B01"


def test_every_stem_makes_a_valid_number():
    for stem in range(0, 99999999, 99991):
        assert belgian_ok(check_digits.belgian_vat(stem))
        assert french_ok(check_digits.french_vat(stem))
        dutch = check_digits.dutch_vat(stem)
        assert dutch is None or dutch_ok(dutch)
        assert ean_ok(check_digits.ean13(f"{stem:012d}"))


def test_contacts_have_valid_and_invalid_numbers(tmp_path):
    world = tiny_world(contacts=4000)
    _header, rows, _totals = read_rows(export(world, tmp_path, PLAIN)["contact"])
    numbers = {"BE": [], "FR": [], "NL": []}
    checks = {"BE": belgian_ok, "FR": french_ok, "NL": dutch_ok}
    for row in rows:
        bare = re.sub(r"[^0-9A-Z]", "", row[14].upper().replace("TVA", ""))
        if re.fullmatch(r"(BE)?\d{10}", bare):
            numbers["BE"].append(bare.removeprefix("BE"))
        elif bare[:2] in ("FR", "NL") and bare[2:4].isdigit():
            numbers[bare[:2]].append(bare[2:])
    wrong = 0
    for country, values in numbers.items():
        valid = [value for value in values if checks[country](value)]
        assert len(set(values)) == len(values)
        assert len(valid) / len(values) > 0.85, (country, len(valid), len(values))
        wrong += len(values) - len(valid)
    assert wrong > 20
    assert any(row[14] == "non assujetti" for row in rows)


def test_articles_have_valid_wrong_and_missing_codes(tmp_path):
    _header, rows, _totals = read_rows(export(tiny_world(articles=600), tmp_path, PLAIN)["article"])
    codes = [row[5] for row in rows]
    valid = sum(ean_ok(code) for code in codes if code)
    assert 0.8 < valid / len(codes) < 0.95
    assert any(code and not ean_ok(code) for code in codes) and "" in codes


def test_every_contact_gets_a_dutch_number_if_he_needs_one():
    for index in range(0, 1_400_000, 101):
        stem = 10000000 + 17 * index
        assert check_digits.dutch_vat(stem) or check_digits.dutch_vat(stem + 1)
