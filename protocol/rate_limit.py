"""The fields ``RateLimit-Policy`` and ``RateLimit`` (draft-ietf-httpapi-ratelimit-headers-11, sections 3 and 4)."""
import math
from dataclasses import dataclass

# Seconds of each period that a limit can be for.
PERIODS = {"minute": 60, "hour": 3600, "day": 86400}

# The draft wants a name for each policy; ours has one at a time.
POLICY = "default"


@dataclass(frozen=True)
class Quota:
    """What a client has used of its limit in the running window.

    :param int limit: calls allowed in a window
    :param int window: length of a window, in seconds
    :param int used: calls of the running window, this one included
    :param float elapsed: seconds since the window began
    """

    limit: int
    window: int
    used: int
    elapsed: float

    @property
    def is_exceeded(self):
        """Whether this call was one too many.

        :rtype: bool
        """
        return self.used > self.limit

    @property
    def reset(self):
        """Seconds until the next window, rounded up: a client that waits that long is not refused for being early.

        :rtype: int
        """
        return min(max(math.ceil(self.window - self.elapsed), 1), self.window)

    def headers(self):
        """Return the two fields for an answer.

        :rtype: dict[str, str]
        """
        return {
            "RateLimit-Policy": f'"{POLICY}";q={self.limit};w={self.window}',
            "RateLimit": f'"{POLICY}";r={max(self.limit - self.used, 0)};t={self.reset}',
        }


def most_calls(limit, window, seconds):
    """Return how many calls a limit allows within some time.

    :param int limit: calls allowed in a window
    :param int window: length of a window, in seconds
    :param int seconds: the time
    :rtype: int
    """
    return limit * math.ceil(seconds / window)
