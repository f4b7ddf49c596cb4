from odoo.tests import BaseCase, tagged

from ..models.sparkline import sparkline


@tagged("post_install", "-at_install")
class TestSparkline(BaseCase):
    def test_it_is_relative_to_the_highest(self):
        for counts, line in (
            ([], ""), ([0], "▁"), ([0] * 7, "▁▁▁▁▁▁▁"), ([1], "█"), ([5, 5, 5], "███"), ([0, 1], "▁█"),
            ([0, 1, 2, 3, 4, 5, 6, 7], "▁▂▃▄▅▆▇█"), ([0, 0, 0, 0, 0, 0, 1000000], "▁▁▁▁▁▁█"),
        ):
            with self.subTest(counts):
                self.assertEqual(sparkline(counts), line)

    def test_higher_is_never_lower(self):
        counts = list(range(50))
        self.assertEqual(sparkline(counts), "".join(sorted(sparkline(counts))))
