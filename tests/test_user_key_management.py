"""`res.users.apikeys/generate` and `revoke`, as later releases of Odoo 19.0 offer them (odoo/odoo#246118), and what makes
a key of ours one of the user's own on 19."""
from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessDenied
from odoo.tests import new_test_user
from odoo.tools import mute_logger

from odoo.addons.base.models.res_users import INDEX_SIZE, KEY_CRYPT_CONTEXT

from .. import series
from ..protocol import key as key_format
from .common import Json2Case, WebSession

GENERATE, REVOKE = "res.users.apikeys/generate", "res.users.apikeys/revoke"
USER_ERROR = "odoo.exceptions.UserError"
ACCESS_DENIED = "odoo.exceptions.AccessDenied"


class ManagementCase(Json2Case):
    def setUp(self):
        super().setUp()
        self.registry._login_failures = None
        self.addCleanup(setattr, self.registry, "_login_failures", None)
        self.admin_key = self.user_key(self.admin)
        self.employee_key = self.user_key(self.employee)

    def user_key(self, user, scope=None, days=30):
        keys = self.env["res.users.apikeys"].with_user(user).sudo()
        date = days and fields.Datetime.now() + timedelta(days=days)
        return series.generate_user_key(keys, scope, "Tests", date)

    def tomorrow(self):
        return fields.Datetime.to_string(fields.Datetime.now() + timedelta(days=1))

    def enable(self):
        self.env["ir.config_parameter"].set_param("base.enable_programmatic_api_keys", "True")

    def generate(self, key=None, bearer=None, **arguments):
        """Call generate; the key of the argument is also the bearer unless another one is named."""
        key = self.admin_key if key is None else key
        body = {"key": key, "scope": None, "name": "New", "expiration_date": self.tomorrow(), **arguments}
        with mute_logger("odoo.addons.base.models.res_users"):
            return self.post(GENERATE, body, key=bearer or key)

    def revoke(self, key, bearer=None):
        return self.post(REVOKE, {"key": key}, key=bearer or self.admin_key)

    def assert_works(self, key, works=True):
        response = self.post("res.users/context_get", key=key)
        self.assertEqual(response.status_code, 200 if works else 401, response.text)
        return response

    def count(self, user):
        return self.env["res.users.apikeys"].sudo().search_count([("user_id", "=", user.id)])

    def stored(self, key):
        """Return the record of a key."""
        self.env.cr.execute("SELECT id FROM res_users_apikeys WHERE index = %s", [key[:INDEX_SIZE]])
        [[key_id]] = self.env.cr.fetchall()
        return self.env["res.users.apikeys"].sudo().browse(key_id)


