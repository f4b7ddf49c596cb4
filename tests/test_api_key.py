from datetime import timedelta
from unittest.mock import patch

from psycopg2 import IntegrityError

from odoo import fields
from odoo.tools import mute_logger

from .. import series
from ..protocol import key as key_format
from .common import Json2Case


class TestApiKey(Json2Case):
    def assert_refused(self, key):
        response = self.post("res.partner/search_count", {"domain": []}, key=key)
        self.assert_error(response, 401, "werkzeug.exceptions.Unauthorized", "Invalid apikey")

    def assert_accepted(self, key):
        response = self.post("res.partner/search_count", {"domain": []}, key=key)
        self.assertEqual(response.status_code, 200, response.text)

    def test_the_secret_is_not_stored(self):
        self.env.flush_all()
        self.env.cr.execute("SELECT row_to_json(json2_api_key)::text FROM json2_api_key")
        rows = " ".join(row for (row,) in self.env.cr.fetchall())
        self.assertIn(key_format.visible_part(self.key), rows)
        self.assertNotIn(self.key, rows)
        self.assertNotIn(self.key[len(key_format.visible_part(self.key)) :], rows)

    def test_the_digest_is_readable_by_nobody(self):
        response = self.post("json2.api.key/search_read", {"domain": [], "fields": ["name", "digest"]})
        self.assertEqual(response.status_code, 422, response.text)
        response = self.post("json2.api.key/search_count", {"domain": [["digest", "=like", "a%"]]})
        self.assertEqual(response.status_code, 422, response.text)
        response = self.post("json2.api.key/read", {"ids": self.key_record.ids})
        self.assertEqual(response.status_code, 200, response.text)
        self.assertFalse({"digest", "odoo_index", "odoo_hash"} & response.json()[0].keys())

    def test_digests_are_unique(self):
        with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"), self.env.cr.savepoint():
            self.env["json2.api.key"]._generate("Twin", self.admin)
            self.env.cr.execute("UPDATE json2_api_key SET digest = 'the same'")

    def test_unknown_and_mistyped(self):
        self.assert_accepted(self.key)
        self.assert_refused(key_format.generate())
        self.assert_refused(self.key[:-1] + ("a" if self.key[-1] != "a" else "b"))
        self.assert_refused("bad")
        self.assert_refused("j2_")

    def test_a_mistyped_key_costs_no_look_up(self):
        mistyped = self.key[:-1] + ("a" if self.key[-1] != "a" else "b")
        with self.assertQueryCount(0):
            self.assertIsNone(self.env["json2.api.key"]._authenticate(mistyped))

    def test_a_key_costs_one_look_up(self):
        self.env.flush_all()
        for key in (self.key, key_format.generate()):
            with self.assertQueryCount(1):
                self.env["json2.api.key"]._authenticate(key)

    def test_archived(self):
        self.key_record.active = False
        self.assert_refused(self.key)
        self.key_record.active = True
        self.assert_accepted(self.key)

    def test_archived_user(self):
        _, key = self.env["json2.api.key"]._generate("Employee", self.employee)
        self.assert_accepted(key)
        self.employee.active = False
        self.assert_refused(key)

    def test_expiration(self):
        now = fields.Datetime.now()
        self.key_record.expiration_date = now + timedelta(seconds=60)
        self.assert_accepted(self.key)
        # The clock of the database stands still in a test: it shows the beginning of its transaction.
        self.key_record.expiration_date = now - timedelta(hours=1)
        self.assert_refused(self.key)


class TestUserKey(Json2Case):
    """The users' own Odoo keys (Preferences, Account Security)."""

    def setUp(self):
        super().setUp()
        self.user_key = self.generate(None)

    def generate(self, scope):
        keys = self.env["res.users.apikeys"].with_user(self.employee).sudo()
        return series.generate_user_key(keys, scope, "Tests", None)

    def count(self, key):
        return self.post("res.partner/search_count", {"domain": []}, key=key)

    def test_accepted(self):
        self.assertEqual(self.count(self.user_key).status_code, 200)
        self.assertEqual(self.count(self.generate("rpc")).status_code, 200)

    def test_of_another_scope(self):
        self.assertEqual(self.count(self.generate("other")).status_code, 401)

    def test_hashed_once(self):
        keys = self.env["res.users.apikeys"]
        self.assertEqual(keys._json2_authenticate(self.user_key), self.employee.id)
        with patch.object(type(keys), "_check_credentials", side_effect=AssertionError), self.assertQueryCount(1):
            self.assertEqual(keys._json2_authenticate(self.user_key), self.employee.id)

    def test_deleted(self):
        self.assertEqual(self.count(self.user_key).status_code, 200)
        self.env["res.users.apikeys"].search([("user_id", "=", self.employee.id)]).sudo().unlink()
        self.assertEqual(self.count(self.user_key).status_code, 401)

    def test_replaced(self):
        """Another key under the id of a remembered one does not make that one valid."""
        self.assertEqual(self.count(self.user_key).status_code, 200)
        self.env.cr.execute(
            "UPDATE res_users_apikeys SET key = '$pbkdf2-sha512$6000$x$y' WHERE user_id = %s", [self.employee.id]
        )
        self.assertEqual(self.env["res.users.apikeys"]._json2_user_of(self.remembered()), None)

    def remembered(self):
        self.env.cr.execute("SELECT id FROM res_users_apikeys WHERE user_id = %s", [self.employee.id])
        return self.env.cr.fetchone()[0], "the hash that was verified"

    def test_archived_user(self):
        self.assertEqual(self.count(self.user_key).status_code, 200)
        self.employee.active = False
        self.assertEqual(self.count(self.user_key).status_code, 401)
