"""Countries as ERPs write them: ISO code, car code, or name in French, Dutch, English or German."""

from .words import normalise

ISO2 = frozenset(
    """
    AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO
    BQ BR BS BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ
    DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP
    GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG
    KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML
    MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE
    PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL
    SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM
    US UY UZ VA VC VE VG VI VN VU WF WS XK YE YT ZA ZM ZW
    """.split()
)

# Car codes and ISO alpha-3 codes that are no ISO2 code.
_OTHER_CODES = {
    "A": "AT", "AND": "AD", "AUT": "AT", "B": "BE", "BEL": "BE", "BGR": "BG", "CHE": "CH",
    "CYP": "CY", "CZE": "CZ", "D": "DE", "DEU": "DE", "DNK": "DK", "E": "ES", "ESP": "ES",
    "EST": "EE", "F": "FR", "FIN": "FI", "FL": "LI", "FRA": "FR", "GBR": "GB", "GRC": "GR",
    "H": "HU", "HRV": "HR", "HUN": "HU", "I": "IT", "IRL": "IE", "ISL": "IS", "ITA": "IT",
    "L": "LU", "LIE": "LI", "LTU": "LT", "LUX": "LU", "LVA": "LV", "M": "MT", "MCO": "MC",
    "MLT": "MT", "N": "NO", "NLD": "NL", "NOR": "NO", "P": "PT", "POL": "PL", "PRT": "PT",
    "ROU": "RO", "ROM": "RO", "S": "SE", "SLO": "SI", "SVK": "SK", "SVN": "SI", "SWE": "SE",
    "UK": "GB", "USA": "US", "V": "VA",
}  # fmt: skip

