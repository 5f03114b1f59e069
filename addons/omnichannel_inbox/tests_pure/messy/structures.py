"""Parts within parts: boundaries, encodings, files, mails within mails, invitations, TNEF."""

import base64
import binascii

from . import tnef_writer as writer
from .heads import ACCENTS, PDF
from .parts import attachment, head, mail, multipart, part

PNG = b"\x89PNG\r\n\x1a\n picture"


def mails():
    yield from _nested()
    yield from _boundaries()
    yield from _transfer()
    yield from _attachments()
    yield from _forwarded()
    yield from _calendar()
    yield from _tnef()
    yield from _uuencode()
    yield from _sealed()
    yield from _bounces()
    yield from _automatic()
    yield from _flowed()


def _alternative(text="Texte simple", html="<p>Texte riche</p>", boundary="alt"):
    return multipart("alternative", [part(text), part(html, "text/html; charset=utf-8")], boundary)


def _nested():
    kind = "nested"
    cid = part(PNG, "image/png; name=photo.png", "base64", "Content-ID: <p1>")
    related = multipart("related", [part('<p>Voici <img src="cid:p1"></p>', "text/html"), cid], "r")
    full = multipart(
        "mixed",
        [
            multipart("alternative", [part("Voici"), related], "a"),
            attachment(PDF, "devis.pdf", "application/pdf"),
        ],
        "m",
    )
    files = (("photo.png", PNG), ("devis.pdf", PDF))
    yield kind, mail(full), {"reads": ("Voici",), "files": files}
    several = [part("Avant"), attachment(PNG, "1.png", "image/png"), part("Après")]
    yield (
        kind,
        mail(multipart("mixed", several, "m")),
        {
            "reads": ("Avant", "Après"),
            "files": (("1.png", PNG),),
        },
    )
    several = [
        part("<p>Avant</p>", "text/html"),
        part(PNG, "image/png; name=1.png", "base64", "Content-Disposition: inline"),
        part("<p>Après</p>", "text/html"),
        part("Pied de liste"),
    ]
    yield (
        kind,
        mail(multipart("mixed", several, "m")),
        {
            "reads": ("Avant", "Après", "Pied de liste"),
            "files": (("1.png", PNG),),
        },
    )
    deep = part("Au fond")
    for level in range(20):
        deep = multipart("mixed", [deep], f"level{level}x")
    yield kind, mail(deep), {"reads": ("Au fond",)}
    amp = [
        part("Texte"),
        part("<html amp4email></html>", "text/x-amp-html"),
        part("<p>Riche</p>", "text/html"),
    ]
    yield kind, mail(multipart("alternative", amp, "a")), {"reads": ("Riche",)}
    within = multipart(
        "alternative",
        [
            part("Texte"),
            multipart(
                "mixed",
                [
                    part("<p>Un</p>", "text/html"),
                    attachment(PDF, "a.pdf"),
                    part("<p>Deux</p>", "text/html"),
                ],
                "m",
            ),
        ],
        "a",
    )
    yield kind, mail(within), {"reads": ("Un", "Deux"), "files": (("a.pdf", PDF),)}


def _boundaries():
    kind = "boundary"
    good = mail(multipart("mixed", [part("Bonjour"), attachment(PDF, "a.pdf")], "bb"))
    files = {"reads": ("Bonjour",), "files": (("a.pdf", PDF),)}
    yield kind, good.replace(b"--bb--\r\n", b""), files
    yield kind, good.replace(b'; boundary="bb"', b""), files
    yield kind, good.replace(b'boundary="bb"', b'boundary="cc"'), files
    yield kind, good.replace(b"--bb\r\n", b"--bb   \r\n"), files
    inner = multipart("alternative", [part("Bonjour"), part("<p>Bonjour</p>", "text/html")], "bb2")
    yield kind, mail(multipart("mixed", [inner, attachment(PDF, "a.pdf")], "bb")), files
    none = mail(head("Content-Type: multipart/mixed") + b"\r\nBonjour, juste du texte")
    yield kind, none, {"reads": ("Bonjour, juste du texte",)}
    bare = multipart("mixed", [part("Bonjour")], "bb").replace(
        b"\r\n\r\nBonjour", b"\r\n\r\n\r\nBonjour"
    )
    yield kind, mail(bare), {"reads": ("Bonjour",)}
    headless = mail(multipart("mixed", [b"\r\nBonjour sans t\xc3\xaate"], "bb"))
    yield kind, headless, {"reads": ("Bonjour sans tête",)}


