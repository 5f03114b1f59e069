"""The mapping that ships: Silicon Master export, French headers."""

from .base import FieldRule


def _rules(entity_columns: str) -> tuple[FieldRule, ...]:
    """Read ``column → field`` lines; all are required, as the agreed export has them all."""
    pairs = (line.split("→") for line in entity_columns.strip().splitlines())
    return tuple(FieldRule(source.strip(), target.strip()) for source, target in pairs)


SILICON_MASTER_FR: dict[str, tuple[FieldRule, ...]] = {
    "contact": _rules(
        """
        Code → code
        Type → kind
        Code parent → parent_code
        Nom → name
        Nom 2 → name2
        Client → is_customer
        Fournisseur → is_supplier
        Professionnel → is_professional
        Rue → street
        Complément → street2
        Code postal → zip
        Localité → city
        Pays → country_code
        Langue → lang
        N° TVA → vat
        Téléphone → phone
        GSM → mobile
        E-mail → email
        Site web → website
        Bloqué → blocked
        Remarques → remarks
        """
    ),
    "article": _rules(
        """
        Code article → code
        Désignation → name
        Désignation NL → name_nl
        Famille → family
        Sous-famille → subfamily
        Code EAN → ean
        Prix de vente HTVA → price
        Prix d'achat → cost
        Taux TVA → vat_rate
        Fournisseur → supplier_code
        Supprimé → discontinued
        Stock total → stock_total
        Stock magasins → stocks
        Arrivages → incoming
        Date de réappro → restock
        Remarques → remarks
        """
    ),
    "order": _rules(
        """
        N° commande → number
        Ligne → line_no
        Date → date
        Code client → customer_code
        Code livraison → delivery_code
        Magasin → shop_code
        Origine → origin_code
        Statut → status_code
        Date prévue → expected_date
        Vendeur → salesperson
        Référence client → customer_ref
        Paiement → payment_code
        Acompte → deposit
        Remarques → remarks
        Total HTVA → amount_untaxed
        Total TVA → amount_tax
        Total TVAC → amount_total
        Code article → article_code
        Désignation → name
        Quantité → qty
        Quantité livrée → qty_delivered
        Prix unitaire HTVA → price_unit
        Remise % → discount
        Taux TVA → vat_rate
        Total ligne HTVA → amount
        Date prévue ligne → line_expected_date
        Disponibilité → availability
        """
    ),
    "dossier": _rules(
        """
        N° dossier → number
        Code client → customer_code
        N° commande → order_number
        Code article → article_code
        Type → kind_code
        État → state_code
        Responsable → owner
        Ouvert le → opened_on
        Date prévue → planned_on
        Clôturé le → closed_on
        Quantité → qty
        Remarques → remarks
        """
    ),
}
