"""What stands in the text: quotes of all programs, HTML of all kinds, code, addresses, bombs."""

from .parts import mail, part
from .vectors import CALLS, IMAGES, SCRIPTS, fill


def html(content: str) -> bytes:
    return mail(part(content, "text/html; charset=utf-8", "quoted-printable"))


def mails(beacon: str):
    yield from _outlook()
    yield from _marked()
    yield from _text_quotes()
    yield from _interleaved()
    yield from _dress()
    yield from _huge()
    # in each mail several, one after the other; tests take them one by one as well
    for start in range(0, len(SCRIPTS), 5):
        code = fill("".join(SCRIPTS[start : start + 5]), beacon)
        yield "script", html(f"<p>Avant</p><p>Milieu</p>{code}"), {"reads": ("Avant", "Milieu")}
    for start in range(0, len(CALLS), 4):
        code = fill("".join(CALLS[start : start + 4]), beacon)
        yield "remote", html(f"<p>Avant</p>{code}"), {"reads": ("Avant",)}
    for start in range(0, len(IMAGES), 4):
        code = fill("".join(IMAGES[start : start + 4]), beacon)
        yield "remote", html(f"<p>Avant</p>{code}"), {"remote": True}


def _quoted(kind, content, shown="Merci beaucoup", folded="Votre commande est prête"):
    return kind, html(content), {"shown": (shown,), "folded": (folded,)}


def _outlook():
    kind = "quote-outlook"
    for sender, sent, to, subject in (
        ("From", "Sent", "To", "Subject"),
        ("De", "Envoyé", "À", "Objet"),
        ("Van", "Verzonden", "Aan", "Onderwerp"),
        ("Von", "Gesendet", "An", "Betreff"),
    ):
        yield _quoted(
            kind,
            f"""<html><body><div class="WordSection1"><p class="MsoNormal">Merci
beaucoup<o:p></o:p></p>
<p class="MsoNormal"><o:p>&nbsp;</o:p></p><div><div style="border:none;border-top:solid #E1E1E1
1.0pt;
padding:3.0pt 0cm 0cm 0cm"><p class="MsoNormal"><b>{sender}&nbsp;:</b> Shop
&lt;shop@example.org&gt;<br>
<b>{sent} :</b> jeudi 19 novembre 2026 10:00<br><b>{to} :</b> Anne<br><b>{subject} :</b> RE:
x</p></div></div>
<p class="MsoNormal">Votre commande est prête</p></div></body></html>""",
        )
    yield _quoted(
        kind,
        """<div>Merci beaucoup</div><div id="appendonsend"></div><hr
style="display:inline-block;width:98%">
<div id="divRplyFwdMsg" dir="ltr"><font><b>Od:</b> Shop<br><b>Odesláno:</b> x</font></div>
<div>Votre commande est prête</div>""",
    )
    yield _quoted(
        kind,
        """<div dir="ltr">Merci beaucoup</div><div id="mail-editor-reference-message-container">
<div class="ms-outlook-mobile-reference-message skipProofing">Votre commande est
prête</div></div>""",
    )
    text = """Merci beaucoup

________________________________
De : Shop <shop@example.org>
Envoyé : jeudi 19 novembre 2026 10:00
À : Anne
Objet : RE: x

Votre commande est prête"""
    yield (
        kind,
        mail(part(text)),
        {
            "shown": ("Merci beaucoup",),
            "folded": ("Votre commande est prête", "Envoyé"),
        },
    )
    for divider in ("-----Message d'origine-----", "-----Original Message-----"):
        text = f"Merci beaucoup\n\n{divider}\nVotre commande est prête"
        yield (
            kind,
            mail(part(text)),
            {
                "shown": ("Merci beaucoup",),
                "folded": ("Votre commande est prête",),
            },
        )


def _marked():
    kind = "quote-marked"
    yield _quoted(
        kind,
        """<div dir="ltr">Merci beaucoup</div><br><div class="gmail_quote gmail_quote_container">
<div dir="ltr" class="gmail_attr">Le jeu. 19 nov. 2026 à 10:00, Shop &lt;<a
href="mailto:shop@example.org">
shop@example.org</a>&gt; a écrit :<br></div><blockquote class="gmail_quote" style="border-left:1px
#ccc solid">
<div>Votre commande est prête</div></blockquote></div>""",
    )
    yield _quoted(
        kind,
        """<html><body>Merci beaucoup<br><div><br><blockquote type="cite"><div>On 19 Nov 2026, at
10:00, Shop
&lt;shop@example.org&gt; wrote:</div><br><div>Votre commande est
prête</div></blockquote></div></body></html>""",
    )
    yield _quoted(
        kind,
        """<p>Merci beaucoup</p><div class="moz-cite-prefix">Le 19/11/2026 à 10:00, Shop a
écrit&nbsp;:<br></div>
<blockquote type="cite" cite="mid:1@x">Votre commande est prête</blockquote>
<div class="moz-signature">-- <br>Anne</div>""",
    )
    yield _quoted(
        kind,
        """<div>Merci beaucoup</div><div id="ydp1yahoo_quoted_1" class="yahoo_quoted"><div>Le
jeudi 19 novembre 2026
à 10:00:00 UTC+1, Shop a écrit :</div><div>Votre commande est prête</div></div>""",
    )
    yield _quoted(
        kind,
        """<div>Merci beaucoup</div><div class="protonmail_quote">-------- Original Message
--------<br>
On Thursday, Shop wrote:<blockquote class="protonmail_quote">Votre commande est
prête</blockquote></div>""",
    )
    yield _quoted(
        kind,
        """<p>Merci beaucoup</p><p>Op do 19 nov. 2026 om 10:00 schreef Shop
&lt;shop@example.org&gt;:</p>
<blockquote>Votre commande est prête</blockquote>""",
    )
    yield _quoted(
        kind,
        """<p>Merci beaucoup</p><blockquote style="border-left:2px solid #1010ff;padding-left:5px">
Votre commande est prête</blockquote>""",
    )