def _transfer():
    kind = "transfer"
    footer = (
        base64.encodebytes((ACCENTS + "!").encode()) + b"_______\nListe: https://example.com/list\n"
    )
    raw = mail(
        head("Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: base64")
        + b"\r\n"
    )
    yield kind, raw + footer, {"reads": (ACCENTS,)}
    yield kind, raw + base64.b64encode(ACCENTS.encode()).rstrip(b"="), {"reads": (ACCENTS,)}
    yield (
        kind,
        raw + b"Bonjour, ceci est du texte clair, pas du tout encode.",
        {"reads": ("Bonjour, ceci est du texte clair",)},
    )
    pieces = b"\r\n".join(base64.b64encode(item) for item in (b"Bonjour ", b"tout le", b" monde"))
    yield kind, raw + pieces, {"reads": ("Bonjour tout le monde",)}
    quoted = raw.replace(b"base64", b"quoted-printable")
    yield kind, quoted + b"Prix : 10=80=C3=A9 =ZZ a=3Db =\r\nfin=", {"reads": ("Prix : 10", "fin")}
    yield kind, raw.replace(b"base64", b"x-nothing") + ACCENTS.encode(), {"reads": (ACCENTS,)}
    inner = b"--zz\r\n" + part("Dans le lot") + b"\r\n--zz--\r\n"
    whole = head("Content-Type: multipart/mixed; boundary=zz", "Content-Transfer-Encoding: base64")
    yield kind, mail(whole + b"\r\n" + base64.encodebytes(inner)), {"reads": ("Dans le lot",)}
    yield (
        kind,
        mail(part("<html><body><p>En fait riche</p></body></html>")),
        {"reads": ("En fait riche",)},
    )
    yield (
        kind,
        mail(part("Ligne une\nLigne deux", "text/html")),
        {"reads": ("Ligne une", "Ligne deux")},
    )
    yield kind, mail(part("Bon\x00jour \x07tout")), {"reads": ("Bonjour tout",)}


def _attachments():
    kind = "attachments"
    many = [part("Voir")] + [attachment(b"%d" % n, "scan.pdf") for n in range(60)]
    yield (
        kind,
        mail(multipart("mixed", many, "m")),
        {
            "reads": ("Voir",),
            "files": tuple(("scan.pdf", b"%d" % n) for n in range(60)),
        },
    )
    yield (
        kind,
        mail(multipart("mixed", [part("Vide"), attachment(b"", "vide.pdf")], "m")),
        {
            "reads": ("Vide",),
            "files": (("vide.pdf", b""),),
        },
    )
    large = bytes(range(256)) * (25 * 4096)
    yield (
        kind,
        mail(multipart("mixed", [part("Gros"), attachment(large, "video.mp4")], "m")),
        {
            "reads": ("Gros",),
            "files": (("video.mp4", large),),
        },
    )
    yield (
        kind,
        mail(attachment(PDF, "seul.pdf", "application/pdf")),
        {"files": (("seul.pdf", PDF),)},
    )
    log = part("journal", "text/plain", "8bit", "Content-Disposition: attachment; filename=a.log")
    yield (
        kind,
        mail(multipart("mixed", [part("Voir"), log], "m")),
        {
            "reads": ("Voir",),
            "files": (("a.log", b"journal"),),
        },
    )


def _forwarded():
    kind = "forwarded"
    inner = mail(part("Mail dedans"), "Commande 4711", "b@example.com")
    eml = part(inner, "message/rfc822", "")
    expected = {"reads": ("Je transmets",), "files": (("Commande 4711.eml", inner),)}
    yield kind, mail(multipart("mixed", [part("Je transmets"), eml], "m")), expected
    chain = inner
    for level in range(40):
        chain = mail(
            multipart("mixed", [part("x"), part(chain, "message/rfc822", "")], f"c{level}x"),
            "Chaîne",
        )
    yield (
        kind,
        mail(multipart("mixed", [part("Je transmets"), part(chain, "message/rfc822", "")], "m")),
        {
            "reads": ("Je transmets",),
            "files": (("Chaîne.eml", chain),),
        },
    )
    named = attachment(inner, "original.eml", "message/rfc822")
    yield (
        kind,
        mail(multipart("mixed", [part("Je transmets"), named], "m")),
        {
            "reads": ("Je transmets",),
            "files": (("original.eml", inner),),
        },
    )
    yield kind, mail(part(inner, "message/rfc822", "")), {"files": (("Commande 4711.eml", inner),)}
    digest = multipart("digest", [b"\r\n" + inner, b"\r\n" + inner], "d")
    yield (
        kind,
        mail(digest),
        {
            "files": (("Commande 4711.eml", inner), ("Commande 4711.eml", inner)),
        },
    )
    empty = part(b"", "message/rfc822", "")
    yield (
        kind,
        mail(multipart("mixed", [part("Je transmets"), empty], "m")),
        {
            "reads": ("Je transmets",),
            "files": (("message.eml", b""),),
        },
    )


