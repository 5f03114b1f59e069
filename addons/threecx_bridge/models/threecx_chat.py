from odoo import api, models

from ..threecx.report import CallReport
from .threecx_call_record import SILENT


class ThreecxCall(models.Model):
    """A chat of the telephone system's own chat is kept like a call that was answered."""

    _inherit = "threecx.call"

    @api.model
    def _record_chat(self, pbx, report):
        """Write down a chat that ended. Reports may be repeated.

        :param pbx: `threecx.pbx` the report is of
        :param ChatReport report:
        :return: the chat as a call; empty when the PBX is told to keep no chats
        :rtype: threecx.call
        """
        pbx_sudo = pbx.sudo()
        if not pbx_sudo.journal_chats:
            return self.browse()
        # sudo: a PBX writes what users only read
        calls_sudo = self.sudo().with_company(pbx_sudo.company_id).with_context(**SILENT)
        number = pbx_sudo._call_number(report.number)
        share = calls_sudo._cleaned(pbx_sudo, _share(report))
        self.env["threecx.call.slot"].sudo()._take(f"{pbx_sudo.id}/{share.key}")
        leg_sudo = calls_sudo._find_leg(pbx_sudo, share)
        if leg_sudo:
            return leg_sudo.call_id.with_env(self.env)
        chat_sudo = calls_sudo._create_call(pbx_sudo, share, number)
        chat_sudo.write(
            {
                "kind": "chat",
                # a visitor of the website has no number, and hides none
                "is_withheld": False,
                "number_display": number.display or report.email or report.name,
                "caller_name": report.name,
                "pbx_entity": report.entity,
                "transcript": report.messages,
            }
        )
        chat_sudo._add_leg(share)
        chat_sudo._match_email(report.email)
        chat_sudo._refresh(is_new=True)
        return chat_sudo.with_env(self.env)

    def _match_email(self, address):
        """Find out by the address whom a chat is about, when it is one contact's and nobody else's;
        otherwise the number tells."""
        found = self.env["res.partner"]._find_by_email(address) if address else []
        likely = [
            each.partner
            for each in found
            if each.reason == "email_exact"
            and each.partner.active
            and each.partner.company_id in (self.company_id.browse(), self.company_id)
        ]
        if len(likely) == 1:
            self._set_party("number", likely[0])

    def _log_sentence(self):
        """Override to tell a chat from a call."""
        if self.kind != "chat":
            return super()._log_sentence()
        return self.env._("Chat with %(name)s", name=self.caller_name or self.number_display or "?")


def _share(report):
    """The chat as the report of a call, with the agent who took it."""
    has_agent = bool(report.extension or report.agent_email)
    seconds = 0
    if has_agent and report.started and report.ended:
        seconds = max(0, round((report.ended - report.started).total_seconds()))
    return CallReport(
        source="journal",
        key=f"chat/{report.key}",
        direction="inbound",
        number=report.number,
        extension=report.extension,
        agent_email=report.agent_email,
        outcome="answered" if has_agent else "missed",
        started=report.started,
        answered=report.started if has_agent else None,
        ended=report.ended,
        talk_seconds=seconds,
        name=report.name,
        queue=report.queue,
        entity=report.entity,
    )
