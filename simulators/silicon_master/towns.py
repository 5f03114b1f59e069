"""Towns the retailer delivers to: (postcode, town, country, language) and how people type them."""

BELGIUM = (
    ("4000", "Liège", "F"),
    ("4020", "Liège", "F"),
    ("4030", "Grivegnée", "F"),
    ("4040", "Herstal", "F"),
    ("4100", "Seraing", "F"),
    ("4130", "Esneux", "F"),
    ("4430", "Ans", "F"),
    ("4500", "Huy", "F"),
    ("4600", "Visé", "F"),
    ("4700", "Eupen", "D"),
    ("4780", "Sankt Vith", "D"),
    ("4800", "Verviers", "F"),
    ("4900", "Spa", "F"),
    ("4970", "Stavelot", "F"),
    ("5000", "Namur", "F"),
    ("5100", "Jambes", "F"),
    ("5300", "Andenne", "F"),
    ("5500", "Dinant", "F"),
    ("5590", "Ciney", "F"),
    ("6000", "Charleroi", "F"),
    ("6040", "Jumet", "F"),
    ("6220", "Fleurus", "F"),
    ("6600", "Bastogne", "F"),
    ("6700", "Arlon", "F"),
    ("7000", "Mons", "F"),
    ("7100", "La Louvière", "F"),
    ("7500", "Tournai", "F"),
    ("1000", "Bruxelles", "F"),
    ("1050", "Ixelles", "F"),
    ("1180", "Uccle", "F"),
    ("1300", "Wavre", "F"),
    ("1340", "Ottignies-Louvain-la-Neuve", "F"),
    ("1420", "Braine-l'Alleud", "F"),
    ("1500", "Halle", "N"),
    ("2000", "Antwerpen", "N"),
    ("3000", "Leuven", "N"),
    ("3500", "Hasselt", "N"),
    ("3700", "Tongeren", "N"),
    ("3800", "Sint-Truiden", "N"),
    ("8500", "Kortrijk", "N"),
    ("9000", "Gent", "N"),
)
FRANCE = (
    ("59000", "Lille", "F"),
    ("59100", "Roubaix", "F"),
    ("59200", "Tourcoing", "F"),
    ("59300", "Valenciennes", "F"),
    ("59650", "Villeneuve-d'Ascq", "F"),
    ("62000", "Arras", "F"),
    ("08600", "Givet", "F"),
    ("54400", "Longwy", "F"),
    ("75011", "Paris", "F"),
    ("01000", "Bourg-en-Bresse", "F"),
)
NETHERLANDS = (
    ("6211 AB", "Maastricht", "N"),
    ("6411 CR", "Heerlen", "N"),
    ("5611EM", "Eindhoven", "N"),
    ("3011 AD", "Rotterdam", "N"),
    ("1012 JS", "Amsterdam", "N"),
)
LUXEMBOURG = (
    ("L-1855", "Luxembourg", "F"),
    ("9710", "Clervaux", "F"),
    ("L-4010", "Esch-sur-Alzette", "F"),
)
GERMANY = (("52062", "Aachen", "D"), ("50667", "Köln", "D"), ("54290", "Trier", "D"))

TOWNS = {"BE": BELGIUM, "FR": FRANCE, "NL": NETHERLANDS, "LU": LUXEMBOURG, "DE": GERMANY}
COUNTRY_WEIGHTS = (("BE", 80), ("FR", 11), ("NL", 5), ("LU", 2), ("DE", 2))

# The same country as different people key it in.
COUNTRY_SPELLINGS = {
    "BE": ("B", "B", "B", "BE", "Belgique"),
    "FR": ("FR", "FR", "France"),
    "NL": ("NL",),
    "LU": ("L", "LU"),
    "DE": ("D", "DE"),
}
LANGUAGE_SPELLINGS = {
    "F": ("F", "F", "FR"),
    "N": ("N", "N", "NL"),
    "D": ("D", "DE"),
    "E": ("E", "EN"),
}
