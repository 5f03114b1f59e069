"""Return and after-sales dossiers."""

from .base import Contract, Field, Record, not_negative
from .errors import RowError


class DossierContract(Contract):
    """One row, one dossier: always of a customer, often about an order and one of its articles.

    Kind and state stay the master's codes: their tables are in the database.
    """

    entity = "dossier"
    label = "Dossier"
    key_field = "number"
    fields = (
        Field("number", "code", "Number", required=True),
        Field("customer_code", "code", "Customer code", required=True),
        Field("order_number", "code", "Order number"),
        Field("article_code", "code", "Article code"),
        Field("kind_code", "code", "Kind code"),
        Field("state_code", "code", "State code", required=True),
        Field("owner", "text", "Person in charge", params={"max_length": 256}),
        Field("opened_on", "date", "Opened on"),
        Field("planned_on", "date", "Planned on"),
        Field("closed_on", "date", "Closed on"),
        Field("qty", "decimal", "Quantity", params={"digits": 3}),
        Field("remarks", "text", "Remarks", params={"multiline": True}),
    )
    synonyms = {
        "number": ("Dossier", "Numéro de dossier", "N° SAV", "Dossiernummer"),
        "customer_code": ("Client", "N° client", "Klant"),
        "order_number": ("Commande", "N° bon", "Bestelling"),
        "article_code": ("Article", "N° article", "Artikel"),
        "kind_code": ("Type de dossier", "Nature", "Soort"),
        "state_code": ("Statut", "État du dossier", "Status"),
        "owner": ("Suivi par", "Gestionnaire", "Verantwoordelijke"),
        "opened_on": ("Date d'ouverture", "Ouverture", "Geopend op"),
        "planned_on": ("Date planifiée", "Planifié le", "Gepland op"),
        "closed_on": ("Date de clôture", "Clôture", "Afgesloten op"),
        "qty": ("Qté", "Aantal"),
        "remarks": ("Remarque", "Notes", "Commentaires", "Opmerkingen"),
    }

    def check(self, record: Record) -> None:
        """A dossier is not closed before it was opened; a quantity is not negative."""
        not_negative(record, "qty", "negative_quantity")
        opened, closed = record.get("opened_on"), record.get("closed_on")
        if opened and closed and closed < opened:
            raise RowError("bad_date", f"lies before the opening on {opened}", "closed_on", closed)
