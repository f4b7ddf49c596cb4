"""A key is replaced by a successor, by clicking and by the integration itself, and the old one dies a little later."""
import json
from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user

from .. import series
from ..protocol import key as key_format
from .common import Json2Case

MANAGER = "json2_backport.group_json2_manager"
USER = "json2_backport.group_json2_user"
ROTATE = "json2.api.key/rotate"
RESTRICTIONS = {"allowed_models": "json2.*, res.*", "allowed_methods": "*", "allowed_networks": "127.0.0.0/8"}
SOON = timedelta(seconds=20)


class RotationCase(Json2Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.user = new_test_user(cls.env, "json2_user", f"base.group_user,{USER}")
        cls.manager = new_test_user(cls.env, "json2_manager", f"base.group_user,{MANAGER}")

    def setUp(self):
        super().setUp()
        self.record, self.secret = self.make(self.user, 90, **RESTRICTIONS)

    def make(self, user, days=None, **values):
        """Return ``(record, secret)`` of a new key that lives for so many days."""
        expiration = days and fields.Datetime.now() + timedelta(days=days)
        return self.env["json2.api.key"]._generate("Shop", user, expiration, **values)

    def rotate(self, key, **body):
        """Rotate over HTTP; return ``(successor, answer)``."""
        response = self.post(ROTATE, body, key=key)
        self.assertEqual(response.status_code, 200, response.text)
        self.env.invalidate_all()
        return self.env["json2.api.key"].browse(response.json()["id"]), response.json()

    def age(self, record, days):
        """Make a key older than it is."""
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE json2_api_key SET create_date = create_date - interval '1 day' * %s WHERE id = %s", [days, record.id])
        record.invalidate_recordset()

    def set_parameter(self, name, value):
        self.env["ir.config_parameter"].set_param(f"json2_backport.{name}", value)

    def unlink_in_session(self, records, user):
        """Delete as a person does in the web client."""
        self.authenticate(user.login, user.login)
        params = {"model": records._name, "method": "unlink", "args": [records.ids], "kwargs": {}}
        response = self.url_open("/web/dataset/call_kw", data=json.dumps({"params": params}).encode(),
                                 headers={"Content-Type": "application/json"})
        self.assertIs(response.json().get("result"), True, response.text)
        self.logout()
        self.env.invalidate_all()

    def assert_works(self, key, works=True):
        response = self.post("res.users/context_get", key=key)
        self.assertEqual(response.status_code, 200 if works else 401, response.text)

    def assert_in(self, date, delta):
        """A date is that far away."""
        self.assertAlmostEqual(date, fields.Datetime.now() + delta, delta=SOON)


class TestByApi(RotationCase):
    def test_the_answer(self):
        successor, answer = self.rotate(self.secret)
        self.assertEqual(list(answer), ["id", "key", "expiration_date", "previous_expiration_date"])
        self.assertTrue(key_format.is_well_formed(answer["key"]))
        self.assertNotEqual(answer["key"], self.secret)
        self.assertEqual(answer["expiration_date"], fields.Datetime.to_string(successor.expiration_date))
        self.assertEqual(answer["previous_expiration_date"], fields.Datetime.to_string(self.record.expiration_date))
        self.assert_works(answer["key"])

    def test_with_ids(self):
        successor, answer = self.rotate(self.secret, ids=self.record.ids)
        self.assertEqual(successor.predecessor_id, self.record)
        self.assert_works(answer["key"])

    def test_with_the_ids_of_several(self):
        other, _secret = self.make(self.user, 90)
        response = self.post(ROTATE, {"ids": self.record.ids + other.ids}, key=self.secret)
        self.assertIn(response.status_code, (403, 422), response.text)

    def test_with_ids_that_are_gone(self):
        response = self.post(ROTATE, {"ids": [99999999]}, key=self.secret)
        self.assertIn(response.status_code, (403, 404, 422), response.text)

    def test_what_the_successor_inherits(self):
        successor, _answer = self.rotate(self.secret)
        self.assertEqual(successor.user_id, self.user)
        self.assertEqual(successor.name, self.record.name)
        self.assertEqual({name: successor[name] for name in RESTRICTIONS}, RESTRICTIONS)
        self.assertFalse(successor.read_only)
        self.assertEqual(successor.predecessor_id, self.record)
        self.assert_in(successor.expiration_date, timedelta(days=90))

    def test_the_length_of_life_and_not_what_is_left_of_it(self):
        self.record.expiration_date = fields.Datetime.now() + timedelta(days=10)
        self.age(self.record, 80)
        successor, _answer = self.rotate(self.secret)
        self.assert_in(successor.expiration_date, timedelta(days=90))

    def test_of_a_key_that_never_expires(self):
        self.set_parameter("never_expires", "True")
        record, secret = self.make(self.user)
        successor, answer = self.rotate(secret)
        self.assertIs(answer["expiration_date"], False)
        self.assertFalse(successor.expiration_date)
        self.assert_in(record.expiration_date, timedelta(hours=24))

    def test_by_a_user_without_the_group(self):
        """An integration's own bot needs no group of ours to keep itself alive."""
        _record, secret = self.make(self.employee, 90)
        _successor, answer = self.rotate(secret)
        self.assert_works(answer["key"])

    def test_by_a_portal_user(self):
        portal = new_test_user(self.env, "json2_portal", "base.group_portal")
        _record, secret = self.make(portal, 90)
        _successor, answer = self.rotate(secret)
        self.assert_works(answer["key"])

    def test_a_key_for_other_models_cannot(self):
        _record, secret = self.make(self.user, 90, allowed_models="res.partner")
        response = self.post(ROTATE, key=secret)
        self.assert_error(response, 403, "werkzeug.exceptions.Forbidden")

    def test_a_read_only_key_cannot(self):
        _record, secret = self.make(self.user, 90, read_only=True)
        response = self.post(ROTATE, key=secret)
        self.assert_error(response, 403, "werkzeug.exceptions.Forbidden")

    def test_with_a_key_of_the_host(self):
        """It is none of ours: there is nothing to rotate unless a key is named."""
        odoo_key = series.generate_user_key(
            self.env["res.users.apikeys"].with_user(self.user).sudo(), None, "Tests", None)
        self.assert_error(self.post(ROTATE, key=odoo_key), 422, "odoo.exceptions.UserError")
        successor, _answer = self.rotate(odoo_key, ids=self.record.ids)
        self.assertEqual(successor.predecessor_id, self.record)

    def test_the_secret_is_not_logged(self):
        _successor, answer = self.rotate(self.secret)
        self.env.cr.execute("SELECT count(*) FROM json2_api_log t WHERE t::text LIKE %s", [f"%{answer['key'][9:]}%"])
        self.assertEqual(self.env.cr.fetchone(), (0,))


class TestGracePeriod(RotationCase):
    def test_default(self):
        self.rotate(self.secret)
        self.assert_in(self.record.expiration_date, timedelta(hours=24))
        self.assert_works(self.secret)

    def test_from_the_settings(self):
        self.set_parameter("grace_period", "2")
        self.rotate(self.secret)
        self.assert_in(self.record.expiration_date, timedelta(hours=2))

    def test_it_ends(self):
        _successor, answer = self.rotate(self.secret)
        self.record.expiration_date = fields.Datetime.now() - timedelta(hours=1)
        self.assert_works(self.secret, False)
        self.assert_works(answer["key"])

    def test_none_as_a_person_sets_it(self):
        """0 hours in the settings: the old key is refused at once."""
        settings = self.env["res.config.settings"].create({"json2_grace_period": 0})
        settings.execute()
        _successor, answer = self.rotate(self.secret)
        # The clock of the database stands still in a test.
        self.assertLessEqual(self.record.expiration_date, fields.Datetime.now())
        self.assert_works(answer["key"])

    def test_it_does_not_lengthen_a_life(self):
        date = fields.Datetime.now() + timedelta(hours=1)
        self.record.expiration_date = date
        self.rotate(self.secret)
        self.assertEqual(self.record.expiration_date, date)


class TestAgain(RotationCase):
    """Rotating what was rotated."""

    def test_successors_of_successors(self):
        second, answer = self.rotate(self.secret)
        third, answer = self.rotate(answer["key"])
        self.assertEqual(third.predecessor_id, second)
        self.assertEqual(second.predecessor_id, self.record)
        self.assertEqual((third.user_id, third.allowed_models), (self.user, RESTRICTIONS["allowed_models"]))
        self.assert_in(third.expiration_date, timedelta(days=90))
        self.assert_works(answer["key"])

    def test_when_the_first_answer_was_lost(self):
        """The integration asks once more with the old key; its new key lives no shorter for that."""
        self.rotate(self.secret)
        successor, answer = self.rotate(self.secret)
        self.assert_works(answer["key"])
        self.assert_in(successor.expiration_date, timedelta(days=90))

    def test_the_second_rotation_does_not_lengthen_the_grace_period(self):
        self.rotate(self.secret)
        date = fields.Datetime.now() + timedelta(hours=3)
        self.record.expiration_date = date
        self.rotate(self.secret)
        self.assertEqual(self.record.expiration_date, date)

    def test_an_old_key_whose_date_was_moved(self):
        """Made 300 days ago, prolonged by the 365 days that are allowed: no successor outlives the maximum."""
        self.age(self.record, 300)
        date = fields.Datetime.now() + timedelta(days=365)
        self.web(self.manager).call("json2.api.key", "write", self.record.ids, {"expiration_date": date})
        successor, _answer = self.rotate(self.secret)
        self.assertLessEqual(successor.expiration_date, fields.Datetime.now() + timedelta(days=365, hours=1))

    def test_the_maximum_was_lowered(self):
        """By rotating, nobody keeps a life that he could not have generated."""
        self.set_parameter("maximum_lifetime", "30")
        successor, _answer = self.rotate(self.secret)
        self.assertLessEqual(successor.expiration_date, fields.Datetime.now() + timedelta(days=30, hours=1))


class TestArchiving(RotationCase):
    def test_an_archived_key_takes_its_successors_along(self):
        """A thief who has rotated a leaked key has gained nothing."""
        second, answer = self.rotate(self.secret)
        third, last = self.rotate(answer["key"])
        self.record.with_user(self.user).action_archive()
        self.env.invalidate_all()
        self.assertEqual([key.active for key in self.record | second | third], [False] * 3)
        for secret in (self.secret, answer["key"], last["key"]):
            self.assert_works(secret, False)

    def test_also_with_several_successors(self):
        first, one = self.rotate(self.secret)
        second, two = self.rotate(self.secret)
        self.record.active = False
        self.assert_works(one["key"], False)
        self.assert_works(two["key"], False)

    def test_also_when_one_between_is_archived_already(self):
        second, answer = self.rotate(self.secret)
        third, last = self.rotate(answer["key"])
        second.active = False
        third.active = True
        self.record.active = False
        self.assert_works(last["key"], False)

    def test_the_successor_alone(self):
        second, answer = self.rotate(self.secret)
        second.active = False
        self.assert_works(self.secret)
        self.assert_works(answer["key"], False)

    def test_a_deleted_key_takes_its_successors_along(self):
        """A leaked one may have rotated itself; they are archived and stay to be seen, whoever deletes it."""
        for person in (self.user, self.manager):
            with self.subTest(person=person.login):
                first, secret = self.make(self.user, 90, **RESTRICTIONS)
                second, answer = self.rotate(secret)
                third, last = self.rotate(answer["key"])
                first.with_user(person).unlink()
                self.env.invalidate_all()
                self.assertFalse(first.exists())
                self.assertFalse(second.predecessor_id)
                self.assertEqual([key.active for key in second | third], [False] * 2)
                for each in (secret, answer["key"], last["key"]):
                    self.assert_works(each, False)
        self.assert_works(self.secret)

    def test_an_expired_key_is_deleted_without_harm(self):
        """By somebody who tidies up. Archiving it says that it has leaked, however late."""
        _second, answer = self.rotate(self.secret)
        self.record.sudo().expiration_date = fields.Datetime.now() - timedelta(days=1)
        self.unlink_in_session(self.record, self.manager)
        self.assert_works(answer["key"])

    def test_an_expired_key_that_is_archived(self):
        _second, answer = self.rotate(self.secret)
        self.record.sudo().expiration_date = fields.Datetime.now() - timedelta(days=1)
        self.record.with_user(self.manager).action_archive()
        self.assert_works(answer["key"], False)

    def test_deleted_together_with_its_successor(self):
        second, answer = self.rotate(self.secret)
        third, last = self.rotate(answer["key"])
        (self.record | second).unlink()
        self.assertEqual((self.record | second | third).exists(), third)
        self.assert_works(last["key"], False)

    def test_who_may_not_delete_it_archives_nothing(self):
        second, answer = self.rotate(self.secret)
        response = self.post("json2.api.key/unlink", {"ids": self.record.ids}, key=self.make(self.employee, 1)[1])
        self.assertEqual(response.status_code, 403, response.text)
        self.assert_works(self.secret)
        self.assert_works(answer["key"])

    def test_what_cannot_be_rotated(self):
        self.record.active = False
        with self.assertRaises(UserError):
            self.record._rotate()
        self.record.active = True
        self.record.expiration_date = fields.Datetime.now() - timedelta(seconds=1)
        with self.assertRaises(UserError):
            self.record._rotate()


class TestByAPerson(RotationCase):
    def click(self, person, record):
        """Click on Rotate, in the web client."""
        return self.web(person).call("json2.api.key", "action_rotate", record.ids)

    def test_his_own(self):
        action = self.click(self.user, self.record)
        secret = action["context"]["default_key"]
        self.assertEqual(action["res_model"], "json2.api.key.show")
        self.assert_works(secret)
        successor = self.env["json2.api.key"].search([("predecessor_id", "=", self.record.id)])
        self.assertEqual((successor.user_id, successor.create_uid), (self.user, self.user))

    def test_of_another(self):
        record, _secret = self.make(self.employee, 90)
        with self.assertRaises(AccessError):
            self.click(self.user, record)

    def test_a_manager_rotates_for_a_user(self):
        action = self.click(self.manager, self.record)
        self.assert_works(action["context"]["default_key"])

    def test_a_manager_does_not_for_an_administrator(self):
        record, _secret = self.make(self.admin, 90)
        with self.assertRaises(AccessError):
            self.click(self.manager, record)

    def test_the_hand_over_columns_are_of_the_new_secret(self):
        action = self.click(self.user, self.record)
        successor = self.env["json2.api.key"].search([("predecessor_id", "=", self.record.id)])
        self.env.cr.execute("SELECT digest FROM json2_api_key WHERE id = %s", [successor.id])
        self.assertEqual(self.env.cr.fetchone()[0], key_format.digest(action["context"]["default_key"]))
