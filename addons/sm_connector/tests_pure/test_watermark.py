"""The newest change read, and what the next delta asks from."""

import pytest

from odoo.addons.sm_connector.formats import FileError
from odoo.addons.sm_connector.transports.watermark import Newest, earlier, instant


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        ("2026-11-02T10:15:00", "2026-11-02T10:15:01"),
        ("2026-11-02 09:59:59.999999", "2026-11-02 10:00:00"),
        ("2026-11-02T10:15:00.5", "2026-11-02T10:15:00.75"),
        ("31/10/2026 23:59", "01/11/2026 00:00"),
        ("01/12/2025", "02/11/2026"),
        ("2026-11-01", "2026-11-02"),
        ("999", "1000"),
        # the zone counts, not the digits
        ("2026-11-02T10:15:00+02:00", "2026-11-02T10:00:00+01:00"),
        ("2026-11-02T10:15:00+02", "2026-11-02T08:16:00Z"),
    ],
)
def test_order(older, newer):
    assert instant(older) < instant(newer)


@pytest.mark.parametrize(
    "text", ["", "hier", "31/02/2026", "2026-13-01", "1e9", "-5", "²", "x" * 9]
)
def test_no_mark(text):
    assert instant(text) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-02T10:15:00", "2026-11-02T10:00:00"),
        ("2026-11-02 00:05:00", "2026-11-01T23:50:00"),
        ("2026-11-02T10:15:00Z", "2026-11-02T10:00:00Z"),
        ("2026-11-02T10:15:00+01:00", "2026-11-02T10:00:00+01:00"),
        ("2026-11-02 10:15:00+01", "2026-11-02T10:00:00+01:00"),
        ("02/11/2026 10:15", "2026-11-02T10:00:00"),
        ("02/11/2026 10:15:30", "2026-11-02T10:00:30"),
        ("02/11/2026", "2026-11-01T23:45:00"),
        ("12345", "12345"),
    ],
)
def test_earlier(text, expected):
    assert earlier(text, 15) == expected
    assert instant(expected) <= instant(text)


class Rows:
    header = ["Code", "Modifié le"]
    rows = 0

    def __init__(self, *cells):
        self.cells = cells

    def __iter__(self):
        for number, cell in enumerate(self.cells, 1):
            self.rows = number
            yield number, [str(number), cell]


def newest(*cells):
    reader = Newest(Rows(*cells), "Modifié le", "x.csv")
    assert [row for row, _cells in reader] == list(range(1, len(cells) + 1))
    assert reader.rows == len(cells)
    return reader.watermark


def test_newest():
    assert newest() == ""
    assert newest("", "n/a") == ""
    assert newest("02/11/2026 10:15", "31/12/2025 23:59", "", " 02/11/2026 10:16 ") == (
        "02/11/2026 10:16"
    )
    assert newest("5", "12", "7") == "12"


def test_a_mistake_in_the_future_does_not_stop_everything():
    assert newest("2026-11-02T10:00:00", "2099-01-01T00:00:00") == "2026-11-02T10:00:00"


def test_unknown_column():
    with pytest.raises(FileError) as caught:
        Newest(Rows(), "Changé le", "x.csv")
    assert caught.value.cause == "columns"
