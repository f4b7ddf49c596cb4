_BARS = "▁▂▃▄▅▆▇█"


def sparkline(counts):
    """Draw numbers as a line of bars, each of them relative to the highest.

    :param list[int] counts: not negative
    :return: one character for each number; a flat line when all are zero
    :rtype: str
    """
    highest = max(counts, default=0) or 1
    return "".join(_BARS[round(count / highest * (len(_BARS) - 1))] for count in counts)
