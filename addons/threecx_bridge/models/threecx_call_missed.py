from odoo import api, fields, models
from odoo.fields import Domain

ACTIVITY_TYPE = "mail.mail_activity_data_call"


class ThreecxCall(models.Model):
    """A missed call that nobody forgets: one activity, closed by whatever settles it."""

    _inherit = "threecx.call"

    # === WHAT FOLLOWS FROM A CALL === #

    def _follow_up(self):
        """Ask somebody to call back, or take that back, as the call now stands.

        Looks at all calls of the customer each time, so that it does not matter in which order
        they came in.
        """
        self.ensure_one()
        if self.direction == "internal" or self.is_withheld:
            return
        if self.partner_id:
            # he may call from another of his numbers at the same time
            self.env["threecx.call.slot"].sudo()._take(f"partner/{self.partner_id.id}")
        if self._has_reached():
            self._settle()
        elif self.state == "ended" and self._is_missed():
            if self.is_called_back:
                return
            settled_by = self._settled_by()
            if settled_by:
                self._close_missed(settled_by)
            else:
                self._ask_to_call_back()
        if self.activity_id and not self._is_missed():
            # it was taken after all, as a later report says
            self._drop_missed()

    def _is_missed(self):
        return self.direction == "inbound" and self.outcome in ("missed", "voicemail")

    def _has_reached(self):
        """Whether customer and colleague have spoken."""
        return self.outcome == "answered" or self.result == "reached"

    def _domain_same_party(self):
        """Calls with the same number, or with the same contact."""
        domain = Domain("number_key", "=", self.number_key) if self.number_key else Domain.FALSE
        if self.partner_id:
            domain |= Domain("partner_id", "=", self.partner_id.id)
        return domain & Domain("company_id", "=", self.company_id.id)

    def _settle(self):
        """Close the missed calls that came before somebody spoke to the customer."""
        missed = self.search(
            self._domain_to_call_back()
            & self._domain_same_party()
            & Domain("started", "<=", self.ended or fields.Datetime.now())
            & Domain("id", "!=", self.id)
        )
        if missed:
            missed._close_missed(self)

    def _settled_by(self):
        """The call after this one in which somebody spoke to the customer."""
        return self.search(
            self._domain_same_party()
            & (Domain("outcome", "=", "answered") | Domain("result", "=", "reached"))
            & Domain("direction", "!=", "internal")
            & Domain("started", ">=", self.started)
            & Domain("id", "!=", self.id),
            order="started, id",
            limit=1,
        )

    # === THE ACTIVITY === #

    def _open_missed(self):
        """Missed calls of the same customer that nobody has taken care of, this one included."""
        return self.search(self._domain_to_call_back() & self._domain_same_party(), order="id")

    def _ask_to_call_back(self):
        """Have one activity for all open missed calls of the customer."""
        missed = self._open_missed() | self
        activity = missed.activity_id.filtered("active")[:1]
        target = self._activity_target()
        if activity and (activity.res_model, activity.res_id) != (target._name, target.id):
            if not missed._is_worth_moving(activity, target):
                target = self.env[activity.res_model].browse(activity.res_id)
        values = missed._activity_values()
        if activity and (activity.res_model, activity.res_id) == (target._name, target.id):
            if not activity.user_id.active:
                values["user_id"] = self._activity_user().id
            activity.write(values)
        else:
            activity.unlink()
            user = self._activity_user()
            # the name of the record is kept with it, for this colleague to read
            target = target.with_context(lang=user.lang or self._log_lang(), tz=user.tz)
            activity = target.activity_schedule(ACTIVITY_TYPE, user_id=user.id, **values)
        (missed - missed.filtered(lambda call: call.activity_id == activity)).activity_id = activity

    def _is_worth_moving(self, activity, target):
        """From the call to whom it turned out to be about; between contacts only when none of the
        calls is about the former one any more."""
        if activity.res_model == self._name:
            return target._name != self._name
        places = [call._activity_target() for call in self]
        return (activity.res_model, activity.res_id) not in [(one._name, one.id) for one in places]

    def _activity_target(self):
        """Record the activity stands on: contact, else what it is about, else the call itself.

        :rtype: models.Model
        """
        about = self._record_about()
        for record in (self.partner_id, about):
            if record and hasattr(record, "activity_schedule"):
                return record
        return self

    def _activity_values(self):
        """Summary, note and deadline of the activity of some missed calls of one customer."""
        last = self.sorted("started")[-1:]
        call = last.with_context(lang=last._activity_user().lang or last._log_lang())
        number = call.number_display or call.number or ""
        if len(self) > 1:
            summary = call.env._(
                "Call back %(number)s (%(count)s tries)", number=number, count=len(self)
            )
        else:
            summary = call.env._("Call back %(number)s", number=number)
        if any(one.outcome == "voicemail" for one in self):
            summary = call.env._("%(summary)s, left a voicemail", summary=summary)
        today = fields.Date.context_today(last.with_context(tz=last._activity_user().tz))
        return {"summary": summary, "date_deadline": today}

    def _activity_user(self):
        """Who is asked to call back: owner of the contact or lead, else leader of the team, else
        the person named on the telephone system.

        :rtype: res.users
        """
        partner = self.partner_id
        about = self._record_about()
        owners = [partner.user_id, partner.commercial_partner_id.user_id]
        if about is not None and about._name == "crm.lead":
            owners.append(about.user_id)
        pbx = self.pbx_id
        owners += [pbx.team_id.user_id, pbx.fallback_user_id, pbx.responsible_id]
        for owner in owners:
            if owner.active and not owner.share:
                return owner
        return self.env.ref("base.user_admin")

    def _close_missed(self, by=None, feedback=None):
        """Nobody has to call back any more.

        :param by: the call that settled it
        :param str feedback: what settled it, when it was no call
        """
        activities = self.activity_id.filtered("active")
        self.write({"is_called_back": True, "closed_by_id": by.id if by else False})
        for activity in activities:
            lang = activity.user_id.lang or self.env.lang
            text = feedback
            if by:
                text = by.with_context(lang=lang)._close_text()
            author = by.user_id if by and by.user_id else self.env.user
            activity = activity.with_user(author).sudo().with_context(lang=lang)
            activity.action_feedback(feedback=text)

    @api.model
    def _close_written(self, domain):
        """Nobody has to call back customers who reached us in writing.

        :param Domain domain: calls of these customers
        """
        missed = self.search(self._domain_to_call_back() & domain)
        if missed:
            missed._close_missed(feedback=self.env._("The customer wrote a message."))

    def _close_text(self):
        return self.env._("Settled by: %(call)s", call=self._log_sentence())

    def _drop_missed(self):
        """The call was not missed after all."""
        activity = self.activity_id
        self.activity_id = False
        rest = self._open_missed() - self
        if rest.filtered(lambda call: call.activity_id == activity):
            activity.write(rest._activity_values())
        elif activity.active:
            activity.unlink()

    # === BUTTONS === #

    def action_close_missed(self):
        """Say that nobody has to call back any more."""
        self.check_access("write")
        # sudo: what was reported stays as it is; only the follow-up is closed
        missed = self.sudo()
        for call in missed.filtered("is_to_call_back"):
            call._open_missed()._close_missed(feedback=self.env._("No call back needed."))
        return True
