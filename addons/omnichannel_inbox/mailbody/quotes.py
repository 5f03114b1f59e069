"""Where in a mail the quoted ones begin. Pure.

Works on lines, so that HTML and plain text, and programs that mark what they quote and those that
do not, are treated alike. Three rules stand above all patterns: what a person wrote between quoted
lines is never folded away, a mail of which nothing would remain is not folded, and a mail passed on
is not a quote: it is what the sender wants to show.
"""

import re
from collections.abc import Sequence

from .lines import Line

__all__ = ["find_quote"]

#: Longest line of "On … wrote:", in characters, and on how many lines it may be spread.
_INTRO_LENGTH = 400
_INTRO_LINES = 4
#: Among how many lines those of a quoted head stand: From, Sent, To, Cc, Subject, each wrapped.
_HEAD_LINES = 10

_VERB = (
    r"(?:wrote|writes|a écrit|à écrit|a écris|écrivait|schreef|heeft geschreven|geschreven"
    r"|schrieb|geschrieben|escribió|ha scritto|escreveu|skrev|napisał\(?a?\)?)"
)
_INTRO_START = re.compile(r"(?:on|le|op|am|el|il|em|den|dnia)\s+\S", re.IGNORECASE)
_INTRO = re.compile(rf"\b{_VERB}\b[^\n]{{0,120}}:$|\b{_VERB}$", re.IGNORECASE)
_INTRO_PROOF = re.compile(r"\d{4}|\d{1,2}[:h.]\d{2}|@")
_BARE_INTRO = re.compile(r"\d{4}-\d\d-\d\d\s.{0,200}<[^<>\s]{1,100}@[^<>\s]{1,100}>\s?:$")

_DIVIDER = re.compile(
    r"[-_*=\s]{2,40}(?:original message|original e-?mail|message d['’]origine|message original"
    r"|mail original|courriel original|message initial|e-?mail d['’]origine"
    r"|oorspronkelijk bericht|oorspronkelijk e-?mailbericht|origineel bericht"
    r"|ursprüngliche nachricht|originalnachricht|original-nachricht|originalmail"
    r"|mensaje original|messaggio originale|mensagem original)[-_*=\s]{2,40}",
    re.IGNORECASE,
)
_FORWARD = re.compile(
    r"[-_*=\s]{0,40}(?:forwarded message|begin forwarded message|message transféré|message transmis"
    r"|début du message (?:réexpédié|transféré)|doorgestuurd bericht|begin doorgestuurd bericht"
    r"|weitergeleitete nachricht|anfang der weitergeleiteten nachricht|mensaje reenviado"
    r"|messaggio inoltrato)(?: from .{1,100}| de .{1,100})?\s?:?[-_*=\s]{0,40}",
    re.IGNORECASE,
)
_RULE = re.compile(r"[-_=*]{5,}")
#: "My answers are below, in red": said in a few words, by people who then write nothing else.
_POINTING_LENGTH = 400
_POINTING = re.compile(
    r"\b(?:ci[- ]dessous|ci[- ]après|en (?:rouge|bleu|vert|gras)|dans (?:le|votre) (?:texte|mail)"
    r"|below|in (?:red|blue|green|bold)|in-?line|hieronder|hierna"
    r"|in (?:het )?(?:rood|blauw|groen|vet)|weiter unten|siehe unten|in (?:rot|blau|grün))\b",
    re.IGNORECASE,
)
_FROM = re.compile(r"(?:from|de|van|von|da|från|fra)\s?:\s*\S", re.IGNORECASE)
_HEAD = {
    "date": re.compile(
        r"(?:sent|date|envoyé|envoye|verzonden|datum|gesendet|enviado|fecha|inviato|data)"
        r"(?: le| on| am| op)?\s?:",
        re.IGNORECASE,
    ),
    "to": re.compile(r"(?:to|à|a|aan|an|para)\s?:", re.IGNORECASE),
    "subject": re.compile(r"(?:subject|objet|sujet|onderwerp|betreff|asunto|oggetto)\s?:", re.I),
}


