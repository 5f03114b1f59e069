"""Heads and letters: charsets, encoded words, names, dates, addresses."""

from datetime import datetime

from .parts import attachment, head, mail, multipart, part

ACCENTS = "Où est ma commande n° 4711 ? Été, œuvre, 12 €"
PDF = b"%PDF-1.4 \x00\xff bytes of a file"


def mails():
    yield from _wrong_charsets()
    yield from _unknown_charsets()
    yield from _multibyte_charsets()
    yield from _missing_charsets()
    yield from _encoded_words()
    yield from _raw_headers()
    yield from _names()
    yield from _dates()
    yield from _subjects()
    yield from _addresses()
    yield from _headers()
    yield from _recipients()


def text(data: bytes, charset: str, encoding: str = "8bit", subtype: str = "plain") -> bytes:
    return mail(part(data, f"text/{subtype}; charset={charset}", encoding))


def _wrong_charsets():
    kind = "charset-wrong"
    latin = ACCENTS.encode("cp1252")
    yield kind, text(latin, "utf-8"), {"reads": (ACCENTS,)}
    yield kind, text(latin, "us-ascii", "quoted-printable"), {"reads": (ACCENTS,)}
    yield kind, text(ACCENTS.encode(), "iso-8859-1"), {"reads": (ACCENTS,)}
    yield kind, text(ACCENTS.encode(), "windows-1252", "base64"), {"reads": (ACCENTS,)}
    cut = f"{ACCENTS} été".encode()[:-1]
    yield kind, text(cut, "utf-8"), {"reads": (ACCENTS,)}
    html = f"<p>{ACCENTS}</p>".encode("cp1252")
    yield kind, text(html, "utf-8", "quoted-printable", "html"), {"reads": (ACCENTS,)}
    yield (
        kind,
        text("“Bonjour” – c’est".encode("cp1252"), "iso-8859-1"),
        {"reads": ("“Bonjour” – c’est",)},
    )
    yield (
        kind,
        text("Привет, где заказ?".encode(), "windows-1251"),
        {"reads": ("Привет, где заказ?",)},
    )


def _unknown_charsets():
    for charset in ("unknown-8bit", "WE8MSWIN1252", '""'):
        yield "charset-unknown", text(ACCENTS.encode("cp1252"), charset), {"reads": (ACCENTS,)}
    yield "charset-unknown", text("Été".encode("cp850"), "cp-850"), {"reads": ("Été",)}
    yield "charset-unknown", text(ACCENTS.encode(), "utf8mb4"), {"reads": (ACCENTS,)}
    yield (
        "charset-unknown",
        text(ACCENTS.encode("cp1252"), "windows-1252http-equiv"),
        {"reads": (ACCENTS,)},
    )
    yield "charset-unknown", text(b"Bonjour", "zlib_codec"), {"reads": ("Bonjour",)}


def _multibyte_charsets():
    kind = "charset-multibyte"
    for charset, letters in (
        ("iso-2022-jp", "注文はどこですか"),
        ("shift_jis", "注文はどこですか①"),
        ("gb2312", "订单在哪里镕"),
        ("ks_c_5601-1987", "주문은 어디에"),
    ):
        codec = {"shift_jis": "cp932", "gb2312": "gb18030", "ks_c_5601-1987": "cp949"}
        data = letters.encode(codec.get(charset, charset))
        yield kind, text(data, charset, "base64"), {"reads": (letters,)}
    yield kind, text(ACCENTS.encode("utf-16"), "utf-16", "base64"), {"reads": (ACCENTS,)}
    yield kind, text(b"Only letters", "utf-16"), {"reads": ("Only letters",)}
    yield kind, text("注文".encode("iso-2022-jp"), "us-ascii", "7bit"), {"reads": ("注文",)}


def _missing_charsets():
    kind = "charset-missing"
    latin = ACCENTS.encode("cp1252")
    yield kind, mail(part(latin, "text/plain")), {"reads": (ACCENTS,)}
    yield kind, mail(part(ACCENTS, "", "")), {"reads": (ACCENTS,)}
    meta = '<html><head><meta charset="windows-1251"></head><body>Привет</body></html>'
    yield kind, mail(part(meta.encode("cp1251"), "text/html", "base64")), {"reads": ("Привет",)}
    bom = b"\xef\xbb\xbf" + ACCENTS.encode()
    yield kind, mail(part(bom, "text/plain")), {"reads": (ACCENTS,)}