class TestGenerate(ManagementCase):
    def test_by_an_administrator(self):
        response = self.generate(name="Renewed", expiration_date="2030-05-06 07:08:09")
        self.assertEqual(response.status_code, 200, response.text)
        key = response.json()
        self.assertRegex(key, "^[0-9a-f]{40}$")
        self.assertEqual(self.assert_works(key).json()["uid"], self.admin.id)
        record = self.stored(key)
        self.assertEqual((record.name, record.user_id, record.scope), ("Renewed", self.admin, False))
        self.assertEqual(fields.Datetime.to_string(record.expiration_date), "2030-05-06 07:08:09")

    def test_a_date_without_a_time(self):
        key = self.generate(expiration_date="2030-05-06").json()
        self.assertEqual(fields.Datetime.to_string(self.stored(key).expiration_date), "2030-05-06 00:00:00")

    def test_by_a_user(self):
        """Only once the parameter allows it."""
        error = self.assert_error(self.generate(self.employee_key), 422, USER_ERROR)
        self.assertEqual(error["message"], "Programmatic API keys are not enabled")
        self.env["ir.config_parameter"].set_param("base.enable_programmatic_api_keys", "False")
        self.assert_error(self.generate(self.employee_key), 422, USER_ERROR)
        for value in ("True", "1", "true"):
            self.env["ir.config_parameter"].set_param("base.enable_programmatic_api_keys", value)
            response = self.generate(self.employee_key)
            self.assertEqual(response.status_code, 200, response.text)
        self.assertEqual(self.assert_works(response.json()).json()["uid"], self.employee.id)

    def test_with_a_key_of_ours_as_the_bearer(self):
        response = self.generate(bearer=self.key)
        self.assertEqual(response.status_code, 200, response.text)
        self.assert_works(response.json())

    def test_a_key_of_ours_makes_none(self):
        """It is no key of the host."""
        self.assert_error(self.generate(self.key), 403, ACCESS_DENIED)

    def test_wrong_key(self):
        before = self.count(self.admin)
        for key in ("0" * 40, self.admin_key[:-1] + "x", "x", ""):
            with self.subTest(key):
                self.registry._login_failures = None
                self.assert_error(self.generate(key, bearer=self.admin_key), 403, ACCESS_DENIED)
        self.assertEqual(self.count(self.admin), before)

    def test_no_key_at_all(self):
        for key in (None, False, 5, ["x"], {}):
            with self.subTest(key):
                self.registry._login_failures = None
                body = {"key": key, "scope": None, "name": "x", "expiration_date": self.tomorrow()}
                response = self.post(GENERATE, body, key=self.admin_key)
                self.assertIn(response.status_code, (403, 422), response.text)

    def test_key_of_another(self):
        self.enable()
        self.assert_error(self.generate(self.employee_key, bearer=self.admin_key), 403, ACCESS_DENIED)
        self.registry._login_failures = None
        self.assert_error(self.generate(self.admin_key, bearer=self.employee_key), 403, ACCESS_DENIED)

    def test_expired_key(self):
        key = self.user_key(self.admin)
        self.stored(key)
        self.env.cr.execute(
            "UPDATE res_users_apikeys SET expiration_date = now() AT TIME ZONE 'utc' - interval '1 second' WHERE index = %s",
            [key[:INDEX_SIZE]])
        self.assert_error(self.generate(key, bearer=self.admin_key), 403, ACCESS_DENIED)

    def test_limit(self):
        self.enable()
        while self.count(self.employee) < 10:
            response = self.generate(self.employee_key)
            self.assertEqual(response.status_code, 200, response.text)
        error = self.assert_error(self.generate(self.employee_key), 422, USER_ERROR)
        self.assertEqual(error["message"], "Limit of 10 API keys is reached for programmatic creation")
        self.assertEqual(self.count(self.employee), 10)

    def test_limit_from_the_parameter(self):
        self.enable()
        set_param = self.env["ir.config_parameter"].set_param
        set_param("base.programmatic_api_keys_limit", "2")
        self.assertEqual(self.generate(self.employee_key).status_code, 200)
        self.assert_error(self.generate(self.employee_key), 422, USER_ERROR)
        set_param("base.programmatic_api_keys_limit", "nonsense")
        self.assertEqual(self.generate(self.employee_key).status_code, 200)

    def test_expired_keys_do_not_count(self):
        self.enable()
        for _number in range(10):
            self.user_key(self.employee)
        self.assert_error(self.generate(self.employee_key), 422, USER_ERROR)
        self.env.cr.execute(
            "UPDATE res_users_apikeys SET expiration_date = '2000-01-01' WHERE user_id = %s AND index != %s",
            [self.employee.id, self.employee_key[:INDEX_SIZE]])
        self.env.invalidate_all()
        self.assertEqual(self.generate(self.employee_key).status_code, 200)

    def test_past_date(self):
        past = fields.Datetime.to_string(fields.Datetime.now() - timedelta(seconds=1))
        for date in ("2000-01-01", "2000-01-01 00:00:00", past):
            self.assert_error(self.generate(expiration_date=date), 422, USER_ERROR)

    def test_no_date(self):
        for date in ("soon", "2030-13-01", "01/02/2030", 5, ["2030-01-01"], {}, True):
            with self.subTest(date):
                response = self.generate(expiration_date=date)
                self.assertEqual(response.status_code, 422, response.text)

    def test_never(self):
        """An administrator may, as on 19; others have to name a date."""
        for date in (None, False):
            response = self.generate(expiration_date=date)
            self.assertEqual(response.status_code, 200, response.text)
            self.assertFalse(self.stored(response.json()).expiration_date)
        self.enable()
        response = self.generate(self.employee_key, expiration_date=None)
        self.assertEqual(response.status_code, 422, response.text)

    def test_missing_arguments(self):
        for missing in ("key", "scope", "name", "expiration_date"):
            body = {"key": self.admin_key, "scope": None, "name": "x", "expiration_date": self.tomorrow()}
            del body[missing]
            response = self.post(GENERATE, body, key=self.admin_key)
            self.assertEqual(response.status_code, 422, response.text)

    def test_without_a_name(self):
        for name in (None, False):
            with mute_logger("odoo.sql_db"):
                response = self.generate(name=name)
            self.assertIn(response.status_code, (200, 422), response.text)
            self.assertNotIn("INSERT", response.text)


