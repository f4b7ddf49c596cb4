"""Before a key expires, its user and its maker are told, once for each of the days in the settings."""
from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.tests import TransactionCase, new_test_user, tagged
from odoo.tools import mute_logger

LOGGER = "odoo.addons.json2_backport.models.json2_api_key"


@tagged("post_install", "-at_install")
class TestWarnings(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.maker = new_test_user(cls.env, "json2_maker", "base.group_system", email="maker@example.com")
        cls.user = new_test_user(cls.env, "json2_user", "base.group_user", email="user@example.com")
        cls.env["json2.api.key"].search([]).unlink()
        cls.env.company.email = "company@example.com"

    def setUp(self):
        super().setUp()
        self.sent = []
        self.startPatcher(patch.object(
            type(self.env["ir.mail_server"]), "send_email", lambda _servers, message, **_options: self.sent.append(message)))

    def make(self, days, user=None, **values):
        date = fields.Datetime.now() + timedelta(days=days)
        keys = self.env["json2.api.key"].with_user(self.maker)
        return keys._generate("Shop", user or self.user, date, **values)[0].sudo()

    def warn(self):
        """Run the cron; return the subjects of what it sent."""
        self.sent.clear()
        self.env["json2.api.key"]._cron_warn()
        return [message["Subject"] for message in self.sent]

    def move(self, record, days):
        """Let time pass: the key comes nearer to its end, and no person has moved it."""
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE json2_api_key SET expiration_date = %s WHERE id = %s",
            [fields.Datetime.now() + timedelta(days=days), record.id])
        record.invalidate_recordset()

    def test_once_for_each_number_of_days(self):
        record = self.make(20)
        self.assertEqual(self.warn(), [])
        self.move(record, 14)
        self.assertEqual(self.warn(), ["The API key Shop expires in 14 days"])
        self.assertEqual(self.warn(), [])
        for days in (13, 8, 4):
            self.move(record, days)
            self.assertEqual(self.warn(), [])
        self.move(record, 3)
        self.assertEqual(self.warn(), ["The API key Shop expires in 3 days"])
        for days in (2, 1, 0.5, -1):
            self.move(record, days)
            self.assertEqual(self.warn(), [])

    def test_a_short_life_is_warned_of_once(self):
        """Of two warnings that are due at once, one is sent."""
        self.make(2)
        self.assertEqual(self.warn(), ["The API key Shop expires in 2 days"])
        self.assertEqual(self.warn(), [])

    def test_a_cron_that_was_not_run_for_days(self):
        record = self.make(20)
        self.move(record, 1)
        self.assertEqual(len(self.warn()), 1)
        self.assertEqual(self.warn(), [])

    def test_to_whom(self):
        self.make(10)
        self.warn()
        [message] = self.sent
        self.assertIn("user@example.com", message["To"])
        self.assertIn("maker@example.com", message["To"])
        self.assertIn("company@example.com", message["From"])

    def test_to_one_who_is_both(self):
        self.make(10, self.maker)
        self.warn()
        self.assertEqual(self.sent[0]["To"].count("maker@example.com"), 1)

    def test_what_it_says(self):
        record = self.make(10)
        self.warn()
        body = self.sent[0].get_body().get_content() if hasattr(self.sent[0], "get_body") else self.sent[0].as_string()
        for part in ("Shop", record.prefix, self.user.name, self.env.cr.dbname, "expires in 10 days", "Rotate"):
            self.assertIn(part, body)

    def test_nobody_to_tell(self):
        self.maker.email = self.user.email = False
        self.make(10)
        with self.assertLogs(LOGGER, "WARNING") as logs:
            self.assertEqual(self.warn(), [])
        self.assertIn("Nobody to warn", logs.output[0])

    def test_archived_and_expired_keys(self):
        self.make(10).active = False
        self.move(self.make(10), -1)
        self.assertEqual(self.warn(), [])

    def test_keys_that_never_expire(self):
        self.env["json2.api.key"]._generate("Shop", self.user)
        self.assertEqual(self.warn(), [])

    def test_of_an_archived_user(self):
        """A key that opens nothing needs no warning."""
        self.make(10)
        self.user.active = False
        self.assertEqual(self.warn(), [])

    def test_again_after_the_date_was_moved(self):
        record = self.make(10)
        self.assertEqual(len(self.warn()), 1)
        record.with_user(self.maker).expiration_date = fields.Datetime.now() + timedelta(days=60)
        self.assertEqual(self.warn(), [])
        self.move(record, 14)
        self.assertEqual(len(self.warn()), 1)
        record.with_user(self.maker).expiration_date = fields.Datetime.now() + timedelta(days=9)
        self.assertEqual(len(self.warn()), 1)

    def test_a_key_in_its_grace_period(self):
        """Whoever rotates a key knows that the old one ends."""
        self.make(60)._rotate()
        self.assertEqual(self.warn(), [])

    def test_days_from_the_settings(self):
        set_param = self.env["ir.config_parameter"].set_param
        for text, days, warned in (("30", 29, 1), ("30", 31, 0), ("5, 30; x", 29, 1), ("7 1", 6, 1), ("", 1, 0), ("0", 1, 0)):
            with self.subTest(text=text, days=days):
                self.env["json2.api.key"].search([]).unlink()
                set_param("json2_backport.warning_days", text)
                self.make(days)
                self.assertEqual(len(self.warn()), warned)

    def test_one_that_fails_does_not_stop_the_others(self):
        self.make(10), self.make(11)
        failed = []

        def fail(_servers, message, **_options):
            failed.append(message)
            raise ConnectionRefusedError

        with patch.object(type(self.env["ir.mail_server"]), "send_email", fail), mute_logger(LOGGER):
            self.env["json2.api.key"]._cron_warn()
        self.assertEqual(len(failed), 2)

    def test_the_cron_runs_it(self):
        self.make(10)
        self.env.ref("json2_backport.ir_cron_warn").ir_actions_server_id.run()
        self.assertEqual(len(self.sent), 1)

    def test_coloured_in_the_list(self):
        near, far, past = self.make(10), self.make(60), self.make(10)
        self.move(past, -1)
        rows = [(key.is_expiring, key.is_expired, key.expiration_text) for key in (near, far, past)]
        self.assertEqual(rows, [(True, False, "expires in 10 days"), (False, False, "expires in 60 days"),
                                (False, True, "expired")])
