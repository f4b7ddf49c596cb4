"""Generating a key by clicking: who may, for whom, for how long; and that the key is nowhere afterwards."""
from datetime import timedelta

from psycopg2 import IntegrityError

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, new_test_user
from odoo.tools import mute_logger

from .common import Json2Case

MANAGER = "json2_backport.group_json2_manager"
USER = "json2_backport.group_json2_user"
WIZARD = "json2.api.key.wizard"


class TestWizard(Json2Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.user = new_test_user(cls.env, "json2_user", f"base.group_user,{USER}")
        cls.manager = new_test_user(cls.env, "json2_manager", f"base.group_user,{MANAGER}")

    def set_parameter(self, name, value):
        self.env["ir.config_parameter"].set_param(f"json2_backport.{name}", value)

    def wizard(self, user, **values):
        return self.env[WIZARD].with_user(user).create({"name": "Web shop", **values})

    def generate(self, user, **values):
        """Return ``(record, secret)`` of a key that is generated as a person does it."""
        before = self.env["json2.api.key"].search([])
        action = self.action_generate(user, **values)
        return self.env["json2.api.key"].search([]) - before, action["context"]["default_key"]

    def action_generate(self, user, **values):
        """Fill in the dialog and click, in the web client; return the action that shows the key."""
        session = self.web(user)
        ids = session.call(WIZARD, "create", [{"name": "Web shop", **values}])
        return session.call(WIZARD, "action_generate", ids)

    def assert_impossible(self, function, *args, **kwargs):
        """A sentence for a person, or a value that the field or the database does not take (the host says it then)."""
        try:
            with self.env.cr.savepoint():
                function(*args, **kwargs)
        except (UserError, ValueError, IntegrityError):
            return
        self.fail("this should not be possible")

    def offered(self, user):
        return [value for value, _label in self.env[WIZARD].with_user(user)._selection_duration()]


class TestWhoAndWhom(TestWizard):
    def test_a_user_for_himself(self):
        record, secret = self.generate(self.user)
        self.assertEqual((record.user_id, record.create_uid, record.name), (self.user, self.user, "Web shop"))
        response = self.post("res.users/context_get", key=secret)
        self.assertEqual(response.json()["uid"], self.user.id)

    def test_a_user_for_another(self):
        for other in (self.employee, self.manager, self.admin):
            with self.assertRaises(AccessError):
                self.generate(self.user, user_id=other.id)

    def test_a_manager_for_another(self):
        record, _secret = self.generate(self.manager, user_id=self.employee.id)
        self.assertEqual((record.user_id, record.create_uid), (self.employee, self.manager))

    def test_a_manager_for_an_administrator(self):
        for other in (self.admin, self.env.ref("base.user_root")):
            with self.assertRaises(AccessError):
                self.generate(self.manager, user_id=other.id)

    def test_a_manager_for_who_can_become_an_administrator(self):
        """Access Rights lets a user give himself any group."""
        officer = new_test_user(self.env, "json2_officer", "base.group_erp_manager")
        with self.assertRaises(AccessError):
            self.generate(self.manager, user_id=officer.id)

    def test_an_administrator_for_an_administrator(self):
        other = new_test_user(self.env, "json2_admin", "base.group_system")
        record, _secret = self.generate(self.admin, user_id=other.id)
        self.assertEqual(record.user_id, other)

    def test_for_the_public_user(self):
        with self.assertRaises(ValidationError):
            self.generate(self.admin, user_id=self.env.ref("base.public_user").id)

    def test_for_nobody(self):
        with self.assertRaises(UserError):
            self.generate(self.admin, user_id=False)

    def test_an_employee_without_the_group(self):
        with self.assertRaises(AccessError):
            self.wizard(self.employee)

    def test_a_manager_is_asked_for_whom(self):
        self.assertTrue(self.wizard(self.manager).is_manager)
        self.assertFalse(self.wizard(self.user).is_manager)

    def test_who_says_he_is_a_manager(self):
        """The field is for the form; nothing is decided by it."""
        with self.assertRaises(AccessError):
            self.generate(self.user, is_manager=True, user_id=self.admin.id)

    def test_the_wizard_of_another(self):
        wizard = self.wizard(self.admin)
        self.env.flush_all()
        self.env.invalidate_all()
        with self.assertRaises(AccessError):
            wizard.with_user(self.user).read(["name"])
        with self.assertRaises(AccessError):
            self.web(self.user).call(WIZARD, "action_generate", wizard.ids)

    def test_the_form(self):
        with Form(self.env[WIZARD].with_user(self.user)) as form:
            form.name = "Stock"
            form.allowed_models = "stock.*"
        self.assertEqual((form.owner, form.duration, form.user_id), ("user", "30", self.user))


class TestBot(TestWizard):
    def test_a_bot(self):
        record, secret = self.generate(self.admin, owner="bot", bot_name="Web Shop")
        bot = record.user_id
        self.assertEqual((bot.name, bot.login), ("Web Shop", "bot-web-shop"))
        self.assertEqual(self.post("res.users/context_get", key=secret).json()["uid"], bot.id)

    def test_it_has_no_password(self):
        bot = self.generate(self.admin, owner="bot", bot_name="Shop")[0].user_id
        self.env.flush_all()
        self.env.cr.execute("SELECT password FROM res_users WHERE id = %s", [bot.id])
        self.assertIn(self.env.cr.fetchone()[0], (None, ""))

    def test_it_is_an_internal_user_and_no_more(self):
        """Whatever new users get by default: a bot gets what it needs from a person."""
        bot = self.generate(self.admin, owner="bot", bot_name="Shop")[0].user_id
        self.assertTrue(bot.has_group("base.group_user"))
        groups = bot["group_ids" if "group_ids" in bot._fields else "groups_id"]
        implied = self.env.ref("base.group_user")
        implied |= implied["all_implied_ids" if "all_implied_ids" in implied._fields else "trans_implied_ids"]
        self.assertEqual((groups - implied).mapped("full_name"), [])

    def test_without_a_name(self):
        with self.assertRaises(UserError):
            self.generate(self.admin, owner="bot")

    def test_twice_the_same_name(self):
        self.generate(self.admin, owner="bot", bot_name="Shop")
        with mute_logger("odoo.sql_db"):
            self.assert_impossible(self.generate, self.admin, owner="bot", bot_name="Shop")
        self.assertEqual(self.env["res.users"].search_count([("login", "=", "bot-shop")]), 1)

    def test_by_who_may_not_create_users(self):
        for user in (self.user, self.manager):
            count = self.env["res.users"].search_count([])
            with self.assertRaises(AccessError):
                self.generate(user, owner="bot", bot_name="Shop")
            self.assertEqual(self.env["res.users"].search_count([]), count)


class TestDuration(TestWizard):
    def test_offered(self):
        self.assertEqual(self.offered(self.user), ["1", "7", "30", "90", "custom"])
        self.assertEqual(self.offered(self.manager), ["1", "7", "30", "90", "custom"])
        self.set_parameter("never_expires", "True")
        self.assertEqual(self.offered(self.user), ["1", "7", "30", "90", "custom"])
        self.assertEqual(self.offered(self.manager), ["1", "7", "30", "90", "custom", "never"])

    def test_offered_up_to_the_maximum(self):
        for maximum, durations in (("7", "1 7 custom"), ("29", "1 7 custom"), ("0", "1 7 30 90 custom")):
            self.set_parameter("maximum_lifetime", maximum)
            self.assertEqual(self.offered(self.user), durations.split())

    def test_the_default_is_one_that_is_offered(self):
        self.assertEqual(self.wizard(self.user).duration, "30")
        self.set_parameter("maximum_lifetime", "7")
        self.assertIn(self.wizard(self.user).duration, ("1", "7"))

    def test_durations(self):
        for days in (1, 7, 30, 90):
            record, _secret = self.generate(self.user, duration=str(days))
            self.assertAlmostEqual(
                record.expiration_date, fields.Datetime.now() + timedelta(days=days), delta=timedelta(seconds=10))

    def test_a_date_of_ones_choice(self):
        date = fields.Datetime.now() + timedelta(days=3)
        record, _secret = self.generate(self.user, duration="custom", expiration_date=date)
        self.assertEqual(record.expiration_date, date)

    def test_no_date_chosen(self):
        with self.assertRaises(UserError):
            self.generate(self.user, duration="custom")

    def test_a_date_in_the_past(self):
        for delta in (timedelta(days=-1), timedelta(seconds=-1), timedelta()):
            with self.assertRaises(UserError):
                self.generate(self.admin, duration="custom", expiration_date=fields.Datetime.now() + delta)

    def test_a_date_too_far_away(self):
        self.set_parameter("maximum_lifetime", "7")
        for user in (self.user, self.manager, self.admin):
            with self.assertRaises(UserError):
                self.generate(user, duration="custom", expiration_date=fields.Datetime.now() + timedelta(days=8))
            self.generate(user, duration="custom", expiration_date=fields.Datetime.now() + timedelta(days=7))

    def test_a_duration_that_is_not_offered(self):
        """A client of the web's RPC sends what it likes."""
        self.set_parameter("maximum_lifetime", "7")
        for duration in ("30", "90", "never", "100000", "", "x"):
            with self.subTest(duration), mute_logger("odoo.sql_db"):
                self.assert_impossible(self.generate, self.user, duration=duration)

    def test_never(self):
        self.assert_impossible(self.generate, self.manager, duration="never")
        self.set_parameter("never_expires", "True")
        record, secret = self.generate(self.manager, duration="never")
        self.assertFalse(record.expiration_date)
        self.assertEqual(record.expiration_text, "never expires")
        self.assertEqual(self.post("res.users/context_get", key=secret).status_code, 200)
        self.assert_impossible(self.generate, self.user, duration="never")

    def test_the_date_of_a_key_later(self):
        """A manager may move it, as far as he might have set it."""
        record, _secret = self.generate(self.user)
        now = fields.Datetime.now()

        def move(person, date):
            self.web(person).call("json2.api.key", "write", record.ids, {"expiration_date": date})

        move(self.manager, now + timedelta(days=300))
        for date in (now + timedelta(days=366), now - timedelta(days=1), False):
            with self.assertRaises(UserError):
                move(self.manager, date)
        with self.assertRaises(AccessError):
            move(self.user, now + timedelta(days=2))
        record.invalidate_recordset()
        self.assertEqual(record.expiration_date, now + timedelta(days=300))


class TestRateLimit(TestWizard):
    def test_a_user_stays_within_the_limit_of_the_settings(self):
        self.set_parameter("rate_limit", "100")
        self.set_parameter("rate_period", "hour")
        record, _secret = self.generate(self.user, rate_limit=50, rate_period="hour")
        self.assertEqual((record.rate_limit, record.rate_period), (50, "hour"))
        with self.assertRaises(UserError):
            self.generate(self.user, rate_limit=2_000_000_000)

    def test_a_manager_does_not(self):
        self.set_parameter("rate_limit", "100")
        record, _secret = self.generate(self.manager, rate_limit=5000)
        self.assertEqual(record.rate_limit, 5000)


class TestSecret(TestWizard):
    def test_shown_once(self):
        action = self.action_generate(self.user)
        secret = action["context"]["default_key"]
        self.assertEqual(self.post("res.users/context_get", key=secret).status_code, 200)
        curl = action["context"]["default_curl"]
        self.assertIn(f"Bearer {secret}", curl)
        self.assertIn(f"X-Odoo-Database: {self.env.cr.dbname}", curl)
        self.assertIn("/json/2/res.users/context_get", curl)
        self.assertEqual((action["target"], action["res_model"]), ("new", "json2.api.key.show"))

    def test_the_dialog_shows_it(self):
        action = self.action_generate(self.user)
        show = self.env["json2.api.key.show"].with_user(self.user).with_context(**action["context"])
        values = show.default_get(["key", "curl"])
        self.assertEqual(values, {"key": action["context"]["default_key"], "curl": action["context"]["default_curl"]})
        self.assertEqual(self.env["json2.api.key.show"].with_user(self.user).default_get(["key", "curl"]), {})

    def test_the_dialog_has_no_table(self):
        self.env.cr.execute("SELECT 1 FROM pg_tables WHERE tablename = 'json2_api_key_show'")
        self.assertFalse(self.env.cr.fetchall())

    def test_no_transient_record_is_left(self):
        self.action_generate(self.user)
        self.env.cr.execute("SELECT count(*) FROM json2_api_key_wizard")
        self.assertEqual(self.env.cr.fetchone(), (0,))

    def test_it_is_in_no_table(self):
        """Of the secret, the tables know the first nine characters and no two more in a row with them."""
        _record, secret = self.generate(self.user)
        self.post("res.users/context_get", key=secret)
        self.env.flush_all()
        self.env.cr.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        for (table,) in self.env.cr.fetchall():
            self.env.cr.execute(
                f'SELECT count(*) FROM "{table}" t WHERE t::text LIKE %s OR t::text LIKE %s',  # noqa: S608
                [f"%{secret[:11]}%", f"%{secret[11:]}%"])
            self.assertEqual(self.env.cr.fetchone(), (0,), table)

    def test_restrictions_are_kept(self):
        restrictions = {"allowed_models": "sale.*", "allowed_methods": "read", "read_only": True,
                        "allowed_networks": "192.0.2.0/24"}
        record, _secret = self.generate(self.user, **restrictions)
        self.assertEqual({name: record[name] for name in restrictions}, restrictions)

    def test_restrictions_that_are_none(self):
        for name, text in (("allowed_models", "sale[.]order"), ("allowed_methods", "read?"), ("allowed_networks", "here")):
            with self.assertRaises(ValidationError) as caught:
                self.wizard(self.user, **{name: text})
            self.assertIn(text, str(caught.exception))
