"""The tables of figures in the guides: written from ``latest.json``, between two marks.

A guide says behind its first mark which figures it shows: ``<!-- bench:begin calls -->``.
"""

import json
import re
from pathlib import Path

from .settings import LATEST, ROOT

GUIDES = sorted((ROOT / "docs" / "admin").glob("*.md"))
_BLOCK = re.compile(r"(<!-- bench:begin (?P<names>[\w., ]+) -->\n).*?(<!-- bench:end -->)", re.S)
_HEADS = {
    "en": ("figure", "value", "reach", "min – max", "runs", "commit"),
    "fr": ("mesure", "valeur", "visé", "min – max", "fois", "commit"),
}
_BESIDE = {"en": "beside it", "fr": "à côté"}


def table(figures: list[dict], lang: str) -> str:
    """Return the Markdown table of figures as ``latest.json`` has them."""
    lines = [_HEADS[lang], ["---"] * len(_HEADS[lang])]
    for figure in figures:
        value = f"{figure['value']:g} {figure['unit']}"
        if "beside" in figure:
            value += f" ({_BESIDE[lang]} {figure['beside']:g})"
        spread = f"{figure['min']:g} – {figure['max']:g}"
        lines.append(
            (
                f"`{figure['name']}`",
                value,
                figure["reach"],
                spread,
                str(figure["runs"]),
                f"`{figure['commit'][:12]}`",
            )
        )
    rows = "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
    machines = dict.fromkeys(figure["machine"] for figure in figures)
    return f"\n{'; '.join(machines)}\n\n{rows}\n\n"


def filled(text: str, figures: list[dict], lang: str) -> str:
    """Return the text of a guide with its tables as they should be."""

    def fill(match: re.Match) -> str:
        wanted = tuple(f"{name.strip()}." for name in match["names"].split(","))
        shown = [figure for figure in figures if figure["name"].startswith(wanted)]
        return f"{match[1]}{table(shown, lang)}{match[3]}"

    return _BLOCK.sub(fill, text)


def stale() -> list[Path]:
    """Return the guides whose tables differ from ``latest.json``."""
    return [path for path, text in _filled_guides() if path.read_text(encoding="utf-8") != text]


def fill() -> None:
    """Write the tables of all guides."""
    for path, text in _filled_guides():
        path.write_text(text, encoding="utf-8")


def _filled_guides():
    figures = json.loads(LATEST.read_text(encoding="utf-8"))["figures"]
    for path in GUIDES:
        lang = path.suffixes[0].lstrip(".")
        yield path, filled(path.read_text(encoding="utf-8"), figures, lang)


if __name__ == "__main__":
    fill()
