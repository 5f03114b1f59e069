"""README and guides say what is true: links, pictures, commands, variables, columns, causes."""

import ast
import re
from pathlib import Path
from unicodedata import normalize
from urllib.parse import unquote

import polib
import pytest

from odoo.addons.sm_connector.contract import SILICON_MASTER_FR
from odoo.addons.threecx_bridge.threecx.dial import DialError, DialRule, dial

from scripts import screenshots, settings

ROOT = Path(__file__).resolve().parent.parent
CONNECTOR = settings.ADDONS / "sm_connector"
TELEPHONE = settings.ADDONS / "threecx_bridge"
PAGES = sorted(
    [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *ROOT.glob("addons/*/README.rst")]
)
GUIDES = {lang: ROOT / "docs" / "admin" / f"silicon-master.{lang}.md" for lang in ("en", "fr")}
TELEPHONE_GUIDES = {
    (whom, lang): ROOT / "docs" / whom / f"telephone.{lang}.md"
    for whom in ("user", "admin")
    for lang in ("en", "fr")
}
INBOX_GUIDES = {
    (whom, name, lang): ROOT / "docs" / whom / f"{name}.{lang}.md"
    for whom, name in (
        ("user", "inbox"),
        ("admin", "inbox"),
        ("admin", "outlook"),
        ("admin", "iadvize"),
        ("admin", "messenger"),
    )
    for lang in ("en", "fr")
}
#: Section with the messages, in the guide of each channel.
MESSAGES_SECTION = {"outlook": 14, "iadvize": 16, "messenger": 16}
FILE_OF_ENTITY = {
    "CLIENTS": "contact",
    "ARTICLES": "article",
    "COMMANDES": "order",
    "DOSSIERS": "dossier",
}
#: Largest picture, in bytes.
PICTURE_BYTES = 150_000
#: Read by PostgreSQL's own library, wherever PGHOST is passed on.
OF_POSTGRESQL = {"PGPORT", "PGUSER", "PGPASSWORD"}
#: Set by our own scripts for our own processes, or part of any environment; nothing to configure.
INTERNAL = {
    "ODOO_URL",
    "PATH",
    "SM_DROP",
    "SUITE_DB_PREFIX",
    "SUITE_TEMPLATE_DEPENDS",
    "SUITE_TEMPLATE_INSTALLED",
    "SUITE_TEST_DIR",
    "GRAPH_URL",
    "IADVIZE_URL",
    "MESSENGER_URL",
    "THREECX_URL",
}


def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def tables(text: str) -> list[list[list[str]]]:
    """Cells of each table of a page, header and rule left out."""
    found = []
    for block in re.findall(r"(?:^ *\|.*\|\n)+", text, re.MULTILINE):
        rows = [
            [cell.strip() for cell in line.strip()[1:-1].split(" | ")]
            for line in block.splitlines()
        ]
        found.append([[cell.strip("| ") for cell in row] for row in rows[2:]])
    return found


def section(text: str, title: str) -> str:
    """What stands below a heading, up to the next one of any level."""
    match = re.search(rf"^#+ {title}\n(.*?)(?=^#+ |\Z)", text, re.MULTILINE | re.DOTALL)
    assert match, f"no heading {title}"
    return match[1]


def code_of(text: str) -> str:
    """What stands in fences and between backticks."""
    fence = re.compile(r"```.*?```", re.DOTALL)
    inline = re.findall(r"`[^`]+`", fence.sub("", text))
    return " ".join([*fence.findall(text), *inline])


def anchors(text: str) -> set[str]:
    """Anchors of the headings, as forges make them."""
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {
        re.sub(r"[^\w\- ]", "", normalize("NFC", h).lower()).replace(" ", "-") for h in headings
    }


def constants(path: Path, *names: str) -> dict:
    """Values of plain assignments in a source file, without importing it."""
    space = {"_lt": str}
    for node in ast.parse(text_of(path)).body:
        if isinstance(node, ast.Assign) and node.targets[0].id in names:
            exec(compile(ast.Module([node], []), str(path), "exec"), space)
    return {name: space[name] for name in names}


def page_id(path: Path) -> str:
    return str(path.relative_to(ROOT))


