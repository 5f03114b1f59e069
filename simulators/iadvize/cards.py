"""Cards that an app pushes into a conversation, as iAdvize checks them."""


def check_card(given):
    """:param dict given: what was pushed; :return dict: the card
    :raises ValueError: what iAdvize would refuse: at least one action, of type LINK"""
    if not isinstance(given, dict):
        raise ValueError("a card is an object")
    actions = given.get("actions")
    if not isinstance(actions, list) or not actions:
        raise ValueError("actions: at least one")
    for action in actions:
        if not isinstance(action, dict) or action.get("type") != "LINK":
            raise ValueError("actions: of type LINK")
        if not action.get("title") or not _is_link(action.get("url")):
            raise ValueError("actions: with a title and the URL of a page")
    card = {
        "actions": [
            {"type": "LINK", "title": str(one["title"]), "url": one["url"]} for one in actions
        ]
    }
    for name in ("title", "text"):
        if given.get(name):
            card[name] = str(given[name])
    image = given.get("image")
    if image:
        if not isinstance(image, dict) or not _is_link(image.get("url")):
            raise ValueError("image: with the URL of a picture")
        card["image"] = {"url": image["url"], "description": str(image.get("description") or "")}
    return card


def check_bundle(given):
    """:param dict given: ``cards`` and perhaps a ``title``; :return dict: :raises ValueError:"""
    if not isinstance(given, dict) or not isinstance(given.get("cards"), list):
        raise ValueError("cards: a list")
    if not given["cards"]:
        raise ValueError("cards: at least one")
    bundle = {"cards": [check_card(one) for one in given["cards"]]}
    if given.get("title"):
        bundle["title"] = str(given["title"])
    return bundle


def _is_link(url):
    return isinstance(url, str) and url.startswith(("https://", "http://"))