def _text_quotes():
    kind = "quote-text"
    quote = "> Votre commande est prête\n> depuis lundi\n"
    for intro in (
        "Le 19/11/2026 à 10:00, Shop a écrit :",
        "On Thu, 19 Nov 2026 at 10:00, Shop <shop@example.org> wrote:",
        "On Thu, 19 Nov 2026 at 10:00, Shop\n<shop@example.org>\nwrote:",
        "Am 19.11.2026 um 10:00 schrieb Shop <shop@example.org>:",
        "El jue, 19 nov 2026 a las 10:00, Shop (<shop@example.org>) escribió:",
        "2026-11-19 10:00 GMT+01:00 Shop <shop@example.org>:",
        "> Message du 19/11/2026 10:00\n> De : Shop",
    ):
        yield (
            kind,
            mail(part(f"Merci beaucoup\n\n{intro}\n\n{quote}")),
            {
                "shown": ("Merci beaucoup",),
                "folded": ("Votre commande est prête", intro.split("\n")[0].strip("> ")[:12]),
            },
        )


def _interleaved():
    kind = "interleaved"
    both = "> Quelle couleur ?\nBleu\n> Quelle taille ?\nGrande\n"
    yield (
        kind,
        mail(part(f"Le 19/11/2026, Shop a écrit :\n{both}")),
        {"shown": ("Bleu", "Grande", "couleur")},
    )
    rich = """<blockquote type="cite">Quelle couleur ?</blockquote><p>Bleu</p>
<blockquote type="cite">Quelle taille ?</blockquote><p>Grande</p>"""
    yield kind, html(rich), {"shown": ("Bleu", "Grande", "couleur")}
    below = "Le 19/11/2026 à 10:00, Shop a écrit :\n> Quelle couleur ?\n\nBleu, merci"
    yield kind, mail(part(below)), {"shown": ("Bleu, merci",), "folded": ("Quelle couleur",)}
    only = "Le 19/11/2026 à 10:00, Shop a écrit :\n> Quelle couleur ?\n"
    yield kind, mail(part(only)), {"shown": ("Quelle couleur",)}
    forward = (
        "Voir ci-dessous\n\n---------- Forwarded message ---------\n"
        "De : Bob\nDate : lundi\nObjet : x\nÀ : moi\n\nLe mail"
    )
    yield kind, mail(part(forward)), {"shown": ("Voir ci-dessous", "Le mail")}
    speech = "<p>Mon mari a écrit :</p><p>la table est cassée, que faire ?</p>"
    yield kind, html(speech), {"shown": ("la table est cassée",)}


def _dress():
    kind = "html"
    yield (
        kind,
        html(
            "<!--[if gte mso 9]><xml><o:x>caché</o:x></xml><![endif]-->"
            "<![if !mso]><p>Visible</p><![endif]>"
        ),
        {"reads": ("Visible",), "expect": {"hides": "caché"}},
    )
    yield kind, html("<!-- a <!-- b --> <p>Visible</p> <!-- c"), {"reads": ("Visible",)}
    yield (
        kind,
        html(
            '<div style="display:none;max-height:0">Aperçu caché</div>'
            "<table><tr><td>Nom</td><td>Anne</td></tr></table>"
        ),
        {"reads": ("Nom", "Anne")},
    )
    yield (
        kind,
        html("<p>Un<p>Deux<li>Trois<b>Quatre<i>Cinq</b>Six"),
        {"reads": ("Un", "Deux", "Trois", "Quatre", "Cinq", "Six")},
    )
    yield kind, html("<pre>colonne a   b\nligne 2</pre>"), {"reads": ("ligne 2",)}


def _huge():
    kind = "huge"
    lines = "".join(f"> ligne {n} de la vieille histoire\n" for n in range(40_000))
    yield (
        kind,
        mail(part(f"Court\n\nLe 19/11/2026 à 10:00, Shop a écrit :\n{lines}")),
        {
            "shown": ("Court",),
            "folded": ("ligne 7 ",),
        },
    )
    yield kind, html("<p>Début</p>" + "<div>" * 20_000 + "fond"), {"reads": ("Début", "fond")}
    huge = "<p>Début</p>" + "<p>mot</p>" * 1_000_000
    yield (
        kind,
        mail(part(huge, "text/html")),
        {
            "reads": ("Début",),
            "files": (("message.html", huge.encode()),),
            "expect": {"is_truncated": True},
        },
    )
    yield kind, html("<p>Début</p><b " + "a " * 200_000 + ">fond</b>"), {"reads": ("Début",)}
    chain = "".join(
        f'<div class="gmail_quote">Le 19/11/2026 à 10:00, S{n} a écrit :'
        '<blockquote class="gmail_quote">'
        for n in range(300)
    )
    yield kind, html(f"<p>Court</p>{chain}vieux"), {"shown": ("Court",), "folded": ("vieux",)}
