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

    def test_the_page_holds_our_settings(self):
        arch = self.env["res.config.settings"].get_view(view_type="form")["arch"]
        self.assertIn("json2_flat_create", arch)
        self.assertIn("json2_traceback", arch)
