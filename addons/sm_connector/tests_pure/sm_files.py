"""Small builders of the files that tests read."""

import io

from odoo.addons.sm_connector.formats import (
    CsvFormat,
    FormatOptions,
    JsonFormat,
    XlsxFormat,
    XmlFormat,
)

CONTACT_HEADER = (
    "Code;Type;Code parent;Nom;Nom 2;Client;Fournisseur;Professionnel;Rue;Complément;Code postal;"
    "Localité;Pays;Langue;N° TVA;Téléphone;GSM;E-mail;Site web;Bloqué;Remarques;Créé le;Modifié le"
)
ARTICLE_HEADER = (
    "Code article;Désignation;Désignation NL;Famille;Sous-famille;Code EAN;Prix de vente HTVA;"
    "Prix d'achat;Taux TVA;Fournisseur;Supprimé;Stock total;Stock magasins;Arrivages;"
    "Date de réappro;Remarques;Modifié le"
)
ORDER_HEADER = (
    "N° commande;Ligne;Date;Code client;Code livraison;Magasin;Origine;Statut;Date prévue;Vendeur;"
    "Référence client;Paiement;Acompte;Remarques;Total HTVA;Total TVA;Total TVAC;Code article;"
    "Désignation;Quantité;Quantité livrée;Prix unitaire HTVA;Remise %;Taux TVA;Total ligne HTVA;"
    "Date prévue ligne;Disponibilité;Modifié le"
)


class Reading:
    """A whole file read: ``rows`` as (line, cells), ``defects``, and the ``reader``."""

    def __init__(self, kind, content, name="CLIENTS_20270112_040000.csv", **options):
        if isinstance(content, str):
            content = content.encode()
        self.defects = []
        self.reader = kind(io.BytesIO(content), name, FormatOptions(**options), self.defects.append)
        self.rows = list(self.reader)

    @property
    def header(self):
        return self.reader.header

    @property
    def cells(self):
        return [cells for _line, cells in self.rows]


def read_csv(content, **options):
    """Read text or bytes as CSV."""
    return Reading(CsvFormat, content, **options)


def read_xlsx(content, **options):
    """Read the bytes of a workbook."""
    return Reading(XlsxFormat, content, name="CLIENTS_20270112_040000.xlsx", **options)


def read_xml(content, **options):
    """Read text or bytes as XML."""
    return Reading(XmlFormat, content, name="CLIENTS_20270112_040000.xml", **options)


def read_json(content, name="CLIENTS_20270112_040000.json", **options):
    """Read text or bytes as JSON, or JSON Lines when the name says so."""
    return Reading(JsonFormat, content, name=name, **options)
