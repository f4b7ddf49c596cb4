import pytest

from protocol.sparkline import sparkline


@pytest.mark.parametrize("counts, line", [
    ([], ""), ([0], "▁"), ([0] * 7, "▁▁▁▁▁▁▁"), ([1], "█"), ([5, 5, 5], "███"), ([0, 1], "▁█"),
    ([0, 1, 2, 3, 4, 5, 6, 7], "▁▂▃▄▅▆▇█"), ([0, 0, 0, 0, 0, 0, 1000000], "▁▁▁▁▁▁█"),
])
def test_sparkline(counts, line):
    assert sparkline(counts) == line


def test_higher_is_never_lower():
    counts = list(range(50))
    assert sparkline(counts) == "".join(sorted(sparkline(counts)))
