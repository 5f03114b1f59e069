"""Words of the house: what people type into names, remarks and designations."""

SHOPS = ("LIE", "NAM", "CHA", "BXL", "LIL")
WEB_SHOP = "WEB"
DEPOT = "DEP"
STOCK_PLACES = (*SHOPS, DEPOT)

SELLERS = {
    "LIE": ("Martine L.", "Benoît", "S. Dethier"),
    "NAM": ("Carine", "J-P. Renard", "Aurélie"),
    "CHA": ("Salvatore", "Nathalie D.", "Kevin"),
    "BXL": ("Sofie", "Mehdi", "A. Van Damme"),
    "LIL": ("Ludivine", "Thibault", "Chloé"),
    "WEB": ("internet", ""),
}

# Names an importer must survive. All of them fit cp1252.
NASTY_NAMES = (
    "O'Brien",
    "D'Hondt-Lefèvre",
    "de l'Église d'Outremeuse",
    "van der Meulen",
    "Van den Bossche-'t Kint",
    "Robert'); DROP TABLE clients;--",
    "<b>Dupont</b>",
    "<script>alert('x')</script>",
    'Müller "Menuiserie" & Fils',
    "Núñez; Peña",
    "Grégoire\tTab",
    "Lecœur-Ÿsaÿe",
    "100 % Bois %s %(name)s {0}",
    "C:\\temp\\nouveau",
    "de Montpellier d'Annevoie de la Fontaine du Bois de Villers-la-Ville et de Sainte-Marie-sur-"
    "Semois, Consorts et Ayants droit de feu Jean-Baptiste-Emmanuel",
    "  Lambert  ",
    "NULL",
)
PARTICLES = ("de", "du", "d'", "van", "van den", "Van de", "le", "De")
COMPANY_FORMS = {
    "BE": ("SRL", "SA", "SPRL", "ASBL", "SNC", "BV", "NV"),
    "FR": ("SARL", "SAS", "EURL"),
    "NL": ("B.V.", "V.O.F."),
    "LU": ("S.à r.l.", "S.A."),
    "DE": ("GmbH",),
}
COMPANY_TRADES = (
    "Menuiserie",
    "Immobilière",
    "Hôtel",
    "Bureau d'architecture",
    "Restaurant",
    "Cabinet",
    "Garage",
    "Boulangerie",
    "Résidence",
    "Pharmacie",
    "Groupe",
    "Interieur",
    "École",
    "Notaires",
)
SUPPLIER_TRADES = ("Meubelfabriek", "Tissages", "Literie", "Ébénisterie", "Sofa Design", "Lampes")
CONTACT_ROLES = ("Comptabilité", "Achats", "Direction", "Dépôt", "Secrétariat", "Gérant", "")
FREE_MAIL = (
    "gmail.com",
    "hotmail.com",
    "skynet.be",
    "outlook.be",
    "telenet.be",
    "orange.fr",
    "proximus.be",
)
TYPED_WRONG = ("gmial.com", "hotmial.com", "skynet,be", "gmail", "hotmail.con", "outlook .be")

