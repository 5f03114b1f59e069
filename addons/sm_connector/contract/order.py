"""Customer orders: several rows of the file, one record with lines."""

from .base import Contract, Field, Record, not_negative, within
from .errors import RowError

_MONEY = {"digits": 2}
#: Codes of the master for a line: in stock, on order, not available.
AVAILABILITIES = ("S", "A", "I")


class OrderContract(Contract):
    """All rows with the same number make one order; header columns repeat on each of them.

    Status, origin, payment and shop stay the master's codes: their tables are in the database.
    Amounts that do not add up are no error here, the order is flagged where it is applied.
    """

    entity = "order"
    label = "Order"
    key_field = "number"
    line_key_field = "line_no"
    fields = (
        Field("number", "code", "Number", required=True),
        Field("date", "date", "Date", required=True),
        Field("customer_code", "code", "Customer code", required=True),
        Field("delivery_code", "code", "Delivery address code"),
        Field("shop_code", "code", "Shop"),
        Field("origin_code", "code", "Origin"),
        Field("status_code", "code", "Status", required=True),
        Field("expected_date", "date", "Expected date"),
        Field("salesperson", "text", "Salesperson", params={"max_length": 256}),
        Field("customer_ref", "text", "Customer reference", params={"max_length": 256}),
        Field("payment_code", "code", "Payment state"),
        Field("deposit", "decimal", "Deposit", params=_MONEY),
        Field("remarks", "text", "Remarks", params={"multiline": True}),
        Field("amount_untaxed", "decimal", "Total excl. VAT", params=_MONEY),
        Field("amount_tax", "decimal", "VAT", params=_MONEY),
        Field("amount_total", "decimal", "Total incl. VAT", params=_MONEY),
        Field("currency", "code", "Currency"),
        Field("line_no", "integer", "Line number", level="line"),
        Field("article_code", "code", "Article code", level="line"),
        Field("name", "text", "Line description", level="line", params={"multiline": True}),
        Field("qty", "decimal", "Quantity", level="line", params={"digits": 3}),
        Field("qty_delivered", "decimal", "Quantity delivered", level="line", params={"digits": 3}),
        Field("price_unit", "decimal", "Unit price excl. VAT", level="line", params={"digits": 4}),
        Field("discount", "decimal", "Discount (%)", level="line", params={"digits": 4}),
        Field("vat_rate", "decimal", "VAT rate (%)", level="line"),
        Field("amount", "decimal", "Line total excl. VAT", level="line", params=_MONEY),
        Field(
            "line_expected_date", "date", "Line expected date", level="line", key="expected_date"
        ),
        Field("availability", "code", "Availability", level="line"),
    )
    synonyms = {
        "number": ("Commande", "N° bon", "Numéro de commande", "Bestelling"),
        "date": ("Date commande", "Date du bon"),
        "customer_code": ("Client", "N° client", "Klant"),
        "delivery_code": ("Adresse de livraison", "Code adresse"),
        "shop_code": ("Succursale", "Point de vente", "Winkel"),
        "origin_code": ("Canal", "Source"),
        "status_code": ("État", "Status"),
        "expected_date": ("Date de livraison", "Livraison prévue"),
        "salesperson": ("Représentant", "Vendeur/se", "Verkoper"),
        "customer_ref": ("Votre référence", "Réf. client"),
        "payment_code": ("État paiement", "Règlement"),
        "deposit": ("Montant acompte", "Voorschot"),
        "currency": ("Devise", "Monnaie", "Valuta"),
        "remarks": ("Remarque", "Notes"),
        "amount_untaxed": ("Total HT", "Montant HTVA"),
        "amount_tax": ("TVA", "Montant TVA"),
        "amount_total": ("Total TTC", "Montant TVAC"),
        "line_no": ("N° ligne", "Position", "Lijn"),
        "article_code": ("Article", "N° article"),
        "name": ("Libellé", "Description"),
        "qty": ("Qté", "Quantité commandée", "Aantal"),
        "qty_delivered": ("Qté livrée", "Livré"),
        "price_unit": ("Prix unitaire", "PU HTVA"),
        "discount": ("Remise", "Rem. %"),
        "vat_rate": ("% TVA", "TVA %"),
        "amount": ("Total ligne", "Montant ligne"),
        "line_expected_date": ("Date ligne", "Livraison prévue ligne"),
        "availability": ("Dispo",),
    }

    def complete_line(self, line: Record) -> None:
        """Tell comments from article lines."""
        is_note = not line.get("article_code") and (line.get("qty") or "0") == "0"
        line["kind"] = "note" if is_note else "article"

    def check_line(self, line: Record) -> None:
        """A quantity has an article and is not negative; percentages are percentages."""
        not_negative(line, "qty", "negative_quantity")
        not_negative(line, "qty_delivered", "negative_quantity")
        if line["kind"] == "article" and not line.get("article_code"):
            raise RowError(
                "missing_article",
                f"is empty, but the line has a quantity of {line['qty']}",
                "article_code",
            )
        within(line, "discount", "bad_discount", -100, 100)
        within(line, "vat_rate", "bad_vat_rate", 0, 100)

    def check(self, record: Record) -> None:
        """A deposit is not negative."""
        not_negative(record, "deposit", "negative_amount")
