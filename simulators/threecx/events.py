"""The websocket of Call Control: says which entity changed, never how."""

import asyncio
import json
import logging

from aiohttp import WSCloseCode, WSMsgType, web

_logger = logging.getLogger(__name__)
# EventType of call-control-examples, server/src/types.ts
UPSERT, REMOVE = 0, 1


def entity(leg):
    """:return str: path of a participant, as events name it and GET answers it"""
    return f"/callcontrol/{leg.dn}/participants/{leg.id}"


class Socket:
    """One connected listener, with what it has to be sent."""

    def __init__(self, response, transport):
        self.response = response
        self.transport = transport
        self.queue = asyncio.Queue()
        self.sent = 0

    def cut(self):
        """Ends the connection as a broken cable does: no closing frame."""
        self.transport.abort()


class Events:
    """Sends what happens to those who listen.

    :param Exchange exchange: whose legs are told
    :param Faults faults: what is lost, doubled or late
    """

    def __init__(self, exchange, faults):
        self.exchange = exchange
        self.faults = faults
        self.sockets = set()
        self._sequence = 0
        self._held = None
        exchange.observers.append(self._observe)

    async def handle(self, request):
        """GET /callcontrol/ws, with the token checked already. :return WebSocketResponse:"""
        response = web.WebSocketResponse(heartbeat=30)
        await response.prepare(request)
        socket = Socket(response, request.transport)
        self.sockets.add(socket)
        writer = asyncio.create_task(self._write(socket))
        try:
            async for message in response:
                if message.type == WSMsgType.TEXT:
                    await self._answer(response, message.data)
        finally:
            self.sockets.discard(socket)
            writer.cancel()
        return response

    def cut(self):
        """Cuts all connections. :return int: how many"""
        sockets = tuple(self.sockets)
        for socket in sockets:
            self.sockets.discard(socket)
            socket.cut()
        self.faults.counts["cuts"] += len(sockets)
        return len(sockets)

    async def close(self):
        for socket in tuple(self.sockets):
            await socket.response.close(code=WSCloseCode.GOING_AWAY)

    def attach(self, leg, data):
        """Tells that data was attached to a participant."""
        self._tell(UPSERT, leg, data)

    # -- sending -------------------------------------------------------------------------------
    def _observe(self, what, subject):
        if what == "upsert":
            self._tell(UPSERT, subject)
        elif what == "remove":
            self._tell(REMOVE, subject)

    def _tell(self, event_type, leg, data=None):
        if leg.dn not in self.exchange.house.visible():
            return
        times, late = self.faults.sends()
        held, self._held = self._held, None
        self._sequence += 1
        # WSEvent of call-control-examples, server/src/types.ts; attached_data is null on live ones
        event = {
            "sequence": self._sequence,
            "event": {"event_type": event_type, "entity": entity(leg), "attached_data": data},
        }
        if late and times and not held:
            self._held = event
            asyncio.get_running_loop().call_later(0.2, self._let_go, event)
            return
        for _time in range(times):
            self._send(event)
        if held:
            self._send(held)

    def _let_go(self, event):
        """Nothing came after it: an event that is late comes nevertheless."""
        if self._held is event:
            self._held = None
            self._send(event)

    def _send(self, event):
        for socket in self.sockets:
            socket.queue.put_nowait(event)

    async def _write(self, socket):
        while True:
            event = await socket.queue.get()
            try:
                await socket.response.send_str(json.dumps(event))
            except (ConnectionError, RuntimeError) as error:
                _logger.info("a listener is gone: %s", error)
                return
            socket.sent += 1
            limit = self.faults.cut_every_events
            if limit and socket.sent >= limit:
                self.sockets.discard(socket)
                self.faults.counts["cuts"] += 1
                socket.cut()
                return

    async def _answer(self, response, text):
        """Requests over the websocket (WebSocketRequest of types.ts) are not offered here: 3CX's
        sample client makes none either."""
        try:
            request = json.loads(text)
        except ValueError:
            request = {}
        answer = {
            "RequestID": request.get("RequestID") if isinstance(request, dict) else None,
            "Path": request.get("Path") if isinstance(request, dict) else None,
            "StatusCode": 501,
        }
        event = {"event_type": 4, "entity": "", "attached_data": answer}
        await response.send_str(json.dumps({"sequence": self._sequence, "event": event}))
