"""The database of the master: tables with real types, and views with the headers of the exports.

Needs psycopg2. What the exports write in a column although it is none of its values (a price "sur
demande", 31 February) is kept as typed beside the column of the right type, which is then empty.
"""

import tempfile
from contextlib import closing

from .schema import ARTICLE, CONTACT, DOSSIER, ENTITIES, HEADERS, ORDER
from .values import iso, point
from .vocabulary import NOT_KNOWN_YET

SCHEMA = "silicon_master"
NULL = "\\N"
ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
LINES = "lines"

# Column, type, header it comes from; in the order of the tables.
_TEXT, _BOOLEAN, _DATE, _MOMENT = "text NOT NULL", "boolean NOT NULL", "date", "timestamptz"
_MONEY, _PERCENT, _WHOLE = "numeric(12,2)", "numeric(5,2)", "integer"
TABLES = {
    CONTACT: (
        "clients", "code", (
            ("code", _TEXT, "Code"), ("type", _TEXT, "Type"),
            ("code_parent", _TEXT, "Code parent"), ("nom", _TEXT, "Nom"), ("nom2", _TEXT, "Nom 2"),
            ("est_client", _BOOLEAN, "Client"), ("est_fournisseur", _BOOLEAN, "Fournisseur"),
            ("professionnel", _BOOLEAN, "Professionnel"), ("rue", _TEXT, "Rue"),
            ("complement", _TEXT, "Complément"), ("code_postal", _TEXT, "Code postal"),
            ("localite", _TEXT, "Localité"), ("pays", _TEXT, "Pays"), ("langue", _TEXT, "Langue"),
            ("no_tva", _TEXT, "N° TVA"), ("telephone", _TEXT, "Téléphone"), ("gsm", _TEXT, "GSM"),
            ("email", _TEXT, "E-mail"), ("site_web", _TEXT, "Site web"),
            ("bloque", _BOOLEAN, "Bloqué"), ("remarques", _TEXT, "Remarques"),
            ("cree_le", _DATE, "Créé le"), ("modifie_le", _MOMENT, "Modifié le"),
        ),
    ),
    ARTICLE: (
        "articles", "code", (
            ("code", _TEXT, "Code article"), ("designation", _TEXT, "Désignation"),
            ("designation_nl", _TEXT, "Désignation NL"), ("famille", _TEXT, "Famille"),
            ("sous_famille", _TEXT, "Sous-famille"), ("code_ean", _TEXT, "Code EAN"),
            ("prix_vente", _MONEY, "Prix de vente HTVA"),
            ("prix_vente_saisi", _TEXT, "Prix de vente HTVA"),
            ("prix_achat", _MONEY, "Prix d'achat"), ("taux_tva", _PERCENT, "Taux TVA"),
            ("fournisseur", _TEXT, "Fournisseur"), ("supprime", _BOOLEAN, "Supprimé"),
            ("stock_total", _WHOLE, "Stock total"), ("stock_magasins", _TEXT, "Stock magasins"),
            ("arrivages", _TEXT, "Arrivages"), ("reappro_le", _DATE, "Date de réappro"),
            ("reappro_inconnu", _BOOLEAN, "Date de réappro"), ("remarques", _TEXT, "Remarques"),
            ("modifie_le", _MOMENT, "Modifié le"),
        ),
    ),
    ORDER: (
        "commandes", "numero", (
            ("numero", _TEXT, "N° commande"), ("date_commande", _DATE, "Date"),
            ("date_saisie", _TEXT, "Date"), ("code_client", _TEXT, "Code client"),
            ("code_livraison", _TEXT, "Code livraison"), ("magasin", _TEXT, "Magasin"),
            ("origine", _TEXT, "Origine"), ("statut", _TEXT, "Statut"),
            ("date_prevue", _DATE, "Date prévue"), ("vendeur", _TEXT, "Vendeur"),
            ("reference_client", _TEXT, "Référence client"), ("paiement", _TEXT, "Paiement"),
            ("acompte", _MONEY, "Acompte"), ("remarques", _TEXT, "Remarques"),
            ("total_htva", _MONEY, "Total HTVA"), ("total_tva", _MONEY, "Total TVA"),
            ("total_tvac", _MONEY, "Total TVAC"), ("modifie_le", _MOMENT, "Modifié le"),
        ),
    ),
    LINES: (
        "lignes_commande", "numero, ligne", (
            ("numero", _TEXT, "N° commande"), ("ligne", _WHOLE, "Ligne"),
            ("code_article", _TEXT, "Code article"), ("designation", _TEXT, "Désignation"),
            ("quantite", _MONEY, "Quantité"), ("quantite_livree", _MONEY, "Quantité livrée"),
            ("prix_unitaire", _MONEY, "Prix unitaire HTVA"), ("remise", _PERCENT, "Remise %"),
            ("taux_tva", _PERCENT, "Taux TVA"), ("total_htva", _MONEY, "Total ligne HTVA"),
            ("date_prevue", _DATE, "Date prévue ligne"), ("disponibilite", _TEXT, "Disponibilité"),
        ),
    ),
    DOSSIER: (
        "dossiers", "numero", (
            ("numero", _TEXT, "N° dossier"), ("code_client", _TEXT, "Code client"),
            ("numero_commande", _TEXT, "N° commande"), ("code_article", _TEXT, "Code article"),
            ("type", _TEXT, "Type"), ("etat", _TEXT, "État"),
            ("responsable", _TEXT, "Responsable"), ("ouvert_le", _DATE, "Ouvert le"),
            ("date_prevue", _DATE, "Date prévue"), ("cloture_le", _DATE, "Clôturé le"),
            ("quantite", _MONEY, "Quantité"), ("remarques", _TEXT, "Remarques"),
            ("modifie_le", _MOMENT, "Modifié le"),
        ),
    ),
}  # fmt: skip
# Columns which the views show in another way than as they are.
SHOWN = {
    "modifie_le": "{0}.modifie_le AT TIME ZONE 'Europe/Brussels'",
    "prix_vente": "{0}.prix_vente_saisi",
    "date_commande": "{0}.date_saisie",
    "reappro_le": (
        f"CASE WHEN {{0}}.reappro_inconnu THEN '{NOT_KNOWN_YET}'"
        " ELSE coalesce(to_char({0}.reappro_le, 'DD/MM/YYYY'), '') END"
    ),
}