def find_quote(lines: Sequence[Line]) -> tuple[int, int] | None:
    """Return the first line of a quote and the one after its last; ``None``: fold nothing."""
    quoted, cut = _look(lines)
    runs = _runs(lines, quoted, cut)
    if cut < len(lines):
        # a quoted line that was answered stays, whatever follows below
        is_joined = len(runs) == 1 and not _has_content(lines[runs[0][1] : cut])
        first, last = (runs[0][0] if is_joined else cut), len(lines)
    elif len(runs) == 1:
        first, last = runs[0]
    else:
        return None  # nothing quoted, or answers between the quoted lines
    while first and (lines[first - 1].is_blank or _RULE.fullmatch(lines[first - 1].text)):
        first -= 1
    own = [*lines[:first], *lines[last:]]
    if not _has_content(own) or _points_below(own):
        return None
    return first, last


def _points_below(own: Sequence[Line]) -> bool:
    """Whether the sender says that he wrote among the quoted lines, or wants them to be read."""
    text = " ".join(line.text for line in own[:20] if not line.is_blank)
    return len(text) <= _POINTING_LENGTH and bool(_POINTING.search(text))


def _look(lines: Sequence[Line]) -> tuple[set[int], int]:
    """Numbers of the quoted lines (introductions included), and where all the rest is a quote."""
    quoted: set[int] = set()
    number = 0
    while number < len(lines):
        line = lines[number]
        text = line.text.strip("*> ")
        if _FORWARD.fullmatch(text):
            # passed on, not answered to: what follows is news, whatever it looks like
            return quoted, len(lines)
        if line.is_quoted:
            quoted.add(number)
        elif line.is_cut or _DIVIDER.fullmatch(line.text) or _is_head(lines, number):
            return quoted, number
        elif length := _intro(lines, number):
            following = _next_content(lines, number + length)
            if following is not None and (lines[following].is_quoted or lines[following].in_block):
                quoted.update(range(number, following))
                number = _end_of_block(lines, following, quoted)
                continue
            if following is not None and _is_proved(lines, number, length):
                return quoted, number
        number += 1
    return quoted, len(lines)


def _end_of_block(lines: Sequence[Line], number: int, quoted: set[int]) -> int:
    """Take in a block that an introduction makes a quote; return the first line after it."""
    while number < len(lines) and (
        lines[number].is_quoted or lines[number].in_block or lines[number].is_blank
    ):
        if not lines[number].is_blank:
            quoted.add(number)
        number += 1
    return number


def _runs(lines: Sequence[Line], quoted: set[int], cut: int) -> list[tuple[int, int]]:
    """Stretches of quoted lines with nothing of the sender's between them."""
    runs: list[tuple[int, int]] = []
    is_open = False
    for number in range(cut):
        if number in quoted:
            if is_open:
                runs[-1] = (runs[-1][0], number + 1)
            else:
                runs.append((number, number + 1))
                is_open = True
        elif not lines[number].is_blank:
            is_open = False
    return runs


def _intro(lines: Sequence[Line], number: int) -> int:
    """On how many lines somebody is introduced ("On … wrote:"), 0 if nobody is."""
    text = lines[number].text
    if not text or len(text) > _INTRO_LENGTH:
        return 0
    if _INTRO.search(text) or (text.endswith(":") and _BARE_INTRO.search(text)):
        return 1
    if not _INTRO_START.match(text):
        return 0
    for length in range(2, _INTRO_LINES + 1):
        if number + length > len(lines) or lines[number + length - 1].is_blank:
            return 0
        text = f"{text} {lines[number + length - 1].text}"
        if len(text) > _INTRO_LENGTH:
            return 0
        if _INTRO.search(text):
            return length
    return 0


def _is_proved(lines: Sequence[Line], number: int, length: int) -> bool:
    """Whether an introduction with no marked quote after it can be nothing else."""
    text = " ".join(line.text for line in lines[number : number + length])
    return bool(
        (_INTRO_START.match(text) and text.endswith(":") and _INTRO_PROOF.search(text))
        or _BARE_INTRO.search(text)
    )


def _is_head(lines: Sequence[Line], number: int) -> bool:
    """Whether the head of a quoted mail begins here: From, and two of Date, To and Subject."""
    if not _FROM.match(lines[number].text.strip("* ").replace("*", "")):
        return False
    found = set()
    for line in lines[number + 1 : number + 1 + _HEAD_LINES]:
        text = line.text.strip("* ").replace("*", "")[:100]
        found.update(name for name, pattern in _HEAD.items() if pattern.match(text))
    return len(found) >= 2 and found != {"to"}


def _next_content(lines: Sequence[Line], number: int) -> int | None:
    return next((n for n in range(number, len(lines)) if not lines[n].is_blank), None)


def _has_content(lines: Sequence[Line]) -> bool:
    return any(not line.is_blank for line in lines)
