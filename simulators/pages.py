"""How the simulators serve their pages, and what all pages need: ``/static/shared/``."""

from pathlib import Path

from aiohttp import web

_SHARED = Path(__file__).with_name("static")


def add_pages(router, static, pages, headers=None):
    """:param Path static: folder of a simulator, served below ``/static``
    :param dict pages: names of files in it, by path; :param dict headers: of these"""

    def page(name):
        async def serve(_request):
            return web.FileResponse(static / name, headers=headers)

        return serve

    for path, name in pages.items():
        router.add_get(path, page(name))
    # before the folder that it seems to lie in
    router.add_static("/static/shared", _SHARED)
    router.add_static("/static", static)