CONTACT_REMARKS = (
    "Bon client, très pressé.",
    "Attention escalier étroit !\nPrévoir lift.",
    "Ne plus livrer sans paiement ; voir Martine",
    'A dit: "rappeler après les vacances"',
    "Client de la mère de Mme (0476/12.34.56)",
    "Facture à envoyer par la poste\nPAS par mail",
    'code porte 4512B, sonner chez "Dubois"',
    "3è étage ; ascenseur en panne",
    "mauvais payeur ?? à vérifier",
    "Spreekt alleen Nederlands",
    "RGPD : ne veut pas de publicité",
    "<i>VIP</i> - remise 5% d'office",
)
ORDER_REMARKS = (
    "client veut livraison avant Noël !!",
    "tel avant livr svp",
    "Attend tissu du fournisseur, client prévenu le 12/10",
    "reprise ancien canapé\n(2 hommes)",
    'gravure "M & J" sur le pied',
    "payé par Bancontact au magasin",
    "Client mécontent du délai -> geste commercial 5%",
    "livr. chez la belle-mère, voir adresse",
    "rdv fixé mardi 14h ; sonner 2x",
    "à enlever par le client, a remorque",
    "confirmé par tél. avec Mme",
    "NE PAS LIVRER AVANT FIN TRAVAUX",
    "pied droit abîmé à l'expo, remise accordée",
)
ARTICLE_REMARKS = (
    "Fin de collection",
    "Vendu monté",
    "Tissu au mètre ; voir échantillons",
    "Nouveau fournisseur depuis 09/2026",
    "Attention : carton de 48 kg\n2 personnes",
    'Existe en 45" et 60"',
)
DOSSIER_REMARKS = (
    "pied cassé, photo reçue par mail",
    "Tissu se décolle à l'accoudoir gauche\nrepris par le chauffeur le 14/10",
    "client veut remboursement !! voir avec Martine",
    "pièce commandée chez le fournisseur ; délai 3 sem.",
    'manque le carton "B" (visserie)',
    "échange contre coloris 118, même prix",
    "grince -> technicien sur place",
    "mauvaise taille, client ramène lui-même",
    "matelas : test 30 nuits",
    "griffe sur le plateau, geste commercial 10%",
)
DOSSIER_OWNERS = ("Service SAV", "Service SAV", "Jacques (tech.)", "")
COMMENT_LINES = (
    "--- Livraison comprise ---",
    "Tissu : Aquaclean, coloris 214",
    "Délai 6 à 8 semaines",
    "Montage sur place",
)

# (family, family NL is not exported, sub-families, nouns FR/NL, lowest and highest price in euro)
FAMILIES = (
    (
        "CAN",
        "Canapés",
        ("Fixes", "Convertibles", "Angles"),
        ("Canapé 3 places", "3-zitsbank"),
        (590, 4200),
    ),
    ("FAU", "Fauteuils", ("Relax", "Club"), ("Fauteuil", "Zetel"), (240, 1900)),
    ("TAB", "Tables", ("Repas", "Basses", "Extensibles"), ("Table", "Tafel"), (150, 2600)),
    ("CHA", "Chaises", ("Repas", "Bar"), ("Chaise", "Stoel"), (39, 420)),
    (
        "LIT",
        "Literie",
        ("Matelas", "Sommiers", "Têtes de lit"),
        ("Lit 160x200", "Bed 160x200"),
        (290, 3500),
    ),
    ("RAN", "Rangement", ("Buffets", "Bibliothèques"), ("Buffet", "Dressoir"), (180, 2400)),
    ("LUM", "Luminaires", ("Suspensions", "Lampadaires"), ("Lampe", "Lamp"), (29, 690)),
    (
        "DEC",
        "Décoration",
        ("Miroirs", "Coussins", "Tissus au mètre"),
        ("Miroir", "Spiegel"),
        (9, 380),
    ),
    ("TAP", "Tapis", ("Laine", "Extérieur"), ("Tapis", "Tapijt"), (49, 1500)),
    ("JAR", "Jardin", ("Salons", "Parasols"), ("Salon de jardin", "Tuinset"), (190, 2900)),
)
COLLECTIONS = (
    "OSLO",
    "Élise",
    "MALMÖ",
    "Ardenne",
    "Vigo",
    "Côte d'Opale",
    "KYOTO",
    "Brabançon",
    "Siena",
    "NORDIC²",
    "L'Atelier",
    "Zürich",
    "Bohème",
    "Porto",
    "Hoëgaarden",
    'Loft "industriel"',
)
MATERIALS = (
    ("tissu gris", "stof grijs"),
    ("chêne massif", "massief eik"),
    ("velours bleu nuit", "nachtblauw fluweel"),
    ("cuir cognac", "cognac leder"),
    ("métal noir & verre", "zwart metaal & glas"),
    ("rotin", "rotan"),
    ("blanc laqué 1/2 brillant", "wit gelakt"),
    ("lin écru (lavable 30°)", "ecru linnen"),
)
VAT_SPELLINGS = {2100: ("21", "21", "21,00"), 600: ("6", "6,00"), 1200: ("12,00",), 0: ("0",)}
NOT_KNOWN_YET = "DP à communiquer"
