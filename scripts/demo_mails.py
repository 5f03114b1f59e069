"""The mails that wait in the morning: what customers of a furniture shop write, about real orders.

Each is what ``POST /sim/mail`` of the simulated Graph takes.
"""

import base64
import struct
import zlib

INFO, SERVICE = "info@maison-meubles.example", "sav@maison-meubles.example"


def _photo() -> str:
    """A photograph, as well as a few rectangles can: a table of which one leg is broken.

    :return: PNG in base64
    """
    width, height = 320, 200
    wall, floor, wood, shade = (232, 226, 216), (176, 160, 142), (140, 92, 54), (104, 66, 38)
    rows = [[wall if y < 150 else floor] * width for y in range(height)]

    def fill(left, top, right, bottom, colour, slant=0):
        for y in range(top, bottom):
            shift = (y - top) * slant // 4
            for x in range(left + shift, right + shift):
                rows[y][x] = colour

    fill(40, 60, 280, 76, wood)
    fill(40, 76, 280, 80, shade)
    for left in (56, 100, 206):
        fill(left, 80, left + 14, 170, wood)
    fill(250, 80, 264, 112, wood)
    fill(254, 120, 268, 176, shade, slant=2)

    def chunk(kind, content):
        body = kind + content
        return struct.pack(">I", len(content)) + body + struct.pack(">I", zlib.crc32(body))

    lines = b"".join(b"\0" + bytes(value for pixel in row for value in pixel) for row in rows)
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    png = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header)
    png += chunk(b"IDAT", zlib.compress(lines, 9)) + chunk(b"IEND", b"")
    return base64.b64encode(png).decode()


#: What people attach: a photograph, and a sheet with a plan.
PHOTO = _photo()
PLAN = base64.b64encode(
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
    b"2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]>>endobj\n"
    b"trailer<</Root 1 0 R>>\n%%EOF\n"
).decode()


def _from_customers(customers):
    """Letters of customers who are known, about the orders they have."""
    letters = (
        {
            "mailbox": INFO,
            "subject": "Où en est ma commande ?",
            "html": "<p>Bonjour,</p><p>J'attends toujours ma commande <b>{order}</b>. On m'avait "
            "parlé de la semaine passée, et je ne vois rien venir. Pouvez-vous me dire quand "
            "elle sera là ?</p><p>Bien à vous,<br>{name}</p>",
        },
        {
            "mailbox": SERVICE,
            "subject": "Pied de table cassé à la livraison",
            "html": "<p>Bonjour,</p><p>À la livraison de {order} un des pieds était fendu. Vous "
            "trouverez une photo ci-jointe.</p><p><img src='cid:photo1' alt='pied cassé'></p>"
            "<p>{name}</p>",
            "attachments": [
                {
                    "name": "pied.png",
                    "content_type": "image/png",
                    "base64": PHOTO,
                    "is_inline": True,
                    "content_id": "photo1",
                }
            ],
        },
        {
            "mailbox": INFO,
            "subject": "Facture",
            "text": "Bonjour,\n\nPourriez-vous m'envoyer la facture de la commande {order} ? Mon "
            "comptable la demande.\n\nMerci d'avance\n{name}\n\n"
            "-- \nEnvoyé de mon téléphone",
        },
        {
            "to": [INFO, SERVICE],
            "subject": "Retour d'un fauteuil",
            "html": "<p>Bonjour, le fauteuil de la commande {order} ne passe pas la porte. "
            "Comment faire pour le rendre ? Je vous écris aux deux adresses, je ne sais pas "
            "laquelle est la bonne.</p><p>{name}</p>",
        },
        {
            "mailbox": INFO,
            "subject": "RE: Votre devis",
            "html": "<p>Bonjour Valérie,</p><p>C'est d'accord pour nous, sauf la couleur : plutôt "
            "le chêne clair. Voici le plan de la pièce.</p><p>{name}</p>"
            "<div class='gmail_quote'>Le lun. 16 nov. 2026 à 10:12, Maison &amp; Meubles "
            "&lt;info@maison-meubles.example&gt; a écrit :<blockquote>Bonjour, voici le devis "
            "pour la bibliothèque sur mesure, valable trente jours.</blockquote></div>",
            "attachments": [
                {"name": "plan salon.pdf", "content_type": "application/pdf", "base64": PLAN}
            ],
        },
    )
    for letter, customer in zip(letters, customers, strict=False):
        yield {
            **letter,
            "from": customer["email"],
            "from_name": customer["name"],
            **{key: letter[key].format(**customer) for key in ("html", "text") if key in letter},
        }


#: Those whom nobody knows yet, and what is no question of a customer.
OTHERS = (
    {
        "mailbox": INFO,
        "from": "nadia.haddad@courrier.example",
        "from_name": "Nadia Haddad",
        "subject": "Horaires d'ouverture à Liège",
        "text": "Bonjour,\n\nÊtes-vous ouverts le dimanche avant Noël ? Et faites-vous encore le "
        "canapé Ostende en vert ?\n\nNadia Haddad",
    },
    {
        "mailbox": INFO,
        "from": "jan.devries@post.example",
        "from_name": "Jan de Vries",
        "subject": "Levertijd eettafel",
        "text": "Goedemiddag,\n\nWat is de levertijd van de eettafel Leuven in eik (240 cm)?\n\n"
        "Met vriendelijke groet,\nJan de Vries",
    },
    {
        "mailbox": INFO,
        "from": "anne-sophie.vandenbroucke-de-la-fontaine@etude-notariale.example",
        "from_name": "Anne-Sophie Vandenbroucke de la Fontaine — Étude notariale",
        "subject": "Demande d'offre pour le mobilier complet d'une salle de réunion de douze "
        "personnes, avec câblage, chaises et livraison à l'étage",
        "html": "<p>Madame, Monsieur,</p><p>Nous souhaitons recevoir une offre pour une salle de "
        "réunion. Budget : 12 000 € TVAC.</p><img src='//images.etude-notariale.example/"
        "logo.png' alt='Étude notariale'>",
    },
    {
        "mailbox": INFO,
        "from": "news@tendances-deco.example",
        "from_name": "Tendances Déco",
        "subject": "Les couleurs de l'hiver",
        "html": "<h1>Les couleurs de l'hiver</h1><p>Découvrez notre sélection.</p>",
        "headers": {
            "List-Unsubscribe": "<mailto:stop@tendances-deco.example>",
            "List-Id": "<news.tendances-deco.example>",
            "Precedence": "bulk",
        },
    },
    {
        "mailbox": SERVICE,
        "from": "luc.martin@societe.example",
        "from_name": "Luc Martin",
        "subject": "Réponse automatique : Votre commande",
        "text": "Je suis absent jusqu'au 30 novembre.",
        "headers": {"Auto-Submitted": "auto-replied", "X-Auto-Response-Suppress": "All"},
    },
    {
        "mailbox": INFO,
        "from": "marc.manager@maison-meubles.example",
        "from_name": "Marc Manager",
        "subject": "Réunion de lundi",
        "text": "On se voit à 9 h dans la salle du fond.",
    },
)


def letters(customers):
    """Return the letters of a morning.

    :param list customers: dicts ``name``, ``email``, ``order`` of customers with an order
    :rtype: list[dict]
    """
    return [*_from_customers(customers), *OTHERS]
