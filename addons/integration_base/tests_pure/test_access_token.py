"""A token is fetched when it is needed, and replaced once when it is refused."""

from types import SimpleNamespace

import pytest

from odoo.addons.integration_base.access_token import MemoryTokens, with_token
from odoo.addons.integration_base.exceptions import AuthError


class Tokens(MemoryTokens):
    margin = 60


class SignInError(AuthError):
    """The sign-in itself was refused."""


def fetching(lifetime=3600):
    fetched = []

    def fetch():
        fetched.append(f"token {len(fetched) + 1}")
        return SimpleNamespace(value=fetched[-1], lifetime=lifetime)

    return fetch, fetched


def test_kept_until_it_is_about_to_end():
    now = [0.0]
    tokens, (fetch, fetched) = Tokens(lambda: now[0]), fetching()
    now[0] = 3539
    assert tokens.get(fetch) == "token 1"
    now[0] += 3539
    assert tokens.get(fetch) == "token 1"
    now[0] += 1
    assert tokens.get(fetch) == "token 2"
    assert len(fetched) == 2


def test_one_that_ends_at_once_is_good_for_a_second():
    now = [0.0]
    tokens, (fetch, _fetched) = Tokens(lambda: now[0]), fetching(lifetime=10)
    assert tokens.get(fetch) == tokens.get(fetch) == "token 1"
    now[0] = 1
    assert tokens.get(fetch) == "token 2"


def test_a_newer_one_is_not_forgotten():
    tokens, (fetch, _fetched) = Tokens(), fetching()
    tokens.get(fetch)
    tokens.discard("an older one")
    assert tokens.get(fetch) == "token 1"
    tokens.discard("token 1")
    assert tokens.get(fetch) == "token 2"


def refusing(*refusals):
    """What is sent, refused so often; with what it was sent."""
    tokens, (fetch, fetched) = Tokens(), fetching()
    auth = SimpleNamespace(used="")
    left = list(refusals)

    def send():
        auth.used = tokens.get(fetch)
        if left:
            raise left.pop(0)
        return auth.used

    return send, auth, tokens, fetched


def test_refused_once():
    send, auth, tokens, fetched = refusing(AuthError("no", code=401))
    assert with_token(send, auth, tokens) == "token 2"


def test_refused_twice():
    send, auth, tokens, fetched = refusing(*(AuthError("no", code=401) for _n in range(2)))
    with pytest.raises(AuthError):
        with_token(send, auth, tokens)
    assert len(fetched) == 2


@pytest.mark.parametrize("error", [AuthError("no", code=403), SignInError("no", code=401)])
def test_another_token_would_not_help(error):
    send, auth, tokens, fetched = refusing(error)
    with pytest.raises(AuthError):
        with_token(send, auth, tokens, SignInError)
    assert len(fetched) == 1


def test_refused_without_a_token():
    send, auth, tokens, fetched = refusing()

    def refuse():
        raise AuthError("no", code=401)

    with pytest.raises(AuthError):
        with_token(refuse, auth, tokens)
    assert not fetched