def _ics(*lines, method="REQUEST"):
    return "\r\n".join(
        [
            "BEGIN:VCALENDAR",
            f"METHOD:{method}",
            "BEGIN:VEVENT",
            *lines,
            "END:VEVENT",
            "END:VCALENDAR",
            "",
        ]
    ).encode()


def _calendar():
    kind = "calendar"
    lines = (
        "SUMMARY:Livraison\\, canapé",
        "DTSTART;TZID=Europe/Brussels:20261125T140000",
        "DTEND;TZID=Europe/Brussels:20261125T153000",
        "LOCATION:Rue du Pont 4\\n4000 Liège",
        'ORGANIZER;CN="Petit, Anne":mailto:anne@example.com',
    )
    ics = _ics(*lines)
    read = ("Livraison, canapé", "2026-11-25 14:00 – 15:30 (Europe/Brussels)", "4000 Liège")
    invitation = part(ics, "text/calendar; method=REQUEST; charset=utf-8")
    yield kind, mail(invitation), {"reads": read, "files": (("invitation.ics", ics),)}
    alternative = multipart(
        "alternative", [part("Venez"), part("<p>Venez</p>", "text/html"), invitation], "a"
    )
    file = attachment(ics, "invite.ics", "application/ics")
    yield (
        kind,
        mail(multipart("mixed", [alternative, file], "m")),
        {
            "reads": ("Venez", *read),
            "files": (("invitation.ics", ics),),
        },
    )
    cancelled = _ics(*lines, method="CANCEL")
    yield (
        kind,
        mail(part(cancelled, "text/calendar", "base64")),
        {
            "reads": ("✗ Livraison",),
            "files": (("invitation.ics", cancelled),),
        },
    )
    day = _ics("SUMMARY:Congé", "DTSTART;VALUE=DATE:20261224", "RRULE:FREQ=YEARLY")
    yield (
        kind,
        mail(part(day, "text/calendar")),
        {
            "reads": ("Congé", "2026-12-24 ↻"),
            "files": (("invitation.ics", day),),
        },
    )
    broken = b"BEGIN:VCALENDAR\r\nnot a calendar"
    yield (
        kind,
        mail(multipart("mixed", [part("Voir"), part(broken, "text/calendar")], "m")),
        {
            "reads": ("Voir",),
            "files": (("invitation.ics", broken),),
        },
    )
    folded = ics.replace(b"canap\xc3\xa9", b"ca\r\n nap\xc3\xa9")
    yield (
        kind,
        mail(part(folded, "text/calendar")),
        {
            "reads": read,
            "files": (("invitation.ics", folded),),
        },
    )


