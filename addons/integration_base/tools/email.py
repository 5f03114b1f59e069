"""E-mail addresses as people type them. Pure.

* :func:`normalize`: the address, lower case, host in ASCII: ``"Jan <Jan+Kado@Gmail.com>"`` →
  ``jan+kado@gmail.com``;
* :func:`match_key`: the mailbox behind it, what two addresses of one person have in common:
  ``jan@gmail.com``.

Junk never raises: the answer is ``None`` (or an empty tuple).
"""

import re
import unicodedata
from functools import lru_cache

__all__ = [
    "domain",
    "is_freemail",
    "is_shared_mailbox",
    "match_key",
    "match_keys",
    "normalize",
    "split_addresses",
    "split_plus",
]

#: Longest text looked at, in characters.
MAX_LENGTH = 1_000

CACHE_SIZE = 8_192

# RFC 5321, 4.5.3.1
_LOCAL_MAX = 64
_ADDRESS_MAX = 254

# "jan @ example.com", "jan@ example.com"
_SPACED_AT = re.compile(r"\s*@\s*")
# RFC 5322 atoms (any letter: SMTPUTF8); a quoted local part is not something a customer has
_ADDRESS = re.compile(
    r"[\w!#$%&'*+/=?^`{|}~.-]+@(?:[^\W_](?:[\w-]*[^\W_])?\.)+[^\W\d_][\w-]*[^\W_]"
)
_LOCAL_EDGES = "'`./=|*&"

_GMAIL = frozenset({"gmail.com", "googlemail.com"})

#: Providers where the domain says nothing about who writes: free mail, access providers, relays of
#: resale platforms.
FREEMAIL_DOMAINS = frozenset(
    """
    aol.com aol.fr aliceadsl.fr appleid.com bbox.fr belgacom.net bluewin.ch brutele.be
    btinternet.com casema.nl chello.nl club-internet.fr cybernet.be edpnet.be euphonynet.be
    fastmail.com free.fr freenet.de gmail.com gmx.at gmx.ch gmx.com gmx.de gmx.fr gmx.net
    googlemail.com hetnet.nl hey.com home.nl icloud.com internet.lu kpnmail.nl kpnplanet.nl
    laposte.net live.be live.co.uk live.com live.fr live.nl mac.com mail.be mail.com me.com msn.com
    neuf.fr ntlworld.com numericable.fr online.nl orange.be orange.fr outlook.be outlook.com
    outlook.de outlook.fr outlook.nl pandora.be planet.nl pm.me privaterelay.appleid.com proton.me
    protonmail.com proximus.be pt.lu quicknet.nl scarlet.be sfr.fr sky.com skynet.be solcon.nl
    swing.be t-online.de talktalk.net tele2.nl telenet.be tutanota.com tvcablenet.be upcmail.nl
    versatel.nl virginmedia.com voila.fr voo.be wanadoo.fr web.de xs4all.nl yandex.com yandex.ru
    ymail.com zeelandnet.nl ziggo.nl zoho.com
    """.split()
)
# providers with a domain per country: hotmail.be, yahoo.co.uk, marketplace.amazon.fr
_FREEMAIL_FAMILY = re.compile(
    r"(?:hotmail|yahoo|marketplace\.amazon|members\.ebay)\.(?:com?\.)?[a-z]{2,3}"
)

#: First words of mailboxes that several people read, in French, Dutch, German and English.
SHARED_MAILBOXES = frozenset(
    """
    aankoop accounting accueil achat achats administratie administration administratif admin
    bestelling bestellingen billing boekhouding bonjour boutique buchhaltung bureau commande
    commandes commercial compta comptabilite contact contacts devis einkauf expedition export
    facturation facture factures finance hello hr info information informations infos inkoop invoice
    invoices kantoor klantendienst kontakt livraison logistics logistiek logistique magasin mail
    marketing newsletter noreply no-reply office order orders planning post postmaster purchase
    reception receptie rh sales sav secretariaat secretariat service shop showroom support team
    ventes verkoop vertrieb webmaster webshop welcome winkel
    """.split()
)
_LOCAL_WORDS = re.compile(r"[._]|(?<!^no)-")


@lru_cache(maxsize=CACHE_SIZE)
def split_addresses(text: str | None) -> tuple[str, ...]:
    """All addresses of a field, normalised, in the order typed, each once.

    Understands names (``Jan <jan@…>``), ``mailto:``, and any separator: comma, semicolon, slash
    with spaces, ``ou``.
    """
    if not isinstance(text, str) or "@" not in text:
        return ()
    text = unicodedata.normalize("NFKC", text[:MAX_LENGTH])
    text = "".join(char for char in text if unicodedata.category(char) != "Cf")
    text = _SPACED_AT.sub("@", text).replace("mailto:", " ")
    found = (_address(match[0]) for match in _ADDRESS.finditer(text))
    return tuple(dict.fromkeys(address for address in found if address))


def normalize(text: str | None) -> str | None:
    """The first address of the field, in lower case, without name, host in ASCII (IDNA)."""
    return next(iter(split_addresses(text)), None)


def match_key(text: str | None) -> str | None:
    """Key under which the first address of the field is looked up; see :func:`match_keys`."""
    return next(iter(match_keys(text)), None)


def match_keys(text: str | None) -> tuple[str, ...]:
    """Keys of all addresses: the mailbox without plus tag; at Gmail without dots either."""
    return tuple(dict.fromkeys(_mailbox(address) for address in split_addresses(text)))


def domain(text: str | None) -> str | None:
    """What stands behind the ``@`` of the first address."""
    address = normalize(text)
    return address.partition("@")[2] if address else None


def split_plus(text: str | None) -> tuple[str, str] | None:
    """Address without its plus tag, and the tag: ``jan+kado@x.be`` → ``("jan@x.be", "kado")``."""
    address = normalize(text)
    if not address:
        return None
    local, _at, host = address.partition("@")
    mailbox, _plus, tag = local.partition("+")
    mailbox = mailbox.strip(_LOCAL_EDGES)
    return (f"{mailbox}@{host}", tag) if mailbox else (address, "")


def is_freemail(text: str | None) -> bool:
    """True when the domain (or that of an address) belongs to a provider, not to a company."""
    if not isinstance(text, str):
        return False
    host = domain(text) if "@" in text else text.strip().lower()
    return bool(host) and (host in FREEMAIL_DOMAINS or bool(_FREEMAIL_FAMILY.fullmatch(host)))


def is_shared_mailbox(text: str | None) -> bool:
    """Hint that several people read this mailbox (``info@``): it names a company."""
    address = normalize(text)
    if not address:
        return False
    local = address.partition("@")[0].partition("+")[0]
    return _LOCAL_WORDS.split(local, maxsplit=1)[0] in SHARED_MAILBOXES


def _address(text: str) -> str | None:
    local, _at, host = text.lower().rpartition("@")
    local = local.strip(_LOCAL_EDGES)
    if not local or ".." in local or len(local) > _LOCAL_MAX:
        return None
    if not host.isascii():
        try:
            host = host.encode("idna").decode("ascii")
        except UnicodeError:
            return None
    address = f"{local}@{host}"
    return address if len(address) <= _ADDRESS_MAX else None


def _mailbox(address: str) -> str:
    local, _at, host = address.partition("@")
    local = local.partition("+")[0].strip(_LOCAL_EDGES) or local
    if host in _GMAIL:
        return f"{local.replace('.', '')}@gmail.com"
    return f"{local}@{host}"