_NAMES = {
    "AD": "Andorre|Andorra",
    "AE": "Émirats arabes unis|Verenigde Arabische Emiraten|United Arab Emirates",
    "AL": "Albanie|Albanië|Albania|Albanien",
    "AT": "Autriche|Oostenrijk|Austria|Österreich",
    "AU": "Australie|Australië|Australia|Australien",
    "BA": "Bosnie-Herzégovine|Bosnië-Herzegovina|Bosnia and Herzegovina",
    "BE": "Belgique|België|Belgium|Belgien|Belgie|Belg",
    "BG": "Bulgarie|Bulgarije|Bulgaria|Bulgarien",
    "BR": "Brésil|Brazilië|Brazil|Brasilien",
    "BY": "Biélorussie|Wit-Rusland|Belarus",
    "CA": "Canada|Kanada",
    "CD": "République démocratique du Congo|Congo-Kinshasa|RDC|DR Congo",
    "CG": "Congo|Congo-Brazzaville",
    "CH": "Suisse|Zwitserland|Switzerland|Schweiz|Svizzera",
    "CI": "Côte d'Ivoire|Ivoorkust|Ivory Coast",
    "CM": "Cameroun|Kameroen|Cameroon",
    "CN": "Chine|China",
    "CY": "Chypre|Cyprus|Zypern",
    "CZ": "République tchèque|Tchéquie|Tsjechië|Czech Republic|Czechia|Tschechien",
    "DE": "Allemagne|Duitsland|Germany|Deutschland",
    "DK": "Danemark|Denemarken|Denmark|Dänemark",
    "DZ": "Algérie|Algerije|Algeria|Algerien",
    "EE": "Estonie|Estland|Estonia",
    "EG": "Égypte|Egypte|Egypt|Ägypten",
    "ES": "Espagne|Spanje|Spain|Spanien|España",
    "FI": "Finlande|Finland|Finnland",
    "FR": "France|Frankrijk|Frankreich",
    "GB": "Royaume-Uni|Grande-Bretagne|Angleterre|Verenigd Koninkrijk|Groot-Brittannië|Engeland|"
    "United Kingdom|Great Britain|England|Scotland|Wales|Vereinigtes Königreich",
    "GF": "Guyane|Guyane française|Frans-Guyana|French Guiana",
    "GP": "Guadeloupe",
    "GR": "Grèce|Griekenland|Greece|Griechenland",
    "HK": "Hong Kong",
    "HR": "Croatie|Kroatië|Croatia|Kroatien",
    "HU": "Hongrie|Hongarije|Hungary|Ungarn",
    "ID": "Indonésie|Indonesië|Indonesia|Indonesien",
    "IE": "Irlande|Ierland|Ireland|Irland",
    "IL": "Israël|Israel",
    "IN": "Inde|India|Indien",
    "IS": "Islande|IJsland|Iceland|Island",
    "IT": "Italie|Italië|Italy|Italien|Italia",
    "JP": "Japon|Japan",
    "KR": "Corée du Sud|Zuid-Korea|South Korea|Südkorea",
    "LB": "Liban|Libanon|Lebanon",
    "LI": "Liechtenstein",
    "LT": "Lituanie|Litouwen|Lithuania|Litauen",
    "LU": "Luxembourg|Luxemburg|Grand-Duché de Luxembourg|G.D. Luxembourg|GDL|"
    "Groothertogdom Luxemburg",
    "LV": "Lettonie|Letland|Latvia|Lettland",
    "MA": "Maroc|Marokko|Morocco",
    "MC": "Monaco",
    "MD": "Moldavie|Moldavië|Moldova|Moldau",
    "ME": "Monténégro|Montenegro",
    "MK": "Macédoine du Nord|Macédoine|Noord-Macedonië|North Macedonia|Nordmazedonien",
    "MQ": "Martinique",
    "MT": "Malte|Malta",
    "MU": "Île Maurice|Maurice|Mauritius",
    "MX": "Mexique|Mexico|Mexiko",
    "MY": "Malaisie|Maleisië|Malaysia",
    "NC": "Nouvelle-Calédonie|Nieuw-Caledonië|New Caledonia",
    "NL": "Pays-Bas|Nederland|Netherlands|The Netherlands|Niederlande|Hollande|Holland",
    "NO": "Norvège|Noorwegen|Norway|Norwegen",
    "PL": "Pologne|Polen|Poland|Polska",
    "PT": "Portugal",
    "RE": "La Réunion|Réunion",
    "RO": "Roumanie|Roemenië|Romania|Rumänien",
    "RS": "Serbie|Servië|Serbia|Serbien",
    "RU": "Russie|Rusland|Russia|Russland|Fédération de Russie|Russian Federation",
    "SE": "Suède|Zweden|Sweden|Schweden",
    "SG": "Singapour|Singapore|Singapur",
    "SI": "Slovénie|Slovenië|Slovenia|Slowenien",
    "SK": "Slovaquie|Slowakije|Slovakia|Slowakei",
    "SM": "Saint-Marin|San Marino",
    "SN": "Sénégal|Senegal",
    "TH": "Thaïlande|Thailand",
    "TN": "Tunisie|Tunesië|Tunisia|Tunesien",
    "TR": "Turquie|Turkije|Turkey|Türkei|Türkiye",
    "TW": "Taïwan|Taiwan",
    "UA": "Ukraine|Oekraïne",
    "US": "États-Unis|États-Unis d'Amérique|Verenigde Staten|United States|"
    "United States of America|Vereinigte Staaten",
    "VA": "Vatican|Vaticaanstad|Vatican City",
    "VN": "Vietnam|Viêt Nam",
    "ZA": "Afrique du Sud|Zuid-Afrika|South Africa|Südafrika",
}

COUNTRIES: dict[str, str] = {
    **{normalise(name): code for code, names in _NAMES.items() for name in names.split("|")},
    **{code.casefold(): iso for code, iso in _OTHER_CODES.items()},
    **{code.casefold(): code for code in ISO2},
}
"""Normalised code or name → ISO2 code."""
