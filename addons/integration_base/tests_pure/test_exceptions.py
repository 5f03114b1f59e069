import pickle

import pytest

from odoo.addons.integration_base.exceptions import (
    AuthError,
    IntegrationError,
    PayloadError,
    RejectedError,
    RetryableError,
)


@pytest.mark.parametrize("kind", [AuthError, PayloadError, RejectedError, RetryableError])
def test_one_family(kind):
    error = kind("does not work")
    assert isinstance(error, IntegrationError)
    assert str(error) == error.message == "does not work"
    assert str(kind()) == kind.__name__, "an error without text still says something"


def test_what_they_carry():
    assert RetryableError("later", retry_after=1.5).retry_after == 1.5
    assert RetryableError("later").retry_after is None
    assert RejectedError("no", code=404).code == 404
    assert RejectedError("no").code is None


def test_survive_pickling():
    """Between processes: worker pools send exceptions pickled."""
    error = pickle.loads(pickle.dumps(RetryableError("later", retry_after=3)))
    assert (error.message, error.retry_after) == ("later", 3)