def _encoded_words():
    kind = "encoded-words"
    for subject, expected in (
        ("=?utf-8?B?w6nDqQ==?=\r\n =?utf-8?B?w6k=?=", "ééé"),
        ("=?utf-8?Q?=C3?= =?utf-8?Q?=A9t=C3=A9?=", "été"),
        ("=?utf-8?Q?Commande en retard?=", "Commande en retard"),
        ("=?UTF-8?b?w6l0w6k?=", "été"),
        ("=?unknown-8bit?Q?=E9t=E9?=", "été"),
        ("=?nonsense?Z?abc?= reste", "=?nonsense?Z?abc?= reste"),
        ("=?utf-8?Q?=F0=9F=93=A6_colis?=", "📦 colis"),
    ):
        yield (
            kind,
            mail(part("Bonjour"), subject),
            {
                "reads": ("Bonjour",),
                "expect": {"subject": expected},
            },
        )


def _raw_headers():
    for subject in ("Été à Liège".encode(), "Été à Liège".encode("cp1252")):
        raw = mail(part("Bonjour"), subject, "Zoé <zoe@example.com>".encode("cp1252"))
        yield (
            "headers-raw",
            raw,
            {
                "reads": ("Bonjour",),
                "expect": {"subject": "Été à Liège", "author": ("zoe@example.com", "Zoé")},
            },
        )
    raw = mail(part("Bonjour"), "ÝÊÂ".encode("cp1252"), b"\xdd\xca <a@example.com>")
    yield "headers-raw", raw, {"reads": ("Bonjour",), "expect": {"subject": "ÝÊÂ"}}


def _names():
    names = (
        ("filename*=utf-8''fa%C3%A7ade.pdf", "façade.pdf"),
        (
            "filename*0*=utf-8''fa%C3%A7; filename*1*=ade%20; filename*2=bleue.pdf",
            "façade bleue.pdf",
        ),
        ('filename="=?utf-8?B?ZmHDp2FkZS5wZGY=?="', "façade.pdf"),
        ('filename="=?iso-8859-1?Q?fa=E7?=\r\n =?iso-8859-1?Q?ade.pdf?="', "façade.pdf"),
        ("filename=bon de livraison.pdf", "bon de livraison.pdf"),
        ('filename="façade.pdf"'.encode("cp1252"), "façade.pdf"),
        ('filename="façade.pdf"', "façade.pdf"),
        ('filename="../../etc/passwd.pdf"', "passwd.pdf"),
        ('filename="C:\\\\Users\\\\anne\\\\devis.pdf"', "devis.pdf"),
        ('filename="facture\u202efdp.pdf"', "facturefdp.pdf"),
        ('filename="📦 colis.pdf"', "📦 colis.pdf"),
        (f'filename="{"x" * 400}.pdf"', f"{'x' * 196}.pdf"),
        ("filename", "attachment.pdf"),
        ('filename="sans-fin.pdf', "sans-fin.pdf"),
        ("filename*=koi8-r''%D4%C5%D3%D4.pdf", "тест.pdf"),
        ('filename="a\x00b\x07.pdf"', "a_b_.pdf"),
    )
    for start in range(0, len(names), 2):
        parts = [part("Voir fichier")]
        for disposition, _name in names[start : start + 2]:
            if isinstance(disposition, str):
                disposition = disposition.encode()
            line = b"Content-Disposition: attachment; " + disposition
            parts.append(part(PDF, "application/pdf", "base64", line))
        yield (
            "filename",
            mail(multipart("mixed", parts, "b1")),
            {
                "reads": ("Voir fichier",),
                "files": tuple((name, PDF) for _disposition, name in names[start : start + 2]),
            },
        )


def _dates():
    kind = "date"
    received = head(
        "Received: from a by b; Thu, 19 Nov 2026 09:00:00 +0000",
    ).rstrip(b"\r\n")
    server = datetime(2026, 11, 19, 9)
    for date, expected in (
        ("", server),
        ("Mon, 19 Nov 2096 10:00:00 +0100", server),
        ("Thu, 19 Nov 2026 10:15:00 +9900", datetime(2026, 11, 19, 10, 15)),
        ("jeu., 19 nov. 2026 10:15:00", server),
        ("Thu, 19 Nov 2026 10:15:00", datetime(2026, 11, 19, 10, 15)),
        ("Thu, 32 Nov 2026 25:61:00 +0100", server),
        ("Thu, 19 Nov 2026 10:15:00 +0100\r\n    Precedence: bulk", datetime(2026, 11, 19, 9, 15)),
        ("Thu, 01 Jan 1970 00:00:00 +0000", server),
    ):
        yield (
            kind,
            mail(part("Bonjour"), "x", "a@example.com", received, date=date),
            {
                "reads": ("Bonjour",),
                "expect": {"sent": expected},
            },
        )


