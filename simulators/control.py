"""What the own APIs of the simulators, under ``/sim``, have in common."""

import json


async def read_json(request):
    """:return dict: body of a request; empty without one; :raises ValueError: it is no object"""
    content = json.loads(await request.text() or "{}")
    if not isinstance(content, dict):
        raise ValueError("an object is wanted")
    return content
