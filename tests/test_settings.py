from odoo.exceptions import UserError
from odoo.tests import TransactionCase


class TestSettings(TransactionCase):
    def test_round_trip(self):
        settings = self.env["res.config.settings"].create({})
        self.assertTrue(settings.json2_flat_create)
        self.assertEqual(settings.json2_traceback, "dev")
        settings.write({"json2_flat_create": False, "json2_traceback": "never"})
        settings.execute()
        settings = self.env["res.config.settings"].create({})
        self.assertFalse(settings.json2_flat_create)
        self.assertEqual(settings.json2_traceback, "never")

    def test_limits(self):
        settings = self.env["res.config.settings"].create({})
        self.assertEqual(settings.json2_rate_limit, 0)
        self.assertEqual(settings.json2_rate_period, "minute")
        self.assertEqual(settings.json2_max_body_size, 10)
        settings.write({"json2_rate_limit": 5, "json2_rate_period": "day", "json2_max_body_size": 2.5})
        settings.execute()
        parameters = self.env["ir.config_parameter"]
        self.assertEqual(parameters.get_param("json2_backport.rate_limit"), "5")
        self.assertEqual(parameters.get_param("json2_backport.rate_period"), "day")
        self.assertEqual(parameters.get_param("json2_backport.max_body_size"), "2621440")
        self.assertEqual(self.env["res.config.settings"].create({}).json2_max_body_size, 2.5)

    def test_jsonrpc2(self):
        settings = self.env["res.config.settings"].create({})
        self.assertEqual(settings.json2_batch_limit, 100)
        self.assertFalse(settings.json2_password_login)
        settings.write({"json2_batch_limit": 0, "json2_password_login": True})
        settings.execute()
        settings = self.env["res.config.settings"].create({})
        self.assertEqual(settings.json2_batch_limit, 0)
        self.assertTrue(settings.json2_password_login)

    def test_allowed_origins(self):
        settings = self.env["res.config.settings"].create({})
        settings.json2_allowed_origins = " https://App.example.com/,http://localhost:3000 "
        settings.execute()
        stored = self.env["ir.config_parameter"].get_param("json2_backport.allowed_origins")
        self.assertEqual(stored, "https://app.example.com http://localhost:3000")

    def test_what_makes_no_sense(self):
        for name, value, message in (
            ("json2_rate_limit", -1, "The default rate limit cannot be negative"),
            ("json2_max_body_size", 0, "must be more than 0 MB"),
            ("json2_max_body_size", -1, "must be more than 0 MB"),
            ("json2_allowed_origins", "example.com", "example.com is not an origin"),
            ("json2_allowed_origins", "https://a.example/path", "https://a.example/path is not an origin"),
        ):
            with self.subTest(name=name, value=value), self.assertRaisesRegex(UserError, message):
                self.env["res.config.settings"].create({name: value}).execute()

    def test_the_page_holds_our_settings(self):
        arch = self.env["res.config.settings"].get_view(view_type="form")["arch"]
        for name in ("flat_create", "traceback", "rate_limit", "rate_period", "max_body_size", "allowed_origins"):
            self.assertIn(f'name="json2_{name}"', arch)
