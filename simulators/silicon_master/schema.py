"""The four exports: headers, kinds of columns, file names."""

CONTACT = "contact"
ARTICLE = "article"
ORDER = "order"
DOSSIER = "dossier"  # return or after-sales case
ENTITIES = (CONTACT, ARTICLE, ORDER, DOSSIER)
FILE_PREFIX = {
    CONTACT: "CLIENTS",
    ARTICLE: "ARTICLES",
    ORDER: "COMMANDES",
    DOSSIER: "DOSSIERS",
}
TOTALS_MARK = "TOTAL"

HEADERS = {
    CONTACT: (
        "Code;Type;Code parent;Nom;Nom 2;Client;Fournisseur;Professionnel;Rue;Complément;"
        "Code postal;Localité;Pays;Langue;N° TVA;Téléphone;GSM;E-mail;Site web;Bloqué;Remarques;"
        "Créé le;Modifié le"
    ).split(";"),
    ARTICLE: (
        "Code article;Désignation;Désignation NL;Famille;Sous-famille;Code EAN;"
        "Prix de vente HTVA;Prix d'achat;Taux TVA;Fournisseur;Supprimé;Stock total;"
        "Stock magasins;Arrivages;Date de réappro;Remarques;Modifié le"
    ).split(";"),
    ORDER: (
        "N° commande;Ligne;Date;Code client;Code livraison;Magasin;Origine;Statut;Date prévue;"
        "Vendeur;Référence client;Paiement;Acompte;Remarques;Total HTVA;Total TVA;Total TVAC;"
        "Code article;Désignation;Quantité;Quantité livrée;Prix unitaire HTVA;Remise %;Taux TVA;"
        "Total ligne HTVA;Date prévue ligne;Disponibilité;Modifié le"
    ).split(";"),
    DOSSIER: (
        "N° dossier;Code client;N° commande;Code article;Type;État;Responsable;Ouvert le;"
        "Date prévue;Clôturé le;Quantité;Remarques;Modifié le"
    ).split(";"),
}

# Place of a column in the rows of its entity: COLUMN[CONTACT]["Nom"].
COLUMN = {
    entity: {name: place for place, name in enumerate(names)} for entity, names in HEADERS.items()
}

# Columns which a spreadsheet export writes as real numbers and dates; every other one is text.
NUMBERS = {
    CONTACT: (),
    ARTICLE: ("Prix de vente HTVA", "Prix d'achat", "Taux TVA", "Stock total"),
    ORDER: (
        "Ligne",
        "Acompte",
        "Total HTVA",
        "Total TVA",
        "Total TVAC",
        "Quantité",
        "Quantité livrée",
        "Prix unitaire HTVA",
        "Remise %",
        "Taux TVA",
        "Total ligne HTVA",
    ),
    DOSSIER: ("Quantité",),
}
DATES = {
    CONTACT: ("Créé le", "Modifié le"),
    ARTICLE: ("Date de réappro", "Modifié le"),
    ORDER: ("Date", "Date prévue", "Date prévue ligne", "Modifié le"),
    DOSSIER: ("Ouvert le", "Date prévue", "Clôturé le", "Modifié le"),
}

# Text columns which the padding dialect fills with trailing spaces, as fixed-width columns are.
PADDED = {
    CONTACT: ("Code", "Nom", "Localité"),
    ARTICLE: ("Code article", "Désignation", "Famille"),
    ORDER: ("Code client", "Vendeur"),
    DOSSIER: ("Code client", "Responsable"),
}

# The one column that does not count as a change of its row.
STAMP = "Modifié le"

# Columns of O (yes) and N (no), and text columns that hold dates among other things.
BOOLEANS = {
    CONTACT: ("Client", "Fournisseur", "Professionnel", "Bloqué"),
    ARTICLE: ("Supprimé",),
    ORDER: (),
    DOSSIER: (),
}
LISTS_OF_DATES = ("Arrivages",)
