from datetime import timedelta

from markupsafe import Markup

from odoo import fields, models

#: A call that comes in later than this is shown in the chatter at its own time.
LATE = timedelta(minutes=10)


class ThreecxCall(models.Model):
    """One line in the chatter of whom a call is about."""

    _inherit = "threecx.call"

    def unlink(self):
        """Override: the line says when, how long and what about; that goes with the call."""
        # sudo: whoever may delete a call need not see whom it was about
        lines_sudo = self.sudo().log_message_ids
        res = super().unlink()
        lines_sudo.unlink()
        return res

    def _sync_log(self):
        """Keep exactly one line on the record and on the contact, as soon as the call is over.

        What becomes known later (a recording, what the colleague noted) changes the line. A call
        that was only attempted gets one when the colleague says what came of it.
        """
        self.ensure_one()
        if self.direction == "internal" or not self._is_told():
            return
        targets = {(record._name, record.id): record for record in self._log_targets()}
        lines = {(line.model, line.res_id): line for line in self.log_message_ids}
        gone = [line.id for place, line in lines.items() if place not in targets]
        if not targets and not gone:
            return
        body = self._log_body()
        added = self.env["mail.message"]
        for place, record in targets.items():
            if place not in lines:
                added += self._log_on(record, body)
            elif lines[place].body != body:
                lines[place].body = body
        if gone:
            self.env["mail.message"].browse(gone).unlink()
        if added:
            self.log_message_ids += added

    def _is_told(self):
        """Whether there is something to tell of the call."""
        return self.state == "ended" or bool(self.result)

    def _log_targets(self):
        """Records whose chatter shows the call.

        :rtype: list[models.Model]
        """
        if self.match_kind == "none":
            return []
        records = [self.partner_id, self._record_about()]
        return [record for record in records if record and hasattr(record, "_message_log")]

    def _log_on(self, record, body):
        author = self.user_id.partner_id or self.env.ref("base.partner_root")
        line = record._message_log(
            body=body, author_id=author.id, email_from=author.email_formatted
        )
        if self.started < fields.Datetime.now() - LATE:
            line.date = self.ended or self.started
        return line

    def _log_lang(self):
        """Language of the line: of the colleague, else of the company."""
        return self.user_id.lang or self.company_id.partner_id.lang or self.env.lang

    def _log_body(self):
        """The line, in the language of the colleague.

        :rtype: Markup
        """
        call = self.with_context(lang=self._log_lang())
        arrow = "fa-arrow-down" if self.direction == "inbound" else "fa-arrow-up"
        details = call._log_details()
        text = Markup(
            '<p><i class="fa fa-phone me-1"></i><i class="fa %s me-1"></i>'
            '<a href="#" data-oe-model="threecx.call" data-oe-id="%s">%s</a>%s</p>'
        ) % (
            arrow,
            self.id,
            call._log_sentence(),
            Markup("<br>%s") % " · ".join(details) if details else "",
        )
        if self.note:
            text += Markup('<p style="white-space: pre-line;">%s</p>') % self.note
        return text

    def _log_sentence(self):
        """What happened, in one sentence.

        :rtype: str
        """
        number = self.number_display or self.env._("a withheld number")
        names = {"number": number, "length": self._talk_text()}
        is_inbound = self.direction == "inbound"
        if self.kind == "chat":
            return self.env._("Chat with %(who)s", who=self._other_side())
        if self.outcome == "answered" and self.talk_seconds:
            if is_inbound:
                return self.env._("Call from %(number)s, %(length)s", **names)
            return self.env._("Call to %(number)s, %(length)s", **names)
        if self.outcome == "voicemail":
            if is_inbound:
                return self.env._("Missed call from %(number)s, who left a voicemail", **names)
            return self.env._("Call to %(number)s, the voicemail answered", **names)
        if self.outcome == "missed":
            return self.env._("Missed call from %(number)s", **names)
        if self.outcome == "no_answer":
            return self.env._("Call to %(number)s, nobody answered", **names)
        if self.outcome == "failed":
            return self.env._("Call to %(number)s, which did not come about", **names)
        if is_inbound:
            return self.env._("Call from %(number)s", **names)
        return self.env._("Call to %(number)s", **names)

    def _log_details(self):
        """Who, on behalf of which queue, what came of it, and whether it can be listened to."""
        details = []
        if self.user_id and self.outcome == "answered" and self.direction == "inbound":
            details.append(self.env._("answered by %(user)s", user=self.user_id.name))
        if self.queue:
            details.append(self.env._("queue %(queue)s", queue=self.queue))
        if self.result and self.result != self.outcome:  # what the sentence says already
            details.append(
                dict(self._fields["result"]._description_selection(self.env))[self.result]
            )
        if self.has_recording:
            details.append(self.env._("recorded"))
        return details

    def _talk_text(self):
        """Length of the talk: "3 min 20 s".

        :rtype: str
        """
        minutes, seconds = divmod(self.talk_seconds, 60)
        if minutes:
            return self.env._("%(minutes)s min %(seconds)s s", minutes=minutes, seconds=seconds)
        return self.env._("%(seconds)s s", seconds=seconds)