class TestScope(ManagementCase):
    def test_a_global_key_makes_any(self):
        for scope in (None, "rpc", "other", ""):
            response = self.generate(scope=scope)
            self.assertEqual(response.status_code, 200, response.text)
            self.assertEqual(self.stored(response.json()).scope, scope or False)
            self.assert_works(response.json(), scope != "other")

    def test_a_scoped_key_makes_its_own(self):
        key = self.user_key(self.admin, "other")
        response = self.generate(key, bearer=self.admin_key, scope="other")
        self.assertEqual(response.status_code, 200, response.text)
        self.assertEqual(self.stored(response.json()).scope, "other")

    def test_a_scoped_key_makes_no_other(self):
        key = self.user_key(self.admin, "other")
        for scope in (None, "rpc", "third", "OTHER"):
            with self.subTest(scope):
                self.registry._login_failures = None
                self.assert_error(self.generate(key, bearer=self.admin_key, scope=scope), 403, ACCESS_DENIED)

    def test_an_rpc_key_makes_no_global_one(self):
        """A global key opens more, such as the scopes of other apps."""
        key = self.user_key(self.admin, "rpc")
        self.assertEqual(self.generate(key, scope="rpc").status_code, 200)
        self.assert_error(self.generate(key, scope=None), 403, ACCESS_DENIED)


class TestBySession(ManagementCase):
    """In the web client there is Odoo's own dialog. The method asks for a key there as anywhere."""

    def test_without_a_key(self):
        session, before = WebSession(self, self.admin.login), self.count(self.admin)
        for key in (False, "", "0" * 40, self.employee_key, self.key):
            with self.subTest(key), self.assertRaises(AccessDenied), mute_logger("odoo.addons.base.models.res_users"):
                session.call("res.users.apikeys", "generate", key, None, "New", self.tomorrow())
        self.assertEqual(self.count(self.admin), before)

    def test_with_a_key(self):
        session = WebSession(self, self.admin.login)
        self.assert_works(session.call("res.users.apikeys", "generate", self.admin_key, None, "New", self.tomorrow()))


class TestRevoke(ManagementCase):
    def test_it_is_gone(self):
        key = self.user_key(self.admin)
        self.assert_works(key)
        response = self.revoke(key)
        self.assertEqual((response.status_code, response.json()), (200, True))
        self.assert_works(key, False)
        self.assert_works(self.admin_key)

    def test_itself(self):
        self.assertEqual(self.revoke(self.admin_key).status_code, 200)
        self.assert_works(self.admin_key, False)

    def test_twice(self):
        key = self.user_key(self.admin)
        self.revoke(key)
        self.assert_error(self.revoke(key), 403, ACCESS_DENIED)

    def test_wrong_key(self):
        for key in ("0" * 40, self.admin_key[:-1] + "x", self.admin_key[:INDEX_SIZE], "x", "", None):
            with self.subTest(key):
                self.registry._login_failures = None
                response = self.revoke(key)
                self.assertEqual(response.status_code, 403, response.text)
        self.assert_works(self.admin_key)

    def test_what_is_no_text(self):
        for key in (5, ["x"], {}, True):
            with self.subTest(key):
                self.registry._login_failures = None
                self.assertIn(self.revoke(key).status_code, (403, 422))

    def test_an_administrator_revokes_that_of_a_user(self):
        """Who has found a leaked key can put an end to it."""
        response = self.revoke(self.employee_key)
        self.assertEqual(response.status_code, 200, response.text)
        self.assert_works(self.employee_key, False)

    def test_by_a_user(self):
        self.assert_error(self.revoke(self.employee_key, bearer=self.employee_key), 422, USER_ERROR)
        self.enable()
        self.assertEqual(self.revoke(self.admin_key, bearer=self.employee_key).status_code, 403)
        self.assert_works(self.admin_key)
        self.assertEqual(self.revoke(self.employee_key, bearer=self.employee_key).status_code, 200)
        self.assert_works(self.employee_key, False)

    def test_a_user_does_not_learn_whose_a_key_is(self):
        """The same answer for the key of another as for none at all would tell nothing; the status at least is the same."""
        self.enable()
        other = new_test_user(self.env, "json2_other", "base.group_user")
        key = self.user_key(other)
        self.assertEqual(self.revoke(key, bearer=self.employee_key).status_code, 403)
        self.assert_works(key)

    def test_a_key_of_ours(self):
        self.assert_error(self.revoke(self.key), 403, ACCESS_DENIED)
        self.assert_works(self.key)


