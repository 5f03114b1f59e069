"""Who writes on the chat of the web site and on Messenger in the demo, and who answers the chat."""

#: Name of the shop's page on Messenger.
PAGE = "Maison & Meubles"
#: At the desk of iAdvize, by the addresses of their users in Odoo.
OPERATORS = {
    "vendeur@demo.example": "Valérie Vendeur",
    "manager@demo.example": "Marc Manager",
}
STRANGERS = ("Julie Lambert", "Marc Peeters")


def visitors(customers: list[dict[str, str]]) -> list[dict]:
    """Visitors of the web site, as the simulator of iAdvize takes them.

    :param customers: ``name``, ``email``, ``order`` and ``ref`` of those with an order under way
    """
    found = []
    for customer in customers[:2]:
        first, _space, last = customer["name"].rpartition(" ")
        found.append(
            {
                "label": f"{customer['name']} (connecté)",
                "first_name": first,
                "last_name": last,
                "external_user_id": customer["ref"],
                "text": "Bonjour, savez-vous quand ma commande sera livrée ?",
            }
        )
    for customer in customers[2:3]:
        found.append(
            {
                "label": "Visiteur qui donne un numéro de commande",
                "text": f"Bonjour, des nouvelles de ma commande {customer['order']} ?",
            }
        )
    found.append(
        {
            "label": "Visiteur inconnu",
            "text": "Bonjour, le canapé Ardenne existe-t-il en vert ?",
        }
    )
    return found


def people(customers: list[dict[str, str]]) -> list[str]:
    """Names of the people on Messenger."""
    return [*(customer["name"] for customer in customers[:2]), *STRANGERS]


def phrases(customers: list[dict[str, str]]) -> list[dict]:
    """What they may say with one click, as the simulator of Messenger takes it."""
    found = [
        {
            "label": "Sa commande et son adresse",
            "person": customer["name"],
            "text": f"Bonjour, c'est {customer['name']}. Ma commande {customer['order']} est-elle "
            f"arrivée ? Mon adresse : {customer['email']}",
        }
        for customer in customers[:2]
    ]
    return [
        *found,
        {"label": "Les horaires", "text": "Bonjour, êtes-vous ouverts dimanche à Liège ?"},
    ]