def fill(target, world, schema=SCHEMA):
    """Writes today's snapshot; whoever reads meanwhile sees the old one or the new one, whole.

    :param target: DSN, or a psycopg2 connection (which is committed)
    :param World world: or anything with its tables; :param str schema: made when there is none
    :return dict: table → number of rows
    :raises OSError: when the database does not let us
    """
    import psycopg2

    try:
        if not isinstance(target, str):
            return _fill(target, world, schema)
        with closing(psycopg2.connect(target)) as connection:
            return _fill(connection, world, schema)
    except psycopg2.Error as error:
        raise OSError(f"the database cannot be filled: {error}") from error


def _fill(connection, world, schema):
    from psycopg2.extensions import quote_ident

    counts = {}
    with connection, connection.cursor() as cursor:
        name = quote_ident(schema, cursor)
        cursor.execute(f"CREATE SCHEMA IF NOT EXISTS {name}")
        cursor.execute(f"SET LOCAL search_path TO {name}")
        cursor.execute("SET LOCAL client_encoding TO 'UTF8'")
        for table, key, columns in TABLES.values():
            defined = ", ".join(f"{column} {kind}" for column, kind, _header in columns)
            cursor.execute(f"CREATE TABLE IF NOT EXISTS {table} ({defined}, PRIMARY KEY ({key}))")
            # Not TRUNCATE: that would empty the table under those who are reading it.
            cursor.execute(f"DELETE FROM {table}")
        for entity in ENTITIES:
            cursor.execute(f"CREATE OR REPLACE VIEW {_view(entity)}")
            counts |= _copy(cursor, world, entity)
    return counts


def _view(entity):
    """:return str: name and query of the view which looks like the export."""
    table, _key, _columns = TABLES[entity]
    sources = {header: (column, "t") for column, _kind, header in reversed(TABLES[entity][2])}
    query = f"{table} t"
    if entity == ORDER:
        sources |= {header: (column, "l") for column, _kind, header in TABLES[LINES][2][1:]}
        query = f"{table} t JOIN lignes_commande l USING (numero) ORDER BY t.numero, l.ligne"
    shown = []
    for header in HEADERS[entity]:
        column, alias = sources[header]
        expression = SHOWN.get(column, f"{{0}}.{column}").format(alias)
        shown.append(f'{expression} AS "{header}"')
    return f"v_{table} AS SELECT {', '.join(shown)} FROM {query}"


def _copy(cursor, world, entity):
    """:return dict: table → number of rows"""
    names = (entity, LINES) if entity == ORDER else (entity,)
    writers = [_Writer(cursor, name, HEADERS[entity]) for name in names]
    for _key, record in world.tables[entity]:
        rows = world.rows_of(entity, record)
        writers[0].write(rows[0])
        for writer in writers[1:]:
            for row in rows:
                writer.write(row)
    return {writer.table: writer.finish() for writer in writers}


class _Writer:
    """Collects the rows of one table in a temporary file and copies them."""

    def __init__(self, cursor, name, headers):
        self.table, _key, columns = TABLES[name]
        self._cursor = cursor
        self._cells = [
            (headers.index(header), _shape_of(column, kind)) for column, kind, header in columns
        ]
        self._file = tempfile.TemporaryFile("w+", encoding="utf-8", newline="")
        self._count = 0

    def write(self, row):
        self._file.write("\t".join(shape(row[place]) for place, shape in self._cells) + "\n")
        self._count += 1

    def finish(self):
        """:return int: number of rows"""
        with self._file:
            self._file.seek(0)
            self._cursor.copy_expert(f"COPY {self.table} FROM STDIN", self._file)
        return self._count


def _shape_of(column, kind):
    """:return: function, text of the export → text for COPY"""
    if column == "reappro_inconnu":
        return lambda text: "t" if text == NOT_KNOWN_YET else "f"
    return {_TEXT: _text, _BOOLEAN: _boolean, _DATE: _date, _MOMENT: _moment}.get(kind, _number)


def _text(text):
    return text.translate(ESCAPES)


def _boolean(text):
    return "t" if text == "O" else "f"


def _date(text):
    found = iso(text)
    # The one impossible date of the exports, and what is no date.
    return NULL if found in ("", text) or found.endswith("-02-31") else found


def _moment(text):
    return f"{iso(text)} Europe/Brussels" if text else NULL


def _number(text):
    found = point(text)
    return found if found and (found != text or text.lstrip("-").isdigit()) else NULL