class TestCooldown(ManagementCase):
    """Who tries keys is slowed down as who tries passwords."""

    def test_both(self):
        self.env["ir.config_parameter"].set_param("base.login_cooldown_after", "5")
        for call in (lambda: self.revoke("0" * 40), lambda: self.generate("0" * 40, bearer=self.admin_key)):
            self.registry._login_failures = None
            for _number in range(5):
                self.assertEqual(call().status_code, 403)
            for right in (self.generate, lambda: self.revoke(self.user_key(self.admin))):
                with mute_logger("odoo.addons.base.models.res_users"):
                    error = self.assert_error(right(), 403, ACCESS_DENIED)
                self.assertIn("Too many login failures", error["message"])

    def test_what_is_no_guess_is_not_counted(self):
        for _number in range(7):
            self.assertEqual(self.generate(expiration_date="2000-01-01").status_code, 422)
        self.assertEqual(self.generate().status_code, 200)


class TestExpiration(ManagementCase):
    """On 16 and 17 the date of these keys is ours to enforce, everywhere they are taken."""

    def setUp(self):
        super().setUp()
        self.limited = self.user_key(self.admin, None, 1)

    def expire(self):
        self.env.cr.execute(
            "UPDATE res_users_apikeys SET expiration_date = now() AT TIME ZONE 'utc' - interval '1 second' WHERE index = %s",
            [self.limited[:INDEX_SIZE]])

    def test_as_a_bearer(self):
        self.assert_works(self.limited)
        self.expire()
        self.assert_works(self.limited, False)
        self.assert_works(self.admin_key)

    def test_as_a_password(self):
        """XML-RPC and JSON-RPC ask the same method."""
        keys = self.env["res.users.apikeys"]
        self.assertEqual(keys._check_credentials(scope="rpc", key=self.limited), self.admin.id)
        self.expire()
        self.assertFalse(keys._check_credentials(scope="rpc", key=self.limited))
        self.assertEqual(keys._check_credentials(scope="rpc", key=self.admin_key), self.admin.id)

    def test_swept_away(self):
        record = self.stored(self.limited)
        self.expire()
        name = "_gc_user_apikeys" if series.HAS_EXPIRATION else "_gc_json2_expired"
        getattr(self.env["res.users.apikeys"], name)()
        self.env.invalidate_all()
        self.assertFalse(record.exists())
        self.assert_works(self.admin_key)

    def test_a_key_made_by_hand_has_no_date(self):
        if series.HAS_EXPIRATION:
            self.skipTest("the host asks for one")
        key = self.env["res.users.apikeys"].with_user(self.employee).sudo()._generate(None, "By hand")
        self.assertFalse(self.stored(key).expiration_date)
        self.assert_works(key)


class TestHandOver(ManagementCase):
    """What Odoo 19 would need to take one of our keys over as one of the user's own, under the same secret."""

    def columns(self, record):
        self.env.flush_all()
        self.env.cr.execute("SELECT odoo_index, odoo_hash FROM json2_api_key WHERE id = %s", [record.id])
        return self.env.cr.fetchone()

    def test_the_host_would_verify_it(self):
        index, stored = self.columns(self.key_record)
        self.assertEqual(index, self.key[:INDEX_SIZE])
        self.assertTrue(KEY_CRYPT_CONTEXT.verify(self.key, stored))
        self.assertFalse(KEY_CRYPT_CONTEXT.verify(key_format.generate(), stored))
        self.assertTrue(stored.startswith("$pbkdf2-sha512$6000$"))

    def test_moved_by_hand(self):
        """As the upgrade will do it: then it is accepted as one of the host's own."""
        index, stored = self.columns(self.key_record)
        self.env.cr.execute(
            "INSERT INTO res_users_apikeys (name, user_id, scope, index, key) VALUES ('Moved', %s, 'rpc', %s, %s)",
            [self.admin.id, index, stored])
        keys = self.env["res.users.apikeys"]
        self.assertEqual(keys._check_credentials(scope="rpc", key=self.key), self.admin.id)

    def test_they_play_no_part_in_a_call(self):
        self.env.cr.execute(
            "UPDATE json2_api_key SET odoo_index = NULL, odoo_hash = NULL WHERE id = %s", [self.key_record.id])
        self.assert_works(self.key)

    def test_each_key_has_its_own(self):
        other, _secret = self.env["json2.api.key"]._generate("Other", self.admin)
        self.assertNotEqual(self.columns(other)[1], self.columns(self.key_record)[1])
