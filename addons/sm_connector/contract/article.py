"""Articles with their prices, stock and dates."""

from .base import Contract, Field, Record, not_negative, within


class ArticleContract(Contract):
    """One row, one article."""

    entity = "article"
    label = "Article"
    key_field = "code"
    fields = (
        Field("code", "code", "Code", required=True),
        Field("name", "text", "Name", required=True, params={"max_length": 256}),
        Field("name_nl", "text", "Name (Dutch)", params={"max_length": 256}),
        Field("family", "text", "Family", params={"max_length": 256}),
        Field("subfamily", "text", "Sub-family", params={"max_length": 256}),
        Field("ean", "text", "EAN", params={"max_length": 64}),
        Field("price", "decimal", "Sale price excl. VAT", params={"digits": 4}),
        Field("cost", "decimal", "Cost", params={"digits": 4}),
        Field("vat_rate", "decimal", "VAT rate (%)"),
        Field("supplier_code", "code", "Supplier code"),
        Field("discontinued", "boolean", "Discontinued"),
        Field("stock_total", "decimal", "Total stock", params={"digits": 3}),
        Field("stocks", "stock_list", "Stock and display models per shop"),
        Field("incoming", "dated_list", "Incoming quantities"),
        Field("restock", "restock", "Restock date"),
        Field("remarks", "text", "Remarks", params={"multiline": True}),
        Field("currency", "code", "Currency"),
    )
    synonyms = {
        "code": ("Code", "Référence", "N° article", "Artikelcode"),
        "name": ("Libellé", "Description", "Désignation FR", "Omschrijving"),
        "name_nl": ("Libellé NL", "Omschrijving NL"),
        "family": ("Catégorie", "Groupe", "Familie"),
        "subfamily": ("Sous famille", "Sous-groupe"),
        "ean": ("EAN", "EAN13", "Code-barres", "Code barre"),
        "price": ("Prix de vente", "Prix HTVA", "PV HTVA", "Verkoopprijs"),
        "cost": ("Prix achat", "PA", "Prix de revient", "Aankoopprijs"),
        "vat_rate": ("TVA", "% TVA", "BTW"),
        "supplier_code": ("Code fournisseur", "Leverancier"),
        "discontinued": ("Arrêté", "Inactif", "Fin de série"),
        "stock_total": ("Stock", "Quantité en stock"),
        "stocks": ("Stock par magasin", "Stocks"),
        "incoming": ("Arrivage", "En commande"),
        "restock": ("Réappro", "Date réappro", "DP"),
        "currency": ("Devise", "Monnaie", "Valuta"),
        "remarks": ("Remarque", "Notes"),
    }

    def complete(self, record: Record) -> None:
        """Open the restock pair into its two fields."""
        restock = record.pop("restock", None)
        if restock is not None:
            record["restock_state"] = restock["state"]
            record["restock_date"] = restock["date"]

    def check(self, record: Record) -> None:
        """Prices are not below zero, the VAT rate is a rate."""
        not_negative(record, "price", "negative_price")
        not_negative(record, "cost", "negative_price")
        within(record, "vat_rate", "bad_vat_rate", 0, 100)
