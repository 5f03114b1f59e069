"""Working time between two moments, against counting minute by minute."""

import random
from datetime import datetime, timedelta

from odoo.addons.crm_ticket.tools.work_clock import WorkClock

MONDAY = datetime(2026, 3, 23)


def week(monday=MONDAY, days=5):
    """Nine to twelve, one to five."""
    return [
        (day + timedelta(hours=start), day + timedelta(hours=end))
        for day in (monday + timedelta(days=number) for number in range(days))
        for start, end in ((9, 12), (13, 17))
    ]


def test_inside_one_interval():
    clock = WorkClock(week())
    assert clock.hours(MONDAY.replace(hour=9, minute=30), MONDAY.replace(hour=11)) == 1.5


def test_the_lunch_is_no_work():
    clock = WorkClock(week())
    assert clock.hours(MONDAY.replace(hour=11), MONDAY.replace(hour=14)) == 2


def test_before_and_after_all_intervals():
    clock = WorkClock(week())
    assert clock.hours(MONDAY - timedelta(days=9), MONDAY + timedelta(days=90)) == 35
    assert clock.hours(MONDAY - timedelta(days=9), MONDAY - timedelta(days=8)) == 0


def test_backwards_is_nothing():
    assert WorkClock(week()).hours(MONDAY.replace(hour=12), MONDAY.replace(hour=9)) == 0
    assert WorkClock().hours(MONDAY, MONDAY) == 0


def test_day_and_night():
    assert WorkClock().hours(MONDAY, MONDAY + timedelta(days=2)) == 48


def test_nobody_ever_works():
    assert WorkClock([]).hours(MONDAY, MONDAY + timedelta(days=2)) == 0


def test_any_two_moments_as_counted_by_the_minute():
    intervals = week()
    clock = WorkClock(intervals)
    source = random.Random(19)
    for _try in range(100):
        start = MONDAY + timedelta(minutes=source.randrange(-600, 6000))
        end = start + timedelta(minutes=source.randrange(0, 3000))
        counted, moment = 0, start
        while moment < end:
            counted += any(begin <= moment < stop for begin, stop in intervals)
            moment += timedelta(minutes=1)
        assert abs(clock.hours(start, end) * 60 - counted) < 1e-6, (start, end)