def _tnef():
    kind = "tnef"
    body = "Bonjour, où est ma commande ?"

    def winmail(data, text=None):
        dat = attachment(data, "winmail.dat", "application/ms-tnef")
        return mail(multipart("mixed", ([part(text)] if text else []) + [dat], "m"))

    both = writer.tnef(
        writer.message(writer.number_property(0x0E1F, 1), writer.text_property(0x1000, body)),
        writer.file("devis détaillé.pdf", PDF),
        writer.file("photo.png", PNG, writer.text_property(0x3712, "p1")),
    )
    files = (("devis détaillé.pdf", PDF), ("photo.png", PNG))
    yield kind, winmail(both, "Texte du mail"), {"reads": ("Texte du mail",), "files": files}
    yield kind, winmail(both), {"reads": (body,), "files": files}
    html = writer.tnef(writer.message(writer.binary_property(0x1013, f"<p>{body}</p>".encode())))
    yield kind, winmail(html), {"reads": (body,)}
    rtf = (
        b"{\\rtf1\\ansi\\ansicpg1252\\fromhtml1 {\\*\\htmltag64 <p>}Bonjour, o\\'f9 est ma "
        b"{\\*\\htmltag84 <b>}\\htmlrtf {\\b\\htmlrtf0 commande\\htmlrtf }\\htmlrtf0 "
        b"{\\*\\htmltag92 </b>} ?{\\*\\htmltag72 </p>}}"
    )
    packed = writer.tnef(writer.message(writer.binary_property(0x1009, writer.packed_rtf(rtf))))
    yield kind, winmail(packed), {"reads": ("Bonjour, où est ma",)}
    plain = b"{\\rtf1\\ansi{\\fonttbl{\\f0 Arial;}}Bonjour\\par o\\u249?\\tab est \\{4711\\}}"
    stored = writer.tnef(writer.message(writer.binary_property(0x1009, writer.stored_rtf(plain))))
    yield kind, winmail(stored), {"reads": ("Bonjour", "est {4711}")}
    inner = writer.tnef(
        writer.message(writer.text_property(0x1000, "Mail dedans")), writer.file("a.pdf", PDF)
    )
    outer = writer.tnef(writer.file("fwd", None, writer.object_property(0x3701, inner)))
    yield (
        kind,
        winmail(outer, "Voir"),
        {
            "reads": ("Voir",),
            "files": (("a.pdf", PDF), ("fwd.txt", b"Mail dedans")),
        },
    )
    cut = both[:-200]
    yield (
        kind,
        winmail(cut, "Coupé"),
        {
            "reads": ("Coupé",),
            "expect": {"has_file": ("winmail.dat", cut)},
        },
    )
    junk = b"not tnef at all"
    yield kind, winmail(junk, "Rien"), {"reads": ("Rien",), "files": (("winmail.dat", junk),)}
    named = writer.tnef(
        writer.message(
            writer.named_property(0x8001, "Keywords", "x"), writer.text_property(0x1000, body)
        ),
        writer.file("a.pdf", PDF),
    )
    yield kind, winmail(named), {"reads": (body,), "files": (("a.pdf", PDF),)}


def _uu(data):
    lines = [
        binascii.b2a_uu(data[start : start + 45]).decode() for start in range(0, len(data), 45)
    ]
    return "begin 644 plan.pdf\n" + "".join(lines) + "`\nend\n"


def _uuencode():
    kind = "uuencode"
    data = PDF * 20
    yield (
        kind,
        mail(part(f"Avant\n\n{_uu(data)}\nAprès")),
        {
            "reads": ("Avant", "Après"),
            "files": (("plan.pdf", data),),
        },
    )
    yield (
        kind,
        mail(part(f"Deux\n{_uu(PDF)}{_uu(PNG)}")),
        {
            "reads": ("Deux",),
            "files": (("plan.pdf", PDF), ("plan.pdf", PNG)),
        },
    )
    yield (
        kind,
        mail(part("Le mot\nbegin 644 exemple\nn'est pas un fichier\n")),
        {"reads": ("begin 644 exemple", "n'est pas un fichier")},
    )


def _sealed():
    kind = "sealed"
    signature = attachment(b"\x30\x82sig", "smime.p7s", "application/pkcs7-signature")
    signed = multipart("signed", [part("Signé"), signature], "s", "protocol=x", "micalg=sha-256")
    yield kind, mail(signed), {"reads": ("Signé",), "files": (("smime.p7s", b"\x30\x82sig"),)}
    nested = multipart("signed", [_alternative(), signature], "s")
    yield kind, mail(nested), {"reads": ("Texte riche",), "files": (("smime.p7s", b"\x30\x82sig"),)}
    sealed = attachment(
        b"\x30\x82", "smime.p7m", "application/pkcs7-mime; smime-type=enveloped-data"
    )
    yield kind, mail(sealed), {"reads": ("encrypted",), "files": (("smime.p7m", b"\x30\x82"),)}
    pgp = multipart(
        "encrypted",
        [
            part("Version: 1", "application/pgp-encrypted"),
            attachment(b"-----BEGIN", "encrypted.asc"),
        ],
        "p",
        'protocol="application/pgp-encrypted"',
    )
    yield (
        kind,
        mail(pgp),
        {
            "reads": ("encrypted",),
            "files": (("attachment.txt", b"Version: 1"), ("encrypted.asc", b"-----BEGIN")),
        },
    )
    armour = "-----BEGIN PGP MESSAGE-----\n\nhQEMA\n-----END PGP MESSAGE-----"
    yield (
        kind,
        mail(part(armour)),
        {
            "reads": ("BEGIN PGP MESSAGE", "encrypted"),
            "files": (("message.asc", armour.encode()),),
        },
    )
    key = attachment(b"key", "signature.asc", "application/pgp-signature")
    yield (
        kind,
        mail(multipart("signed", [part("Signé"), key], "s")),
        {
            "reads": ("Signé",),
            "files": (("signature.asc", b"key"),),
        },
    )


