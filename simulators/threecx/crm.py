"""The CRM side of the PBX: looks callers up when a call begins, journals it when it has ended.

Executing a template is the business of :mod:`~simulators.threecx.template_engine`; here is when.
*Unverified*: whether a call that was handed over, and a queue's missed call, are journaled once
for each extension (``each``) or once (``one``).
"""

import asyncio
import logging
from dataclasses import asdict
from datetime import datetime, timezone

from .template_engine import EndedCall, EndedChat, Engine, Template

_logger = logging.getLogger(__name__)
ONE, EACH = JOURNALS = ("one", "each")


class Crm:
    """:param Simulator simulator: whose calls are looked up and journaled"""

    def __init__(self, simulator):
        self.simulator = simulator
        self.engine = None
        self.journal = ONE
        self._tasks = {}
        simulator.exchange.observers.append(self._observe)

    def load(self, xml, parameters, journal=ONE, max_length=0):
        """:param xml: the template, bytes or text
        :param dict parameters: name -> value
        :raises ValueError: the PBX refuses the template or a parameter"""
        if not self.simulator.licence.has_template:
            raise ValueError(f"{self.simulator.licence.edition} has no CRM integration")
        if journal not in JOURNALS:
            raise ValueError(f"journal: one of {', '.join(JOURNALS)}")
        template = Template.parse(xml)
        version = self.simulator.licence.version
        self.engine = Engine(template, parameters, version, max_length)
        self.journal = journal

    def unload(self):
        self.engine = None

    def to_json(self):
        """:return dict: the template, its last requests and the matches that were thrown away"""
        if not self.engine:
            return {"loaded": False}
        template = self.engine.template
        return {
            "loaded": True,
            "name": template.name,
            "version": template.version,
            "warnings": list(template.warnings),
            "journal": self.journal,
            "exchanges": [
                {
                    "scenario": exchange.scenario,
                    "method": exchange.sent.method if exchange.sent else "",
                    "url": exchange.sent.url if exchange.sent else "",
                    "body": (exchange.sent.body or b"").decode() if exchange.sent else "",
                    "status": exchange.answer.status if exchange.answer else None,
                    "error": exchange.error,
                    "seconds": round(exchange.seconds, 4),
                }
                for exchange in self.engine.exchanges
            ],
            "discarded": [
                {"reason": reason, "outputs": outputs} for reason, outputs in self.engine.discarded
            ],
        }

    async def settled(self):
        """Waits until every look-up and journal so far has been made."""
        while self._tasks:
            await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    # -- what users of the client do -----------------------------------------------------------
    async def search(self, text):
        """:return list: of dict, the contacts"""
        contacts = await self._run(lambda engine: engine.search(text)) or []
        return [_shown(contact) for contact in contacts]

    async def create(self, first_name, last_name, email, number):
        """:return dict: the contact as the CRM answered it, or None"""
        contact = await self._run(lambda e: e.create(first_name, last_name, email, number))
        return _shown(contact) if contact else None

    async def chat(self, dn, messages, email="", number="", name="", seconds=300):
        """A chat with a visitor was closed."""
        extension = self.simulator.exchange.house.extensions[dn]
        now = self.simulator.exchange.clock.now()
        chat = EndedChat(
            messages,
            dn,
            _moment(now - seconds),
            _moment(now),
            number=number,
            email=email,
            name=name,
            agent_first_name=extension.first_name,
            agent_last_name=extension.last_name,
            agent_email=extension.email,
        )

        def report(engine):
            found = engine.lookup_email(email) if email else []
            known = EndedChat(**{**_fields(chat), "contact": found[0] if found else None})
            return engine.report_chat(known)

        await self._run(report)

    async def _run(self, function):
        if not self.engine or not self.simulator.licence.has_template:
            return None
        return await asyncio.to_thread(function, self.engine)

    # -- calls ---------------------------------------------------------------------------------
    def _observe(self, what, call):
        if what not in ("started", "ended") or not call.is_external:
            return
        if not self.engine or not self.simulator.licence.has_template:
            return
        before = self._tasks.get(call.id)
        step = self._look_up(call) if what == "started" else self._report(call, before)
        task = asyncio.get_running_loop().create_task(step)
        self._tasks[call.id] = task
        task.add_done_callback(lambda done: self._finish(call.id, done))

    def _finish(self, call_id, task):
        if self._tasks.get(call_id) is task:
            del self._tasks[call_id]
        if not task.cancelled() and task.exception():
            _logger.error("the template failed", exc_info=task.exception())

    async def _look_up(self, call):
        direction = call.direction.capitalize()
        contacts = await self._run(lambda engine: engine.lookup(call.number, direction))
        if contacts:
            found = {**_shown(contacts[0]), "matches": [_shown(one) for one in contacts]}
            call.crm_contact = contacts[0]
            self.simulator.exchange.show_contact(call, found)

    async def _report(self, call, before):
        if before:
            await asyncio.gather(before, return_exceptions=True)
        for ended in self.ended_calls(call):
            await self._run(lambda engine, ended=ended: engine.report_call(ended))

    def ended_calls(self, call):
        """:param Call call: past; :return list: of EndedCall, what is journaled of it"""
        shares = [share for share in call.shares if share.answered or share.outgoing]
        if not shares:
            rang = [share for share in call.shares if share.outcome in ("missed", "voicemail")]
            shares = rang if self.journal == EACH else rang[:1]
            if call.queue and self.journal == ONE:
                shares = []
        return [self._ended(call, share) for share in shares] or [self._ended(call, None)]

    def _ended(self, call, share):
        house = self.simulator.exchange.house
        dn = share.dn if share else (call.to if call.to in house.extensions else "")
        extension = house.extensions.get(dn)
        answered = share.answered if share else None
        kind = "Outbound" if answered else "Notanswered"
        if call.direction == "inbound":
            kind = "Inbound" if answered else "Missed"
        transcript, summary, mood = self.simulator.call_log.said(share) if share else ("",) * 3
        recording = share.recording_id if share else None
        return EndedCall(
            kind,
            call.number or "anonymous",
            dn,
            _moment(share.started if share else call.started),
            _moment(share.ended if share else call.ended),
            established=_moment(answered) if answered else None,
            agent_first_name=extension.first_name if extension else "",
            agent_last_name=extension.last_name if extension else "",
            agent_email=extension.email if extension else "",
            name=call.name,
            queue=call.queue,
            contact=call.crm_contact,
            recording_url=f"{self.simulator.url}/recordings/{recording}.wav" if recording else "",
            transcription=transcript or "",
            summary=summary or "",
            sentiment=str(mood or ""),
        )


def _shown(contact):
    return {**asdict(contact), "name": contact.name}


def _fields(instance):
    return {name: getattr(instance, name) for name in instance.__dataclass_fields__}


def _moment(seconds):
    return datetime.fromtimestamp(seconds, timezone.utc)