# === links and pictures === #


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_links_and_pictures_exist(page):
    text = re.sub(r"```.*?```", "", text_of(page), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if target.startswith(("http:", "https:", "mailto:")):
            continue
        name, _, anchor = target.partition("#")
        found = (page.parent / unquote(name)).resolve() if name else page
        assert found.exists(), f"{target} does not exist"
        if anchor:
            assert unquote(anchor) in anchors(text_of(found)), f"{target}: no such heading"


def test_every_picture_is_taken_shown_and_small():
    pictures = {path.name for path in (ROOT / "docs" / "images").iterdir()}
    shown = {name for page in PAGES for name in re.findall(r"images/([\w-]+\.png)", text_of(page))}
    scripts = "".join(map(text_of, (ROOT / "scripts").glob("pictures_*.py")))
    taken = re.findall(r'\.take\("([\w-]+)"\)', scripts)
    assert pictures == {f"{name}.png" for name in taken}
    assert shown <= pictures
    for name in pictures:
        assert (ROOT / "docs" / "images" / name).stat().st_size < PICTURE_BYTES, name


@pytest.mark.parametrize("page", [p for p in PAGES if "images/" in text_of(p)], ids=page_id)
def test_pages_with_pictures_say_how_they_are_taken(page):
    assert "make screenshots" in text_of(page)


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_pages_name_no_host_and_no_folder_of_a_developer(page):
    text = text_of(page)
    assert set(re.findall(r"https?://([\w.-]+)", text)) <= {"127.0.0.1", "localhost"}
    assert not re.findall(r"(?<![\w.~/])/(?:home|root|work|tmp|Users)\b", text)


def test_screenshots_notice_that_the_demo_is_ready():
    assert screenshots.READY in text_of(ROOT / "scripts" / "demo.py")


# === commands and variables === #


def test_make_targets_exist():
    targets = set(re.findall(r"^([a-z-]+):.*##", text_of(ROOT / "Makefile"), re.MULTILINE))
    for page in PAGES:
        named = set(re.findall(r"\bmake ([a-z]+(?:-[a-z]+)*)", code_of(text_of(page))))
        assert named <= targets, f"{page_id(page)}: {named - targets}"
    readme = text_of(ROOT / "README.md")
    assert targets == {name for name in targets if f"make {name}" in readme}


def variables_read() -> set[str]:
    """Names of environment variables that some file of ours reads."""
    files = [*ROOT.glob("scripts/*.py"), *ROOT.glob("benchmarks/**/*.py"), CONNECTOR / "roots.py"]
    patterns = (
        r'environ(?:\.get\(|\.setdefault\(|\[)\s*"([A-Z_]+)"',
        r'(?<!\.)\b(?:_path|_port|variable)\("([A-Z_]+)"',
        r'^ENVIRONMENT = "([A-Z_]+)"',
    )
    found = {
        name
        for path in files
        for pattern in patterns
        for name in re.findall(pattern, text_of(path), re.MULTILINE)
    }
    found |= set(re.findall(r"\$\{([A-Z_]+)", text_of(ROOT / "docker-compose.yml")))
    return found | set(re.findall(r"^([A-Z]+) \?=", text_of(ROOT / "Makefile"), re.MULTILINE))


def test_environment_variables_are_those_that_are_read():
    table = section(text_of(ROOT / "README.md"), "Environment variables")
    named = {name for row in tables(table)[0] for name in re.findall(r"[A-Z_]{4,}", row[0])}
    assert named - OF_POSTGRESQL == variables_read() - INTERNAL - OF_POSTGRESQL


def test_environment_variables_elsewhere_are_known():
    known = variables_read() | OF_POSTGRESQL
    for page in PAGES:
        named = set(re.findall(r"\b([A-Z][A-Z_]+)=", text_of(page)))
        assert named <= known, f"{page_id(page)}: {named - known}"


# === what the guides say of the connector === #


@pytest.mark.parametrize("lang", GUIDES)
@pytest.mark.parametrize("file", FILE_OF_ENTITY)
def test_columns_are_those_of_the_shipped_mapping(lang, file):
    rows = tables(section(text_of(GUIDES[lang]), file))[0]
    named = [row[0].strip("`") for row in rows]
    assert named == [rule.source for rule in SILICON_MASTER_FR[FILE_OF_ENTITY[file]]]


def french_of(addon: Path) -> dict[str, str]:
    """English → French, of what an addon says on screens."""
    entries = polib.pofile(addon / "i18n" / "fr.po")
    return {entry.msgid: entry.msgstr or entry.msgid for entry in entries}


@pytest.fixture(scope="module")
def translate():
    """Functions English → language of a guide."""
    french = french_of(CONNECTOR)
    return {"en": lambda text: text, "fr": lambda text: french[text]}


def last_table(lang: str, number: int) -> list[list[str]]:
    return tables(section(text_of(GUIDES[lang]), rf"{number}\. [^\n]*"))[-1]


@pytest.mark.parametrize("lang", GUIDES)
def test_causes_and_advice_are_those_of_the_screens(lang, translate):
    known = constants(CONNECTOR / "models" / "sm_quarantine.py", "CAUSES", "ADVICE")
    wanted = [
        [translate[lang](label), translate[lang](known["ADVICE"][cause])]
        for cause, label in known["CAUSES"]
    ]
    assert last_table(lang, 9) == wanted


@pytest.mark.parametrize("lang", GUIDES)
def test_causes_of_data_quality_are_those_of_the_screens(lang, translate):
    known = constants(CONNECTOR / "models" / "sm_quality_issue.py", "CAUSES", "TODO")
    wanted = [
        [translate[lang](label), translate[lang](known["TODO"][cause])]
        for cause, label in known["CAUSES"]
    ]
    assert last_table(lang, 18) == wanted


@pytest.mark.parametrize("lang", GUIDES)
def test_guards_are_those_of_the_screens(lang, translate):
    known = constants(CONNECTOR / "models" / "sm_run_finding.py", "GUARDS")
    wanted = [translate[lang](label) for _guard, label in known["GUARDS"]]
    assert [row[0] for row in last_table(lang, 11)] == wanted


@pytest.mark.parametrize("lang", GUIDES)
def test_refusals_are_those_of_the_screens(lang, translate):
    known = constants(CONNECTOR / "models" / "sm_run_line.py", "FAILURES")
    wanted = [translate[lang](label) for _cause, label in known["FAILURES"]]
    assert [row[0] for row in last_table(lang, 10)] == wanted


GUIDES_IN_BOTH = sorted(
    path.relative_to(ROOT / "docs").as_posix().removesuffix(".en.md")
    for path in (ROOT / "docs").glob("*/*.en.md")
)


@pytest.mark.parametrize("guide", GUIDES_IN_BOTH)
def test_guides_have_the_same_sections_and_pictures(guide):
    texts = [text_of(ROOT / "docs" / f"{guide}.{lang}.md") for lang in ("en", "fr")]
    heads = [re.findall(r"^(#+) (\d*)", text, re.MULTILINE) for text in texts]
    assert heads[0] == heads[1]
    # of some there is one in each language
    pictures = [re.findall(r"images/([\w-]+?)(?:-en)?\.png", text) for text in texts]
    assert pictures[0] == pictures[1]
    sizes = [[len(table) for table in tables(text)] for text in texts]
    assert sizes[0] == sizes[1]


# === what the guides say of the telephone === #


def plain(text: str) -> str:
    """A text of a screen as a guide writes it: ``…`` for what is filled in, one blank, no tags."""
    text = re.sub(r"%(?:\(\w+\))?s", "…", re.sub(r"<[^>]+>", "", text))
    return " ".join(text.split()).strip(" :")


def said_by(*addons: str) -> dict[str, set[str]]:
    """By language, all that the screens of some addons say."""
    files = [french_of(settings.ADDONS / addon) for addon in addons]
    return {
        "en": {plain(text) for french in files for text in french},
        "fr": {plain(text) for french in files for text in french.values()},
    }


def labels_of(path: Path) -> set[str]:
    """Names in italics of a guide; a sentence in italics is no label."""
    text = re.sub(r"```.*?```", "", text_of(path), flags=re.DOTALL)
    text = re.sub(r"`[^`]*`", "", text).replace("**", "")
    named = re.findall(r"(?<![*\w])\*([^*\s][^*]*?)\*(?![*\w])", text)
    labels = {part for label in named for part in " ".join(label.split()).split(" / ")}
    return {label for label in labels if not label.endswith(".")}


@pytest.fixture(scope="module")
def shown():
    """By language, all that the screens of the telephone say."""
    return said_by("threecx_bridge", "integration_base")


#: Names in italics that are those of Odoo or of 3CX, or no label.
ELSEWHERE = {
    "en": "Settings Users Technical Odoo Add API CRM Integrations|Server side|System Owner|"
    "System Parameters|3CX Bridge|Telephone (3CX)|Add|on ringing|National|National at home|"
    "International with plus|International with 00|With recordings…|Call|Done",
    "fr": "Paramètres Utilisateurs Technique Odoo Add API CRM Integrations|Server side|"
    "System Owner|Paramètres système|3CX Bridge|Add|à la sonnerie|National|National au pays|"
    "International avec plus|International avec 00|Avec enregistrements…|Appel|Terminé",
}


@pytest.mark.parametrize(("whom", "lang"), TELEPHONE_GUIDES)
def test_labels_in_the_guides_of_the_telephone_are_those_of_the_screens(whom, lang, shown):
    elsewhere = {name for part in ELSEWHERE[lang].split("|") for name in (part, *part.split())}
    assert labels_of(TELEPHONE_GUIDES[whom, lang]) - shown[lang] - elsewhere == set()


@pytest.mark.parametrize("lang", GUIDES)
def test_messages_in_the_guide_of_the_telephone_are_those_of_the_screens(lang, shown):
    text = text_of(TELEPHONE_GUIDES["admin", lang])
    messages = [row[0] for row in tables(section(text, r"14\. [^\n]*"))[0]]
    assert set(messages) - shown[lang] == set()


@pytest.mark.parametrize("lang", GUIDES)
def test_numbers_in_the_guide_of_the_telephone_are_dialled_like_that(lang):
    text = text_of(TELEPHONE_GUIDES["admin", lang])
    rules = [DialRule("BE", style) for style in ("e164", "00", "national")]
    rules.append(DialRule("BE", "national", "0"))
    for raw, *told in tables(section(text, r"3\. [^\n]*"))[0]:
        for rule, cell in zip(rules, told, strict=True):
            try:
                assert f"`{dial(raw.strip('`'), rule).number}`" == cell
            except DialError:
                assert cell in ("refused", "refusé"), raw


# === what the guides say of the inbox === #

#: Names in italics that are those of Odoo or of Microsoft, or no label.
INBOX_ELSEWHERE = {
    "en": "Settings|Users|CRM|Reporting|…|Omnichannel Inbox|Demo|Odoo Inbox|App registrations|"
    "New registration|Overview|Directory (tenant) ID|Certificates & secrets|Certificates|"
    "New client secret|value|API permissions|Enterprise applications|Object ID|"
    "RBAC for Applications|Application Access Policies|Authentication|Web|notification|never twice",
    "fr": "Paramètres|Utilisateurs|CRM|Analyse|…|Omnichannel Inbox|Demo|Odoo Inbox|"
    "Inscriptions d'applications|Nouvelle inscription|Vue d'ensemble|ID d'application (client)|"
    "ID de l'annuaire (locataire)|Certificats et secrets|Certificats|Nouveau secret client|valeur|"
    "Autorisations d'API|Applications d'entreprise|ID d'objet|RBAC for Applications|"
    "Application Access Policies|Authentification|Web|notification|jamais deux fois",
}


@pytest.fixture(scope="module")
def shown_by_inbox():
    """By language, all that the screens of the inbox say."""
    return said_by("omnichannel_inbox", "crm_ticket", "integration_base")


@pytest.mark.parametrize(("whom", "name", "lang"), INBOX_GUIDES)
def test_labels_in_the_guides_of_the_inbox_are_those_of_the_screens(
    whom, name, lang, shown_by_inbox
):
    elsewhere = set(INBOX_ELSEWHERE[lang].split("|"))
    labels = labels_of(INBOX_GUIDES[whom, name, lang])
    assert labels - shown_by_inbox[lang] - elsewhere == set()


@pytest.mark.parametrize("lang", GUIDES)
@pytest.mark.parametrize("name", MESSAGES_SECTION)
def test_messages_in_the_guides_of_channels_are_those_of_the_screens(name, lang, shown_by_inbox):
    text = text_of(INBOX_GUIDES["admin", name, lang])
    messages = [row[0] for row in tables(section(text, rf"{MESSAGES_SECTION[name]}\. [^\n]*"))[0]]
    assert len(messages) > 14
    assert set(messages) - shown_by_inbox[lang] == set()


@pytest.mark.parametrize("lang", GUIDES)
def test_variables_of_canned_answers_are_those_that_are_filled_in(lang):
    tree = ast.parse(
        text_of(settings.ADDONS / "omnichannel_inbox" / "models" / "omni_inbox_canned.py")
    )
    names = next(
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and node.name == "_variable_names"
    )
    known = [
        key.value for node in ast.walk(names) if isinstance(node, ast.Dict) for key in node.keys
    ]
    rows = tables(section(text_of(INBOX_GUIDES["admin", "inbox", lang]), r"7\. [^\n]*"))[0]
    assert [row[0] for row in rows] == [f"`{{{name}}}`" for name in known]