def _subjects():
    yield "subject", mail(part("Bonjour"), ""), {"reads": ("Bonjour",), "expect": {"subject": ""}}
    yield (
        "subject",
        mail(part("Bonjour")).replace(b"Subject: Question\r\n", b""),
        {
            "reads": ("Bonjour",),
            "expect": {"subject": ""},
        },
    )
    yield "subject", mail(part("Bonjour"), "a\u202eb\tc"), {"expect": {"subject": "ab c"}}
    long = "Commande " * 300
    yield "subject", mail(part("Bonjour"), long), {"expect": {"subject": long.strip()[:1000]}}


def _addresses():
    for sender, address, name in (
        ('"Dupont, Anne" <anne@example.com>', "anne@example.com", "Dupont, Anne"),
        ("=?utf-8?Q?Dupont,_Zo=C3=A9?= <zoe@example.com>", "zoe@example.com", "Dupont, Zoé"),
        ('"anne@trusted.example" <evil@example.net>', "evil@example.net", "anne@trusted.example"),
        ("=?utf-8?B?QW5uZSA8YW5uZUBleGFtcGxlLmNvbT4=?=", "anne@example.com", "Anne"),
        ("<anne@example.com", "anne@example.com", ""),
        ("Anne", "", "Anne"),
        ("", "", ""),
        ("(" * 3000 + "a@example.com", "a@example.com", None),
    ):
        yield (
            "addresses",
            mail(part("Bonjour"), "x", sender),
            {
                "reads": ("Bonjour",),
                "expect": {"author": (address, name)},
            },
        )
    raw = mail(part("Bonjour")).replace(b"From: Anne Petit <anne@example.com>\r\n", b"")
    yield "addresses", raw, {"reads": ("Bonjour",), "expect": {"author": ("", "")}}


def _headers():
    kind = "headers"
    good = mail(part("Bonjour"))
    read = {"reads": ("Bonjour",), "expect": {"subject": "Question"}}
    twice = good.replace(
        b"To: ", b"Subject: Question\r\nFrom: x@example.net\r\nSubject: other\r\nTo: "
    )
    yield kind, twice, {**read, "expect": {"subject": "Question"}}
    yield kind, b"From anne@example.com Thu Nov 19 10:15:00 2026\r\n" + good, read
    yield kind, b"\r\n\r\n" + good, read
    yield kind, good.replace(b"\r\n", b"\n"), read
    yield kind, good.replace(b"\r\n", b"\r"), read
    # the empty line before the text is missing
    yield (
        kind,
        good.replace(b"\r\n\r\nBonjour", b"\r\nBonjour, sans vide"),
        {"reads": ("Bonjour, sans vide",)},
    )
    yield kind, good.replace(b"Subject: ", b"Subject : "), read
    references = "".join(f" <{n}@example.com>\r\n" for n in range(3000))
    long = mail(part("Bonjour"), "Question", "a@example.com", f"References:{references}".rstrip())
    yield kind, long, read
    yield kind, good.replace(b"text/plain; charset=utf-8", b"text"), read


def _recipients():
    many = ",\r\n ".join(f'"Client {n}" <client{n}@example.com>' for n in range(10_000))
    raw = mail(part("Annonce"), "x", "a@example.com").replace(b"shop@example.org", many.encode())
    yield "recipients", raw, {"reads": ("Annonce", "10000"), "expect": {"recipients": 200}}
    raw = mail(part("<p>Annonce</p>", "text/html"), "x", "a@example.com", f"Cc: {many}")
    yield "recipients", raw, {"reads": ("Annonce", "10001"), "expect": {"recipients": 1}}
    raw = mail(part("Annonce")).replace(b"shop@example.org", b"undisclosed-recipients:;")
    yield "recipients", raw, {"reads": ("Annonce",), "expect": {"recipients": 0}}


__all__ = ["ACCENTS", "PDF", "attachment", "mails"]
