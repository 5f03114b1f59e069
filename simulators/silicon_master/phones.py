"""Telephone numbers in the notations that people type."""

from .dice import Dice

# area code -> number of digits that follow it
BELGIAN_AREAS = (
    ("4", 7),
    ("2", 7),
    ("81", 6),
    ("71", 6),
    ("87", 6),
    ("85", 6),
    ("80", 6),
    ("65", 6),
)
BELGIAN_MOBILES = (
    "470",
    "472",
    "475",
    "476",
    "478",
    "484",
    "485",
    "491",
    "494",
    "495",
    "497",
    "499",
)


def digits(dice: Dice, number):
    """:return str: ``number`` random digits, the first one not zero."""
    return str(dice.between(10 ** (number - 1), 10**number - 1))


def pairs(text):
    """:return list: the digits two by two, the first group longer when they are odd."""
    head = len(text) % 2
    groups = [text[place : place + 2] for place in range(head, len(text), 2)]
    if head:
        groups[0] = text[0] + groups[0]
    return groups


def belgian_landline(dice):
    area, length = dice.pick(BELGIAN_AREAS)
    rest = digits(dice, length)
    spaced = " ".join(pairs(rest))
    dotted = ".".join(pairs(rest))
    return dice.pick(
        (
            f"0{area}/{dotted}",
            f"0{area}/{spaced}",
            f"0{area} {spaced}",
            f"0{area}{rest}",
            f"+32 {area} {spaced}",
            f"+32{area}{rest}",
            f"0032 {area} {rest}",
            f"+32 (0){area} {spaced}",
            f"0{area}-{rest}",
            f"(0{area}) {dotted}",
        )
    )


def belgian_mobile(dice):
    prefix = dice.pick(BELGIAN_MOBILES)
    rest = digits(dice, 6)
    spaced = " ".join(pairs(rest))
    dotted = ".".join(pairs(rest))
    return dice.pick(
        (
            f"0{prefix}/{dotted}",
            f"0{prefix}/{rest}",
            f"0{prefix} {spaced}",
            f"0{prefix}{rest}",
            f"+32 {prefix} {spaced}",
            f"+32{prefix}{rest}",
            f"0032{prefix}{rest}",
            f"+32(0){prefix}/{dotted}",
            f"0{prefix}-{rest[:3]}-{rest[3:]}",
        )
    )


def foreign(dice, country, mobile):
    """:param str country: FR, NL, LU or DE."""
    if country == "FR":
        rest = digits(dice, 8)
        lead = dice.pick(("6", "7")) if mobile else "3"
        spaced = " ".join(pairs(rest))
        return dice.pick(
            (
                f"0{lead} {spaced}",
                f"0{lead}.{'.'.join(pairs(rest))}",
                f"+33 {lead} {spaced}",
                f"0033{lead}{rest}",
            )
        )
    if country == "NL":
        rest = digits(dice, 8 if mobile else 7)
        lead = "6" if mobile else "43"
        return dice.pick((f"0{lead}-{rest}", f"+31 {lead} {rest}", f"0031{lead}{rest}"))
    if country == "LU":
        rest = digits(dice, 6)
        return f"+352 621 {rest[:3]} {rest[3:]}" if mobile else f"+352 {' '.join(pairs(rest))}"
    rest = digits(dice, 7)
    return f"+49 170 {rest}" if mobile else dice.pick((f"+49 241 {rest}", f"0049241{rest}"))


def landline(dice, country):
    return belgian_landline(dice) if country == "BE" else foreign(dice, country, mobile=False)


def mobile(dice, country):
    return belgian_mobile(dice) if country == "BE" else foreign(dice, country, mobile=True)


def as_typed(dice, country):
    """A cell of the telephone column: mostly one number, sometimes what people make of it."""
    number = landline(dice, country)
    habit = dice.below(100)
    if habit < 4:
        return f"{number} / {mobile(dice, country)}"
    if habit < 6:
        return f"{number} ou {landline(dice, country)}"
    if habit < 9:
        return f"bureau {number}"
    if habit < 12:
        return f"{number} ext. {dice.between(10, 499)}"
    if habit < 13:
        return f"{number} (après 18h)"
    if habit < 14:
        return f"{number}#{dice.between(10, 99)}"
    if habit < 16:
        return mobile(dice, country)
    if habit < 17:
        return dice.pick(("-", "néant", "0", "voir GSM", "000000000"))
    return number
