import pytest

from protocol.rate_limit import Quota, most_calls


def test_headers():
    quota = Quota(limit=100, window=60, used=50, elapsed=30)
    assert quota.headers() == {
        "RateLimit-Policy": '"default";q=100;w=60',
        "RateLimit": '"default";r=50;t=30',
    }


@pytest.mark.parametrize("used, exceeded, remaining", [(1, False, 1), (2, False, 0), (3, True, 0), (9, True, 0)])
def test_exceeded(used, exceeded, remaining):
    quota = Quota(limit=2, window=60, used=used, elapsed=0)
    assert quota.is_exceeded is exceeded
    assert f";r={remaining};" in quota.headers()["RateLimit"]


@pytest.mark.parametrize("elapsed, reset", [
    (0, 60), (0.1, 60), (59.2, 1), (60, 1), (61, 1),
    (-0.2, 60),  # a call that waited for another one is older than its window
])
def test_reset_is_rounded_up(elapsed, reset):
    assert Quota(limit=1, window=60, used=1, elapsed=elapsed).reset == reset


@pytest.mark.parametrize("limit, window, seconds, calls", [
    (100, 60, 60, 100), (100, 60, 3600, 6000), (100, 60, 90, 200),
    (100, 3600, 60, 100),  # all of them at once
])
def test_the_most_calls_within_some_time(limit, window, seconds, calls):
    assert most_calls(limit, window, seconds) == calls
