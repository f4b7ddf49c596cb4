"""Before a key expires, its user and its maker are told, once for each of the days in the settings."""
from datetime import timedelta
from email.utils import parseaddr
from unittest.mock import patch

from odoo import fields
from odoo.tests import TransactionCase, new_test_user, tagged
from odoo.tools import mute_logger

from ..models import json2_api_key

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
        self.unreachable = ()

        def send(_servers, message, **_options):
            if any(address in message["To"] for address in self.unreachable):
                raise ConnectionRefusedError
            self.sent.append(message)

        self.startPatcher(patch.object(type(self.env["ir.mail_server"]), "send_email", send))

    def make(self, days, user=None, **values):
        date = fields.Datetime.now() + timedelta(days=days)
        keys = self.env["json2.api.key"].with_user(self.maker)
        return keys._generate("Shop", user or self.user, date, **values)[0].sudo()

    def warn(self):
        """Run the cron; return the subjects of what it sent to the users of the keys."""
        self.sent.clear()
        self.env["json2.api.key"]._cron_warn()
        return [message["Subject"] for message in self.sent if "maker@example.com" not in message["To"]]

    def recipients(self):
        """Return the addresses that were written to."""
        return sorted(parseaddr(message["To"])[1] for message in self.sent)

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
        """A mail to each."""
        self.make(10)
        self.warn()
        self.assertEqual(self.recipients(), ["maker@example.com", "user@example.com"])
        for message in self.sent:
            self.assertIn("company@example.com", message["From"])

    def test_to_one_who_is_both(self):
        self.make(10, self.maker)
        self.warn()
        self.assertEqual(self.recipients(), ["maker@example.com"])

    def test_not_to_a_maker_who_has_left(self):
        self.make(10)
        self.maker.active = False
        self.warn()
        self.assertEqual(self.recipients(), ["user@example.com"])

    def test_what_it_says(self):
        record = self.make(10)
        self.warn()
        for message in self.sent:
            for part in ("Shop", record.prefix, self.user.name, self.env.cr.dbname, "expires in 10 days", "Rotate"):
                self.assertIn(part, message.get_content())

    def test_each_in_his_own_language(self):
        self.env["res.lang"]._activate_lang("es_ES")
        self.user.lang = "es_ES"
        self.make(10)
        self.warn()
        texts = {message["To"]: message["Subject"] + message.get_content() for message in self.sent}
        for text, own, other in (
            (next(text for to, text in texts.items() if "maker" in to), "expires in 10 days", "10 días"),
            (next(text for to, text in texts.items() if "user" in to), "10 días", "expires in"),
        ):
            self.assertEqual(text.count(own), 2, text)
            self.assertNotIn(other, text)

    def test_nobody_to_tell(self):
        self.maker.email = self.user.email = False
        self.make(10)
        with self.assertLogs(LOGGER, "WARNING") as logs:
            self.assertEqual(self.warn() + self.warn(), [])
        [line] = logs.output
        self.assertIn("Nobody to warn", line)

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
        record.expiration_date = fields.Datetime.now() + timedelta(days=60)
        self.assertEqual(self.warn(), [])
        self.move(record, 14)
        self.assertEqual(len(self.warn()), 1)
        record.expiration_date = fields.Datetime.now() + timedelta(days=9)
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
        """Whether it fails in the database or on the way to the mail server."""
        bad, good = self.make(10), self.make(11)
        real = type(bad)._warning

        def fail(key, user):
            if key == bad:
                self.env.cr.execute("SELECT 1 / 0")
            return real(key, user)

        with patch.object(type(bad), "_warning", fail), mute_logger(LOGGER, "odoo.sql_db"):
            self.assertEqual(self.warn(), ["The API key Shop expires in 11 days"])
        self.assertEqual((bad.warned_days, good.warned_days), (0, 14))
        self.assertEqual(self.warn(), ["The API key Shop expires in 10 days"])

    def test_texts_of_several_lines(self):
        """A header is one line, and what would be a header of its own stays a text."""
        record, other = self.make(10), self.make(11)
        # From a time when names could have several lines.
        self.env.cr.execute(
            "UPDATE json2_api_key SET name = %s WHERE id = %s", ["Shop\r\nBcc: all@example.com\n", record.id])
        record.invalidate_recordset(["name"])
        self.user.name = "User\nBcc: all@example.com"
        self.env.company.name = "Company\u2028Inc\x0b."
        self.assertEqual(sorted(self.warn()), [
            "The API key Shop Bcc: all@example.com expires in 10 days", "The API key Shop expires in 11 days"])
        for message in self.sent:
            self.assertEqual(message.keys(), ["From", "To", "Subject", "Content-Type", "Content-Transfer-Encoding", "MIME-Version"])
            self.assertEqual(len(message["From"].addresses), 1)
            self.assertEqual(len(message["To"].addresses), 1)
        self.assertEqual(self.warn(), [])
        self.assertTrue(other.warned_days)

    def test_what_could_not_be_sent_is_tried_again(self):
        """As long as it takes, and with what is true by then."""
        record = self.make(10)
        self.unreachable = ("user@", "maker@")
        for _run in range(2):
            with self.assertLogs(LOGGER, "ERROR") as logs:
                self.assertEqual(self.warn(), [])
            self.assertEqual(len(logs.output), 2)
        self.move(record, 9)
        self.unreachable = ()
        self.assertEqual(self.warn(), ["The API key Shop expires in 9 days"])
        self.assertEqual(self.recipients(), ["maker@example.com", "user@example.com"])
        self.assertEqual(self.warn() + self.sent, [])

    def test_nobody_is_told_twice_because_of_another(self):
        record = self.make(10)
        self.unreachable = ("user@",)
        for recipients in (["maker@example.com"], []):
            with mute_logger(LOGGER):
                self.warn()
            self.assertEqual(self.recipients(), recipients)
        self.unreachable = ()
        self.warn()
        self.assertEqual(self.recipients(), ["user@example.com"])
        self.move(record, 2)
        self.warn()
        self.assertEqual(self.recipients(), ["maker@example.com", "user@example.com"])

    def test_what_was_sent_is_remembered_at_once(self):
        """A server that stops in the middle has not forgotten whom it has written to."""
        self.make(10), self.make(11)
        with patch.object(json2_api_key, "commit_batch") as commit:
            self.warn()
        self.assertEqual(commit.call_count, 2)

    def test_the_cron_runs_it(self):
        self.make(10)
        self.env.ref("json2_backport.ir_cron_warn").ir_actions_server_id.run()
        self.assertEqual(len(self.sent), 2)

    def test_coloured_in_the_list(self):
        near, far, past = self.make(10), self.make(60), self.make(10)
        self.move(past, -1)
        rows = [(key.is_expiring, key.is_expired, key.expiration_text) for key in (near, far, past)]
        self.assertEqual(rows, [(True, False, "expires in 10 days"), (False, False, "expires in 60 days"),
                                (False, True, "expired")])
