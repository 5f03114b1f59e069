import json
import re
from unittest.mock import patch
from urllib.parse import urlsplit

from odoo.exceptions import ValidationError
from odoo.tests import tagged

from odoo.addons.integration_base.exceptions import RetryableError

from ..models import omni_iadvize_panel
from .common_panel import CONVERSATION, PanelCase


@tagged("post_install", "-at_install")
class TestPanel(PanelCase):
    """What the panel shows, and what can be done in it."""

    # === PAGE === #

    def test_page(self):
        response = self._page()
        self.assertEqual(response.status_code, 200)
        self.assertIn("panel.js?v=", response.text)
        self.assertIn("static.iadvize.com", response.text)
        self.assertTrue(self.panel_channel.panel_last_used)
        # nothing of a customer is on it
        self.assertNotIn("Dupont", response.text)

    def test_page_in_the_language_of_the_user(self):
        self.env["res.lang"]._activate_lang("fr_BE")
        self.user_rep.lang = "fr_BE"
        panels = type(self.env["omni.iadvize.panel"])
        langs = []
        original = panels._texts

        def texts(panel):
            langs.append(panel.env.lang)
            return original(panel)

        with patch.object(panels, "_texts", texts):
            response = self._page()
        self.assertEqual(langs, ["fr_BE"])
        self.assertIn('lang="fr-BE"', response.text)

    def test_script_says_only_what_the_server_gives(self):
        """Every word of the script is there, and none is there for nothing."""
        script = self.url_open("/omnichannel_inbox/static/panel/panel.js").text
        used = set(re.findall(r"\bT\.(\w+)", script))
        template = self._page().text
        used |= {"title", "no_script"} if "noscript" in template else set()
        self.assertEqual(used, set(self.env["omni.iadvize.panel"]._texts()))
        self.assertLess(len(script), 60_000)

    # === WHO === #

    def test_known(self):
        conversation = self._chat(self.customer, "strong")
        order = self._order()
        answer = self._ask("context")
        who = answer["who"]
        self.assertEqual((answer["state"], who["name"]), ("ready", "Marie Dupont"))
        self.assertTrue(who["is_certain"])
        self.assertEqual((who["level"], who["advice"]), ("strong", ""))
        self.assertTrue(who["reasons"])
        self.assertIn("tel:+32475123456", [fact["href"] for fact in who["facts"]])
        [shown] = answer["orders"]["items"]
        self.assertEqual(shown["name"], order.name)
        self.assertIn("2099", shown["expected"])
        self.assertTrue(shown["can_push"] and shown["can_tell"])
        self.assertEqual(answer["ticket"]["id"], conversation.case_id)
        # the rest of his card
        self.assertTrue(answer["more"])

    def test_the_same_costs_little(self):
        self._chat(self.customer, "strong")
        first = self._ask("context")
        panels = type(self.env["omni.iadvize.panel"])
        with patch.object(panels, "_who", side_effect=AssertionError):
            again = self._ask("context", etag=first["etag"])
        self.assertEqual(again, {"state": "same", "etag": first["etag"]})

    def test_evidence_comes_later(self):
        conversation = self._chat()
        first = self._ask("context")
        self.assertFalse(first["who"]["is_certain"])
        self.assertEqual(first["orders"], {"items": [], "more": 0})
        self.assertTrue(first["who"]["advice"])
        self._order()
        conversation.identity_id.with_user(self.user_rep)._confirm(self.customer)
        self.env.flush_all()
        second = self._ask("context", etag=first["etag"])
        self.assertEqual(second["state"], "ready")
        self.assertEqual(second["who"]["level"], "proved")
        self.assertEqual(len(second["orders"]["items"]), 1)

    def test_a_new_order_is_new(self):
        self._chat(self.customer, "strong")
        first = self._ask("context")
        self._order()
        self.env.flush_all()
        self.assertEqual(self._ask("context", etag=first["etag"])["state"], "ready")

    def test_orders_to_come_first(self):
        self._chat(self.customer, "strong")
        self._order(expected="2020-01-01 10:00:00")
        late = self._order(expected="2099-06-01 10:00:00")
        soon = self._order(expected="2098-06-01 10:00:00")
        self._order(state="cancel")
        items = self._ask("context")["orders"]["items"]
        self.assertEqual([item["id"] for item in items[:2]], [soon.id, late.id])
        self.assertEqual(len(items), 3)
        self.assertTrue(items[2]["is_past"])

    def test_perhaps(self):
        """Orders of whom it may be are shown to the colleague, marked, and cannot be used."""
        order = self._order()
        conversation = self._chat()
        self.env["omni.identity.suggestion"].create(
            {
                "identity_id": conversation.identity_id.id,
                "partner_id": self.customer.id,
                "evidence": [{"code": "order", "order": order.name}],
                "score": 60,
            }
        )
        conversation.identity_id.level = "weak"
        answer = self._ask("context")
        [candidate] = answer["who"]["candidates"]
        self.assertEqual(candidate["name"], "Marie Dupont")
        self.assertIn(order.name, candidate["reasons"][0])
        [shown] = candidate["orders"]
        self.assertEqual(shown["name"], order.name)
        self.assertFalse(shown["is_certain"] or shown["can_push"] or shown["can_tell"])
        self.assertEqual(answer["orders"]["items"], [])
        self.assertIn("not certain", self._refused("card", kind="order", id=order.id))
        self.assertIn("not certain", self._refused("answer", key=f"order:{order.id}"))

    # === NOT KNOWN YET === #

    def test_read_at_iadvize(self):
        self.on_read = lambda: self._chat(self.customer, "strong")
        self.assertEqual(self._ask("context")["state"], "ready")
        # by the system, not by the user
        self.assertEqual(self.reads, [(self.env.ref("base.user_root").id, CONVERSATION)])
        # not again for every look
        self._ask("context")
        self.assertEqual(len(self.reads), 1)

    def test_read_again_while_it_goes_on(self):
        conversation = self._chat(self.customer, "strong")
        self._ask("context")
        self.assertEqual(len(self.reads), 1)
        omni_iadvize_panel.reading.reset()
        conversation.is_open_there = False
        self._ask("context")
        self.assertEqual(len(self.reads), 1)

    def test_unknown(self):
        answer = self._ask("context")
        self.assertEqual((answer["state"], answer["etag"]), ("unknown", ""))
        self.assertIn("not know this conversation", answer["message"])
        self.assertIn("not know this conversation", self._refused("canned"))

    def test_iadvize_does_not_answer(self):
        def fail():
            raise RetryableError("timeout")

        self.on_read = fail
        self.assertIn("does not answer", self._ask("context")["message"])

    # === IDENTIFY === #

    def _found(self, term):
        return self._ask("identify", term=term)["candidates"]

    def test_identify(self):
        self._chat()
        order = self._order()
        for term in (
            order.name,
            order.name.lower(),
            f"commande {order.name}.",
            "marie@example.com",
            "0475 12 34 56",
            "+32 475 12.34.56",
            "dupont marie",
        ):
            with self.subTest(term):
                [candidate] = self._found(term)
                self.assertEqual(candidate["id"], self.customer.id)
                self.assertEqual(candidate["level"], "weak")
                self.assertTrue(candidate["reasons"])
                self.assertFalse(candidate["orders"][0]["is_certain"])

    def test_identify_two_pieces(self):
        self._chat()
        order = self._order()
        for term in (
            f"{order.name} marie@example.com",
            f"{order.name}, 0475 12 34 56",
            f"{order.name} 4000",
        ):
            with self.subTest(term):
                self.assertEqual(self._found(term)[0]["level"], "strong")
        self.assertEqual(self._found(f"{order.name} 5000")[0]["level"], "weak")
        # a name is on the order already: it adds nothing
        self.assertEqual(self._found(f"{order.name} Dupont")[0]["level"], "weak")

    def test_identify_with_what_the_visitor_gave(self):
        self._chat(email="marie@example.com")
        order = self._order()
        [candidate] = self._found(order.name)
        self.assertEqual(candidate["level"], "strong")
        self.assertEqual(len(candidate["reasons"]), 2)

    def test_identify_nobody(self):
        self._chat()
        answer = self._ask("identify", term="Zyxwvut")
        self.assertEqual(answer["candidates"], [])
        self.assertIn("Zyxwvut", answer["message"])
        self.assertEqual(self._found("x"), [])

    def test_identify_many(self):
        self._chat()
        for number in range(12):
            self._new_partner(f"Jan Peeters {number}")
        answer = self._ask("identify", term="Jan Peeters")
        self.assertEqual(len(answer["candidates"]), 8)
        self.assertTrue(answer["message"])

    def test_confirm_and_reject(self):
        conversation = self._chat()
        identity = conversation.identity_id
        self._ask("confirm", partner=self.customer.id)
        self.assertEqual((identity.partner_id, identity.level), (self.customer, "proved"))
        self.assertEqual(identity.evidence[0]["user"], self.user_rep.id)
        self._ask("reject", partner=self.customer.id)
        self.assertFalse(identity.partner_id)
        [candidate] = self._found("marie@example.com")
        self.assertIn("somebody else", candidate["reasons"][-1])

    # === ANSWERS === #

    def _canned(self, text="Hello {first_name}, {order} comes on {expected_date}.", **values):
        return self.env["mail.canned.response"].create(
            {
                "source": "date",
                "substitution": text,
                "group_ids": [(4, self.env.ref("crm_ticket.group_ticket_user").id)],
                **values,
            }
        )

    def test_canned(self):
        self._chat(self.customer, "strong")
        order = self._order()
        canned = self._canned("Hello {first_name},\n{order} & <b>more</b>")
        [answer] = self._ask("canned", term="date")["answers"]
        self.assertEqual(answer["text"], f"Hello Marie,\n{order.name} & <b>more</b>")
        self.assertEqual(answer["missing"], [])
        taken = self._ask("answer", key=f"canned:{canned.id}")
        self.assertEqual(taken["text"], answer["text"])

    def test_canned_while_not_certain(self):
        conversation = self._chat()
        order = self._order()
        conversation._case().order_ids = order
        canned = self._canned()
        answer = self._ask("answer", key=f"canned:{canned.id}")
        self.assertNotIn(order.name, json.dumps(answer))
        self.assertNotIn("2099", json.dumps(answer))
        self.assertEqual(len(answer["missing"]), 2)
        self.assertIn("certain", answer["missing"][0]["reason"])

    def test_canned_in_his_name(self):
        """Linked, but this conversation is not his: nothing is said of his orders."""
        conversation = self._chat(self.customer, "strong")
        conversation.partner_id = False
        order = self._order()
        canned = self._canned()
        self.assertFalse(self._ask("context")["who"]["is_certain"])
        answer = self._ask("answer", key=f"canned:{canned.id}")
        self.assertNotIn(order.name, json.dumps(answer))
        self.assertIn("not certain", self._refused("card", kind="order", id=order.id))

    def test_canned_in_the_language_of_the_chat(self):
        self.env["res.lang"]._activate_lang("fr_BE")
        self._chat()
        self._canned("Hello", omni_lang="en_US")
        self._canned("Bonjour", omni_lang="fr_BE")
        self.assertEqual(self._ask("canned", language="fr")["answers"][0]["text"], "Bonjour")
        self.assertEqual(self._ask("canned", language="en-GB")["answers"][0]["text"], "Hello")

    def test_canned_about_one_of_several_orders(self):
        conversation = self._chat(self.customer, "strong")
        self._order()
        order = self._order(expected="2098-03-04 10:00:00")
        key = f"canned:{self._canned().id}"
        answer = self._ask("answer", key=key)
        self.assertTrue(answer["asks_order"])
        chosen = self._ask("answer", key=key, order=order.id)
        self.assertEqual((chosen["missing"], chosen["asks_order"]), ([], False))
        self.assertIn(order.name, chosen["text"])
        self.assertIn("2098", chosen["text"])
        other = self._order(self._new_partner("Jan Other"))
        self.assertIn("not an order", self._refused("answer", key=key, order=other.id))
        conversation.identity_id.level = "weak"
        self.assertFalse(self._ask("answer", key=key)["asks_order"])
        self.assertIn("not certain", self._refused("answer", key=key, order=order.id))

    def test_draft(self):
        conversation = self._chat(self.customer, "strong")
        draft = self.env["omni.draft"].with_user(self.user_rep)._begin(conversation._case())
        draft._keep({"html": "<p>Dear Marie,</p><p>soon.</p>"})
        [answer] = [one for one in self._ask("canned")["answers"] if one["key"] == "draft"]
        self.assertEqual(answer["text"], "Dear Marie,\nsoon.")
        self.assertEqual(self._ask("answer", key="draft")["text"], answer["text"])
        # that of a colleague is his
        draft.sudo().user_id = self.user_leader
        self.assertIn("no longer", self._refused("answer", key="draft"))

    def test_nothing_written_elsewhere_tells_of_orders(self):
        """A draft for another conversation of the ticket, a canned answer with a number in it."""
        conversation = self._chat()
        name = self._order().name
        draft = self.env["omni.draft"].with_user(self.user_rep)._begin(conversation._case())
        draft._keep({"html": f"<p>{name} comes on Monday</p>"})
        keys = ("draft", f"canned:{self._canned(f'{name} is late').id}")
        for key in keys:
            self.assertIn(name, self._refused("answer", key=key))
        conversation.identity_id._confirm(self.customer)
        for key in keys:
            self.assertIn(name, self._ask("answer", key=key)["text"])

    def test_tell_the_date(self):
        self._chat(self.customer, "strong")
        order = self._order()
        text = self._ask("answer", key=f"order:{order.id}")["text"]
        self.assertIn(order.name, text)
        self.assertIn("2099", text)
        other = self._order(self._new_partner("Jan Other"))
        self.assertIn("not an order", self._refused("answer", key=f"order:{other.id}"))
        undated = self._order(expected=False)
        self.assertIn("no expected date", self._refused("answer", key=f"order:{undated.id}"))

    # === CARDS === #

    def test_order_card(self):
        self._chat(self.customer, "strong")
        order = self._order()
        card = self._ask("card", kind="order", id=order.id)["card"]
        [action] = card["actions"]
        self.assertEqual(action["type"], "LINK")
        self.assertIn(order.name, card["title"])
        parts = urlsplit(action["url"])
        self.assertEqual(parts.path, f"/my/orders/{order.id}")
        self.assertIn(f"access_token={order.access_token}", parts.query)
        # the customer sees it without signing in
        self.authenticate(None, None)
        shown = self.url_open(f"{parts.path}?{parts.query}")
        self.assertEqual(shown.status_code, 200)
        self.assertIn(order.name, shown.text)

    def test_no_card_of_a_draft_or_of_another_customer(self):
        self._chat(self.customer, "strong")
        self.assertIn(
            "nothing can be sent",
            self._refused("card", kind="order", id=self._order(state="draft").id),
        )
        other = self._order(self._new_partner("Jan Other"))
        self.assertIn("not an order", self._refused("card", kind="order", id=other.id))

    def test_article_card(self):
        self._chat()
        product = self.env["product.product"].create(
            {"name": "Sofa Oslo", "default_code": "SO/1 é"}
        )
        self.assertFalse(self._ask("context")["has_articles"])
        self.assertIn("nothing can be sent", self._refused("card", kind="article", id=product.id))
        self.panel_channel.panel_article_url = "https://shop.example/p/{reference}?from=chat"
        [found] = self._ask("articles", term="oslo so/1")["articles"]
        self.assertEqual(found["id"], product.id)
        card = self._ask("card", kind="article", id=product.id)["card"]
        self.assertEqual(card["title"], "Sofa Oslo")
        self.assertEqual(
            card["actions"][0]["url"], "https://shop.example/p/SO%2F1%20%C3%A9?from=chat"
        )
        self.assertTrue(self._ask("articles", term="nothing like this")["message"])

    # === TICKET === #

    def test_open_ticket(self):
        conversation = self._chat(self.customer, "strong", ticket=False)
        self.assertFalse(self._ask("context")["ticket"])
        self._ask("ticket")
        case = conversation._case()
        self.assertEqual(case.user_id, self.user_rep)
        self.assertEqual((case.partner_id, case.team_id), (self.customer, self.team))
        self.assertEqual(case.origin_channel_id, self.panel_channel)
        self.assertFalse(case.waiting_since, "he is answered at the desk")
        self._ask("ticket")
        self.assertEqual(conversation._case(), case)

    def test_put_into_an_open_ticket(self):
        conversation = self._chat(self.customer, "strong", ticket=False)
        other = self.env["crm.ticket"].create(
            {"name": "Sofa", "partner_id": self.customer.id, "team_id": self.team.id}
        )
        [shown] = self._ask("context")["tickets"]
        self.assertEqual(shown["id"], other.id)
        before = other._merge_values()
        answer = self._ask("ticket", ticket=other.id)
        self.assertEqual(conversation._case(), other)
        self.assertIn(other.number, answer["message"])
        [joined] = self._ask("context")["joined"]
        self.assertIn(self.user_rep.name, str(joined["reasons"]))
        answer = self._ask("part", join=joined["id"])
        self.assertIn(other.number, answer["message"])
        self.assertFalse(conversation._case(), "it had none before")
        self.assertEqual(other._merge_values(), before)
        self.assertTrue(other.active)

    def test_put_into_an_open_ticket_taken_back(self):
        conversation = self._chat(self.customer, "strong", ticket=False)
        other = self.env["crm.ticket"].create(
            {"name": "Sofa", "partner_id": self.customer.id, "team_id": self.team.id}
        )
        answer = self._ask("ticket", ticket=other.id)
        self._ask("undo", token=answer["undo"])
        self.assertFalse(conversation._case())
        self.assertFalse(self.env["omni.join"].search([("case_id", "=", other.id)]))

    def test_join_and_undo(self):
        conversation = self._chat(self.customer, "strong")
        case = conversation._case()
        other = self.env["crm.ticket"].create(
            {"name": "Sofa", "partner_id": self.customer.id, "team_id": self.team.id}
        )
        self.assertIn(other.id, [row["id"] for row in self._ask("context")["tickets"]])
        answer = self._ask("ticket", ticket=other.id)
        self.assertTrue(other.merged_into_id or case.merged_into_id)
        self._ask("undo", token=answer["undo"])
        self.assertFalse(other.merged_into_id or case.merged_into_id)

    def test_joined_is_explained_and_can_be_parted(self):
        conversation = self._chat(self.customer, "strong")
        case = conversation._case()
        other = self.env["crm.ticket"].create(
            {"name": "Sofa", "partner_id": self.customer.id, "team_id": self.team.id}
        )
        self.env["omni.inbox"].with_user(self.user_rep).join(case.id, other.id)
        [joined] = self._ask("context")["joined"]
        self.assertTrue(joined["text"] and joined["reasons"])
        self._ask("part", join=joined["id"])
        self.assertFalse(other.merged_into_id or case.merged_into_id)
        self.assertIn("already", self._refused("part", join=joined["id"]))

    def test_note(self):
        conversation = self._chat(self.customer, "strong")
        self._ask("note", text="He calls <back> tomorrow\n& pays")
        note = conversation._case().message_ids[0]
        self.assertIn("He calls &lt;back&gt; tomorrow<br", note.body)
        self.assertEqual(note.author_id, self.user_rep.partner_id)
        self.assertTrue(note.subtype_id.internal)
        self.assertIn("nothing in this note", self._refused("note", text="  "))

    # === SETTINGS === #

    def test_origins(self):
        channel = self.panel_channel
        channel.panel_origins = "https://ha.iadvize.com http://127.0.0.1:8074"
        for wrong in (
            "https://*.iadvize.com",
            "http://ha.iadvize.com",
            "https://ha.iadvize.com/",
            "https://ha.iadvize.com; script-src *",
            "*",
            "'self'",
            "https://a@ha.iadvize.com",
        ):
            with self.subTest(wrong), self.assertRaises(ValidationError):
                channel.panel_origins = wrong

    def test_library(self):
        for wrong in (
            "http://evil.example/x.js",
            "https://x.example",
            "https://x.example/a;b",
            "x",
        ):
            with self.subTest(wrong), self.assertRaises(ValidationError):
                self.panel_channel.panel_library_url = wrong

    def test_article_address(self):
        for wrong in (
            "javascript:alert({reference})",
            "https://shop.example/",
            "http://shop.example/{reference}",
            "https://{reference}/",
            'https://shop.example/{reference}"><script>',
        ):
            with self.subTest(wrong), self.assertRaises(ValidationError):
                self.panel_channel.panel_article_url = wrong

    def test_new_address(self):
        old = self.panel_channel.panel_token
        self.panel_channel.action_panel_renew()
        self.assertNotEqual(self.panel_channel.panel_token, old)
        self.assertEqual(self.url_open(f"/omni/panel/{old}").status_code, 404)
        self.assertEqual(self._page().status_code, 200)

    def test_copy_has_a_panel_of_its_own(self):
        copied = self.panel_channel.copy({"iadvize_user": "other@shop.example"})
        self.assertTrue(copied.panel_token)
        self.assertNotEqual(copied.panel_token, self.panel_channel.panel_token)
        self.assertFalse(copied.panel_secret)
