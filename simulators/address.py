"""Where a simulator says that it is."""


def own_url(host, port, scheme="http"):
    """:return str: address for links to itself; one that listens everywhere is asked for at
    127.0.0.1, as whoever published its port to a container does"""
    return f"{scheme}://{'127.0.0.1' if host == '0.0.0.0' else host}:{port}"
