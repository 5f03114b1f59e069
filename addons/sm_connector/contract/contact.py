"""Customers, suppliers, their people and their addresses."""

from .base import Contract, Field, Record
from .errors import RowError

KINDS = ("company", "person", "contact", "delivery", "invoice")
KINDS_WITH_PARENT = ("contact", "delivery", "invoice")
_NAME = {"max_length": 256}


class ContactContract(Contract):
    """One row, one contact; children name their parent by its code."""

    entity = "contact"
    label = "Contact"
    key_field = "code"
    fields = (
        Field("code", "code", "Code", required=True),
        Field(
            "kind",
            "lookup",
            "Kind",
            required=True,
            choices=KINDS,
            params={
                "table": {
                    "S": "company",
                    "P": "person",
                    "C": "contact",
                    "L": "delivery",
                    "F": "invoice",
                }
            },
        ),
        Field("parent_code", "code", "Parent code"),
        Field("name", "text", "Name", required=True, params=_NAME),
        Field("name2", "text", "Second name", params=_NAME),
        Field("is_customer", "boolean", "Customer"),
        Field("is_supplier", "boolean", "Supplier"),
        Field("is_professional", "boolean", "Professional (B2B)"),
        Field("street", "text", "Street", params=_NAME),
        Field("street2", "text", "Street (2)", params=_NAME),
        Field("zip", "text", "Postal code", params={"max_length": 24}),
        Field("city", "text", "City", params=_NAME),
        Field("country_code", "country", "Country"),
        Field("lang", "language", "Language"),
        Field("vat", "vat", "VAT number"),
        Field("phone", "phone", "Phone"),
        Field("mobile", "phone", "Mobile"),
        Field("email", "email", "E-mail"),
        Field("website", "text", "Web site", params=_NAME),
        Field("blocked", "boolean", "Blocked in the master"),
        Field("remarks", "text", "Remarks", params={"multiline": True}),
    )
    synonyms = {
        "code": ("Code client", "N° client", "Numéro client", "Klantnummer", "Customer code")
        + ("Customer number", "Customer No", "Account number"),
        "kind": ("Genre", "Catégorie", "Soort"),
        "parent_code": ("Code société", "Parent", "Client parent"),
        "name": ("Dénomination", "Raison sociale", "Nom client", "Naam", "Name")
        + ("Company name", "Last name", "Nom de famille"),
        "name2": ("Prénom", "Suite nom", "Nom suite", "First name", "Voornaam"),
        "is_customer": ("Est client",),
        "is_supplier": ("Est fournisseur",),
        "is_professional": ("Pro", "B2B", "Assujetti"),
        "street": ("Adresse", "Adresse 1", "Straat", "Street"),
        "street2": ("Adresse 2", "Complément d'adresse"),
        "zip": ("CP", "Postcode", "Zip"),
        "city": ("Ville", "Commune", "Plaats", "City", "Town"),
        "country_code": ("Code pays", "Land", "Country"),
        "lang": ("Code langue", "Taal", "Language"),
        "vat": ("TVA", "No TVA", "Numéro de TVA", "BTW", "BTW-nummer", "VAT"),
        "phone": ("Tél", "Tél.", "Téléphone fixe", "Telefoon", "Phone"),
        "mobile": ("Portable", "Mobile", "N° GSM"),
        "email": ("Email", "Mail", "Courriel", "Adresse e-mail"),
        "website": ("Site", "Site internet", "Website", "URL"),
        "blocked": ("Bloque", "Archivé", "Inactif"),
        "remarks": ("Remarque", "Notes", "Commentaires", "Opmerkingen"),
    }

    def check(self, record: Record) -> None:
        """The kind is one of ours, a child has a parent, and nobody is his own."""
        kind = record.get("kind")  # a file of changes may lack it
        if kind is not None and kind not in KINDS:
            reason = f"is none of the kinds known here ({', '.join(KINDS)})"
            raise RowError("unknown_value", reason, "kind", str(kind))
        parent = record.get("parent_code")
        if parent and parent == record["code"]:
            raise RowError("own_parent", "the contact is its own parent", "parent_code", parent)
        if kind in KINDS_WITH_PARENT and not parent:
            raise RowError(
                "missing_parent",
                f"is empty, but a row of kind “{kind}” must name its parent",
                "parent_code",
            )
