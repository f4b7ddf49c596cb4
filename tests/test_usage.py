import re
from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import TransactionCase, new_test_user, tagged

from ..audit import rows


@tagged("post_install", "-at_install")
class TestUsage(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.user = new_test_user(cls.env, "json2_usage_user", "base.group_user,json2_backport.group_json2_user")
        cls.manager = new_test_user(cls.env, "json2_usage_manager", "base.group_user,json2_backport.group_json2_manager")
        cls.employee = new_test_user(cls.env, "json2_usage_employee", "base.group_user")
        with rows.unlocked(cls.env.cr):
            cls.env.cr.execute("DELETE FROM json2_api_log")

    def insert(self, count=1, days=0, **values):
        values = {
            "create_date": fields.Datetime.now() - timedelta(days=days), "status": 200, "outcome": "success", "repetitions": 1,
            "model": "res.partner", "method": "read", "duration": 10.0, "user_id": self.user.id, "key_name": "Shop", **values,
        }  # fmt: skip
        names = ", ".join(values)
        self.env.cr.execute(
            f"INSERT INTO json2_api_log ({names}) SELECT {', '.join(['%s'] * len(values))} FROM generate_series(1, %s)",
            [*values.values(), count],
        )

    def usage(self, user=None):
        action = self.env["json2.api.usage"].with_user(user or self.manager).action_open()
        self.assertEqual(action["res_model"], "json2.api.usage")
        return self.env["json2.api.usage"].with_user(user or self.manager).browse(action["res_id"])

    def table(self, html):
        return [re.findall(r"<td[^>]*>(.*?)</td>", row) for row in str(html).split("<tr>")[2:]]

    def test_numbers(self):
        self.insert(6, duration=10)
        self.insert(2, duration=50, status=404, outcome="client_error")
        self.insert(1, days=6, duration=30, status=500, outcome="server_error")
        self.insert(50, days=8)
        usage = self.usage()
        self.assertEqual((usage.calls, usage.errors), (9, 3))
        self.assertIn("21.1", usage.average_duration)
        self.assertEqual((len(usage.calls_graph), len(usage.errors_graph)), (7, 7))
        self.assertNotEqual(usage.calls_graph[0], usage.calls_graph[1])

    def test_nothing(self):
        usage = self.usage()
        self.assertEqual((usage.calls, usage.errors, usage.average_duration or ""), (0, 0, ""))
        self.assertEqual(self.table(usage.busiest_keys), [])

    def test_busiest_keys(self):
        self.insert(3, key_name="Shop")
        self.insert(5, key_name="Bank")
        self.insert(1, key_name=None, user_id=None)
        for number in range(12):
            self.insert(2, key_name=f"Key {number}")
        rows = self.table(self.usage().busiest_keys)
        self.assertEqual(rows[:2], [["Bank", "5"], ["Shop", "3"]])
        self.assertEqual(len(rows), 10)

    def test_slowest_methods(self):
        self.insert(3, method="read", duration=10)
        self.insert(1, method="create", duration=500)
        self.insert(1, method="create", duration=100)
        self.insert(1, model=None, method=None, duration=1)
        rows = self.table(self.usage().slowest_methods)
        self.assertEqual(rows, [["res.partner/create", "2", "300.0"], ["res.partner/read", "3", "10.0"], ["/", "1", "1.0"]])

    def test_texts_are_no_html(self):
        """The model and the method are what a client wrote into the URL."""
        self.insert(key_name="<script>alert(1)</script>", model="<img src=x onerror=alert(1)>", method='"><b>')
        usage = self.usage()
        for html in (usage.busiest_keys, usage.slowest_methods):
            self.assertNotIn("<script>", html)
            self.assertNotIn("<img", html)
            self.assertNotIn("<b>", html)

    def test_everybody_sees_his_own(self):
        self.insert(2)
        self.insert(3, user_id=self.manager.id, key_name="Another", method="secret_method")
        self.insert(4, user_id=None, key_name=None)
        usage = self.usage(self.user)
        self.assertEqual(usage.calls, 2)
        self.assertEqual(self.table(usage.busiest_keys), [["Shop", "2"]])
        self.assertNotIn("secret_method", usage.slowest_methods)
        self.assertEqual(self.usage().calls, 9)
        with self.assertRaises(AccessError):
            self.usage(self.employee)

    def test_a_page_of_another(self):
        """It holds nothing: the sums are those of whoever reads it."""
        self.insert(2)
        self.insert(3, user_id=self.manager.id)
        usage = self.usage()
        self.assertEqual(usage.calls, 5)
        self.assertEqual(usage.with_user(self.user).calls, 2)

    def test_the_page_can_be_read_as_the_web_client_does(self):
        self.insert(2)
        usage = self.usage()
        names = list(usage._fields)
        self.assertEqual(usage.read(names)[0]["calls"], 2)
        usage.get_view(view_type="form")

    def test_buttons(self):
        self.insert(2)
        self.insert(1, status=404, outcome="client_error")
        for user in (self.user, self.manager):
            usage = self.usage(user)
            graph, errors = usage.action_graph(), usage.action_errors()
            self.assertEqual(graph["res_model"], "json2.api.log")
            self.assertEqual(graph["views"][0][1], "graph")
            self.assertEqual(errors["context"]["search_default_filter_errors"], 1)

    def test_views_of_the_log(self):
        """Each is found under its name, with the filters that people use."""
        logs = self.env["json2.api.log"].with_user(self.user)
        for kind in ("form", "search", "graph", "pivot", "list" if self.has_lists() else "tree"):
            self.assertTrue(logs.get_view(view_type=kind)["arch"])
        arch = logs.get_view(view_type="search")["arch"]
        for name in ("filter_today", "filter_errors", "filter_slow", "filter_mine", "group_key", "group_model", "group_status", "group_day"):
            self.assertIn(f'name="{name}"', arch)
        for name in ("ip", "request_id", "model", "user_id", "key_name"):
            self.assertIn(f'<field name="{name}"', arch)

    def has_lists(self):
        """Odoo 18 calls them so."""
        return "list" in dict(self.env["ir.ui.view"]._fields["type"].selection)

    def test_groups(self):
        """As the list, the graph and the pivot ask for them."""
        self.insert(2)
        self.insert(1, status=404, outcome="client_error", duration=40, key_name=None, user_id=None)
        logs = self.env["json2.api.log"].with_user(self.manager)
        for name in ("key_name", "user_id", "model", "method", "status", "ip", "create_date:day", "outcome"):
            with self.subTest(name):
                groups = logs.read_group([], ["duration:avg"], [name], lazy=False)
                self.assertEqual(sum(group["__count"] for group in groups), 3)
        (group,) = logs.read_group([], ["duration"], ["model"])
        self.assertAlmostEqual(group["duration"], 20)
        self.assertNotIn("status", logs.read_group([], ["status"], ["model"])[0])
