"""How the simulators serve: until interrupted, or in a thread of whoever needs one for a while."""

import asyncio
import threading
import time
from contextlib import contextmanager, suppress

from aiohttp import web

SSE_SECONDS = 15  # between two signs of life


def serve(simulator, host, port, ssl_context=None):
    """Serves until interrupted.

    :param simulator: anything with ``make_app()``; its ``url`` is set
    """
    # one that listens everywhere is asked for at 127.0.0.1, as whoever published its port to a
    # container does
    name = "127.0.0.1" if host == "0.0.0.0" else host
    simulator.url = f"{'https' if ssl_context else 'http'}://{name}:{port}"
    web.run_app(
        simulator.make_app(),
        host=host,
        port=port,
        ssl_context=ssl_context,
        access_log=None,
        print=lambda text: print(text, flush=True),
        shutdown_timeout=2,
    )


@contextmanager
def in_thread(simulator, host="127.0.0.1", port=0, ssl_context=None):
    """Serves in a thread of this process.

    :param simulator: anything with ``make_app()``; its ``url`` is set
    :return: the simulator, for the block
    """
    loop = asyncio.new_event_loop()
    runner = web.AppRunner(simulator.make_app(), access_log=None, shutdown_timeout=1)

    async def begin():
        await runner.setup()
        site = web.TCPSite(runner, host, port, ssl_context=ssl_context, reuse_address=True)
        await site.start()
        return runner.addresses[0][1]

    bound = loop.run_until_complete(begin())
    simulator.url = f"{'https' if ssl_context else 'http'}://{host}:{bound}"
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield simulator
    finally:
        asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def stream(simulator, request, say=lambda: "changed"):
    """Server-sent events: a word at each change, for a page.

    :param simulator: with ``watching()`` and ``is_closing``
    :param say: what is said, called at each change
    """
    response = web.StreamResponse(
        headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"}
    )
    await response.prepare(request)
    with simulator.watching() as changed:
        while not simulator.is_closing:
            changed.clear()
            try:
                await response.write(f"data: {say()}\n\n".encode())
                await asyncio.wait_for(changed.wait(), SSE_SECONDS)
            except asyncio.TimeoutError:
                continue
            except ConnectionError:
                break
    return response


async def noted(row, request, handler):
    """Answers a request, and notes how.

    :param dict row: of the list of requests; gets ``status`` and ``seconds``
    """
    began = time.monotonic()
    try:
        response = await handler(request)
        row["status"] = response.status
        return response
    except web.HTTPException as error:
        row["status"] = error.status
        raise
    finally:
        row["seconds"] = round(time.monotonic() - began, 4)


async def cut(request, handler, is_carried_out, *refusals):
    """Breaks the connection that a request came by.

    :param bool is_carried_out: before that, the request is
    :param refusals: classes of exceptions: the client learns nothing of them either
    :return Response: which nobody gets"""
    if is_carried_out:
        with suppress(*refusals):
            await handler(request)
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=499)
