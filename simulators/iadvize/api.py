"""``/graphql``: who may ask, and in which form."""

import json

from aiohttp import web


class Api:
    """:param Simulator simulator: that is asked"""

    def __init__(self, simulator):
        self.simulator = simulator

    def add_routes(self, router):
        router.add_post("/graphql", self.graphql)

    async def graphql(self, request):
        """Wrong queries are answered with 400, in the dialect "flat" with 200: which of the two
        iAdvize does is not published."""
        login, views = self.simulator.login, self.simulator.views
        if not login.is_valid(request):
            return login.refusal()
        platform = request.query.get("platform", "ha")
        if platform != self.simulator.house.platform:
            # The token is good on both platforms, but everything lies on one of them.
            views = self.simulator.nowhere
        try:
            asked = json.loads(await request.text())
            query, variables = asked["query"], asked.get("variables") or {}
            if not isinstance(query, str) or not isinstance(variables, dict):
                raise ValueError("text and an object are wanted")
        except (ValueError, KeyError, TypeError, AttributeError):
            return web.json_response({"errors": [{"message": "Must provide query."}]}, status=400)
        content, is_done = views.server.run(query, variables, asked.get("operationName"))
        is_refused = not is_done and views.dialect.name == "typed"
        return web.json_response(content, status=400 if is_refused else 200)