def _bounces():
    kind = "bounce"
    status = (
        b"Reporting-MTA: dns; mx.example.net\r\n\r\nFinal-Recipient: rfc822; Parti@example.com\r\n"
        b"Action: failed\r\nStatus: 5.1.1\r\n"
    )
    returned = mail(part("Votre commande"), "Votre commande", "shop@example.org", number=77)
    report = multipart(
        "report",
        [
            part("Delivery has failed to these recipients"),
            part(status, "message/delivery-status", ""),
            part(returned, "message/rfc822", ""),
        ],
        "rr",
        "report-type=delivery-status",
    )
    expect = {
        "is_bounce": True,
        "is_automatic": True,
        "failed": "parti@example.com",
        "reference": "<77@mail.example.com>",
    }
    yield (
        kind,
        mail(report, "Undeliverable", "postmaster@example.net"),
        {
            "reads": ("Delivery has failed",),
            "files": (("delivery-status.txt", status), ("Votre commande.eml", returned)),
            "expect": expect,
        },
    )
    headers = returned.partition(b"\r\n\r\n")[0] + b"\r\n"
    short = multipart(
        "report",
        [
            part("Non remis"),
            part(status, "message/delivery-status", ""),
            part(headers, "text/rfc822-headers", ""),
        ],
        "rr",
    )
    yield (
        kind,
        mail(short, "Non remis", "MAILER-DAEMON@example.net"),
        {
            "reads": ("Non remis",),
            "files": (("delivery-status.txt", status), ("Votre commande.txt", headers)),
            "expect": expect,
        },
    )
    text = "Your message couldn't be delivered to parti@example.com because it does not exist."
    ndr = mail(
        part(text),
        "Undeliverable: x",
        "MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@shop.example",
    )
    yield (
        kind,
        ndr,
        {
            "reads": (text,),
            "expect": {"is_bounce": True, "failed": "parti@example.com"},
        },
    )
    qmail = mail(
        part("Hi. This is the qmail-send program."),
        "failure notice",
        "x@example.net",
        "Return-Path: <>",
    )
    yield kind, qmail, {"reads": ("qmail-send",), "expect": {"is_bounce": True}}


def _automatic():
    for subject, headers, automatic in (
        ("Absence", ("Auto-Submitted: auto-replied",), True),
        ("Réponse automatique : Question", (), True),
        ("Promo", ("List-Unsubscribe: <https://example.com/u>", "Precedence: bulk"), True),
        ("Question", ("X-MS-Exchange-Message-Class: IPM.Note.Rules.OofTemplate.Microsoft",), True),
        ("Question", ("X-Auto-Response-Suppress: None",), False),
        ("Out of office chairs, where is my order?", (), False),
    ):
        yield (
            "automatic",
            mail(part("Bonjour"), subject, "a@example.com", *headers),
            {
                "reads": ("Bonjour",),
                "expect": {"is_automatic": automatic, "is_bounce": False},
            },
        )


def _flowed():
    kind = "flowed"
    flowed = "text/plain; charset=utf-8; format=flowed"
    yield (
        kind,
        mail(part("Une phrase qui \ncontinue ici.\n\n Fin", flowed)),
        {"reads": ("Une phrase qui continue ici.", "Fin")},
    )
    yield (
        kind,
        mail(part("Été sans es \npace", f"{flowed}; delsp=yes")),
        {"reads": ("Été sans espace",)},
    )
    quoted = "Oui\n\nLe 19/11/2026 à 10:00, Shop a écrit :\n> Une question \n> longue ?\n"
    yield (
        kind,
        mail(part(quoted, flowed)),
        {
            "shown": ("Oui",),
            "folded": ("Une question longue ?",),
        },
    )
