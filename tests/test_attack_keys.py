"""What a thief, or a manager who wants more, does with a key: rotates it, cuts its family, begins new counts, waits."""
import re
from datetime import timedelta
from unittest.mock import patch

from odoo import fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.http import dispatch_rpc
from odoo.tests import new_test_user

from .. import series
from ..models import json2_api_key
from .test_rotation import MANAGER, ROTATE, RotationCase

USER_ERROR = "odoo.exceptions.UserError"
VALIDATION_ERROR = "odoo.exceptions.ValidationError"
SYSTEM, ERP_MANAGER = json2_api_key.ADMINISTRATORS


class FamilyCase(RotationCase):
    def family(self):
        """Return all keys that came of the first one."""
        self.env.invalidate_all()
        keys = self.env["json2.api.key"].with_context(active_test=False)
        return keys.search([("family", "=", self.record.id)], order="id")

    def expire(self, record):
        self.env.invalidate_all()
        record.sudo().expiration_date = fields.Datetime.now() - timedelta(hours=1)

    def call(self, method, body, key):
        response = self.post(f"json2.api.key/{method}", body, key=key)
        self.assertEqual(response.status_code, 200, response.text)
        self.env.invalidate_all()


class TestFamily(FamilyCase):
    def test_it_ends_with_its_first_key_however_large_it_is(self):
        """A thief has rotated 340 times: more often than the interpreter nests calls."""
        key = self.record
        # As it could before there was a bound.
        with patch.object(json2_api_key.Json2ApiKey, "_check_rotation"):
            for _number in range(340):
                key, secret = key._rotate()
        family = self.family()
        self.assertEqual(len(family), 341)
        own = self.record.with_user(self.user)
        for end in (own.action_archive, lambda: self.record.write({"active": False}), own.unlink):
            with self.subTest(end):
                family.write({"active": True})
                self.assert_works(secret)
                end()
                self.env.invalidate_all()
                self.assertFalse(any(family.exists().mapped("active")))
                self.assert_works(secret, False)

    def test_a_thief_cannot_cut_it(self):
        """He deletes the expired key between his own and the one that its owner knows."""
        second, answer = self.rotate(self.secret)
        _third, last = self.rotate(answer["key"])
        self.expire(second)
        self.call("unlink", {"ids": second.ids}, last["key"])
        self.record.with_user(self.user).action_archive()
        self.assert_works(last["key"], False)

    def test_a_manager_who_tidies_up_does_not_cut_it(self):
        second, answer = self.rotate(self.secret)
        _third, last = self.rotate(answer["key"])
        self.expire(second)
        self.unlink_in_session(second, self.manager)
        self.assert_works(last["key"])
        self.record.with_user(self.user).action_archive()
        self.assert_works(last["key"], False)

    def test_nobody_else_tidies_up(self):
        """Not the user himself, in his session or not, and no manager's key: it may be a thief's."""
        _record, manager_key = self.make(self.manager, 1)
        manager_odoo_key = series.generate_user_key(
            self.env["res.users.apikeys"].with_user(self.manager).sudo(), "rpc", "Tests", None)
        deletions = {
            "by the user": lambda key: key.with_user(self.user).unlink(),
            "in the user's session": lambda key: self.unlink_in_session(key, self.user),
            "with a manager's key": lambda key: self.call("unlink", {"ids": key.ids}, manager_key),
            "with a manager's key of the host": lambda key: self.call("unlink", {"ids": key.ids}, manager_odoo_key),
            # What /xmlrpc/2 and /jsonrpc call, which on 19 are in a module of their own.
            "by the host's own RPC": lambda key: dispatch_rpc("object", "execute_kw", [
                self.env.cr.dbname, self.manager.id, manager_odoo_key, "json2.api.key", "unlink", [key.ids]]),
        }
        for name, delete in deletions.items():
            with self.subTest(name):
                record, secret = self.make(self.user, 90)
                _successor, answer = self.rotate(secret)
                self.expire(record)
                self.env.flush_all()
                delete(record)
                self.env.invalidate_all()
                self.assertFalse(record.exists())
                self.assert_works(answer["key"], False)

    def test_every_younger_key_ends_and_no_older_one(self):
        second, answer = self.rotate(self.secret)
        _third, last = self.rotate(answer["key"])
        _other, unconcerned = self.make(self.user, 90)
        second.with_user(self.user).action_archive()
        for secret, works in ((self.secret, True), (answer["key"], False), (last["key"], False), (unconcerned, True)):
            self.assert_works(secret, works)

    def test_several_families_at_once(self):
        records, secrets = self.record, []
        for _number in range(2):
            record, secret = self.make(self.user, 90)
            records |= record
            secrets.append(self.rotate(secret)[1]["key"])
        records.with_user(self.user).action_archive()
        for secret in secrets:
            self.assert_works(secret, False)

    def test_nobody_moves_a_key_to_another_family(self):
        _other, secret = self.make(self.admin, 1)
        for vals in ({"family": 1}, {"generator_id": self.admin.id}):
            response = self.post("json2.api.key/write", {"ids": self.record.ids, "vals": vals}, key=secret)
            self.assert_error(response, 403, "odoo.exceptions.AccessError")

    def test_keys_that_are_older_than_families(self):
        """As the columns are after an update of the addon."""
        second, answer = self.rotate(self.secret)
        third, _last = self.rotate(answer["key"])
        other, _secret = self.make(self.employee, 1)
        self.env.flush_all()
        self.env.cr.execute("UPDATE json2_api_key SET create_uid = %s WHERE id = %s", [self.manager.id, self.record.id])
        self.env.cr.execute("UPDATE json2_api_key SET family = NULL, generator_id = NULL")
        for _time in range(2):
            self.env["json2.api.key"].init()
        self.env.invalidate_all()
        keys = self.record | second | third
        self.assertEqual((keys | other).mapped("family"), [self.record.id] * 3 + [other.id])
        self.assertEqual(keys.generator_id, self.manager)
        self.assertEqual(other.generator_id, other.create_uid)


class TestBounds(FamilyCase):
    def setUp(self):
        super().setUp()
        self.set_parameter("grace_period", "0")

    def rotate_ten_times(self):
        secret = self.secret
        for _number in range(10):
            _record, answer = self.rotate(secret)
            secret = answer["key"]
        return secret

    def assert_too_often(self, response):
        error = self.assert_error(response, 422, USER_ERROR)
        self.assertIn("10 times within a day", error["message"])
        date = re.search(r"It can be rotated again after ([\d: -]+) UTC\.", error["message"]).group(1)
        self.assertAlmostEqual(
            fields.Datetime.to_datetime(date), fields.Datetime.now() + timedelta(days=1), delta=timedelta(minutes=2))

    def test_ten_rotations_a_day(self):
        secret = self.rotate_ten_times()
        self.assert_too_often(self.post(ROTATE, key=secret))
        self.assert_works(secret)

    def test_a_day_later(self):
        secret = self.rotate_ten_times()
        with self.env["json2.rate.window"]._own_cursor() as cr:
            cr.execute("UPDATE json2_rate_window SET started = started - interval '1 day' WHERE bucket = %s",
                       [f"rotation {self.record.id}"])
        self.rotate(secret)

    def test_deleted_keys_count(self):
        secret = self.rotate_ten_times()
        self.family()[:-1].unlink()
        self.assert_too_often(self.post(ROTATE, key=secret))

    def test_what_was_rolled_back_counts(self):
        """Of an atomic batch, for instance, whose answer tells the key nevertheless."""
        for _number in range(10):
            with self.assertRaises(ZeroDivisionError), self.env.cr.savepoint():
                self.record._rotate()
                raise ZeroDivisionError
        self.assert_too_often(self.post(ROTATE, key=self.secret))

    def test_a_manager_is_bound_as_well(self):
        self.rotate_ten_times()
        with self.assertRaises(UserError):
            self.family()[-1].with_user(self.manager).action_rotate()

    def test_another_family_is_not_concerned(self):
        self.rotate_ten_times()
        _record, secret = self.make(self.user, 90)
        self.rotate(secret)

    def test_five_valid_keys(self):
        self.set_parameter("grace_period", "24")
        for _number in range(4):
            _record, answer = self.rotate(self.secret)
        for secret in (self.secret, answer["key"]):
            error = self.assert_error(self.post(ROTATE, key=secret), 422, USER_ERROR)
            self.assertIn("already 5 valid keys", error["message"])
        self.assertEqual(len(self.family()), 5)
        self.expire(self.record)
        self.rotate(answer["key"])

    def test_the_old_key_does_not_count_when_it_ends_at_once(self):
        self.set_parameter("grace_period", "24")
        for _number in range(4):
            _record, answer = self.rotate(self.secret)
        self.set_parameter("grace_period", "0")
        self.rotate(answer["key"])


class TestCount(FamilyCase):
    def limit(self, **values):
        _record, secret = self.make(self.user, 90, **values)
        return secret

    def assert_status(self, key, status):
        response = self.post("res.users/context_get", key=key)
        self.assertEqual(response.status_code, status, response.text)

    def test_a_rotation_begins_no_new_count(self):
        secret = self.limit(rate_limit=3, rate_period="day")
        self.assert_status(secret, 200)
        _record, answer = self.rotate(secret)
        self.assert_status(answer["key"], 200)
        self.assert_status(answer["key"], 429)
        self.assert_status(secret, 429)

    def test_with_the_limit_of_the_settings(self):
        self.set_parameter("rate_limit", "3")
        self.set_parameter("rate_period", "day")
        self.test_a_rotation_begins_no_new_count()

    def test_only_a_manager_sets_a_limit_above_the_default(self):
        keys = self.env["json2.api.key"]
        table = [
            # default, own, whether a user may
            ((100, "hour"), (0, "minute"), True),
            ((100, "hour"), (100, "hour"), True),
            ((100, "hour"), (101, "hour"), False),
            ((100, "hour"), (1, "minute"), True),
            ((100, "hour"), (2, "minute"), False),  # 120 in an hour
            ((100, "hour"), (100, "day"), True),
            ((100, "hour"), (101, "day"), False),  # all of them in one hour
            ((100, "minute"), (2_000_000_000, "day"), False),
            ((100, "nonsense"), (101, "minute"), False),
            ((0, "hour"), (2_000_000_000, "minute"), True),  # there is no default
        ]
        for default, own, allowed in table:
            with self.subTest(default=default, own=own):
                self.set_parameter("rate_limit", default[0])
                self.set_parameter("rate_period", default[1])
                keys.with_user(self.manager)._check_limit(*own)
                if allowed:
                    keys.with_user(self.user)._check_limit(*own)
                else:
                    with self.assertRaisesRegex(UserError, f"{default[0]} calls per"):
                        keys.with_user(self.user)._check_limit(*own)

    def test_what_a_manager_has_set_stays_with_the_user(self):
        self.set_parameter("rate_limit", "100")
        successor, _answer = self.rotate(self.limit(rate_limit=500))
        self.assertEqual(successor.rate_limit, 500)


class TestDefaults(FamilyCase):
    """Values that a key gets without anybody's saying so."""

    VALUES = {
        "boolean": True, "char": "res.country", "integer": 7, "datetime": "2099-01-01 00:00:00",
        "selection": {"log_arguments": "never", "rate_period": "day"},
    }  # fmt: skip

    def defaults(self):
        """Return another value for each stored field."""
        defaults = {}
        for name, field in self.env["json2.api.key"]._fields.items():
            if not field.column_type or not field.store or name in models.MAGIC_COLUMNS:
                continue
            value = self.VALUES.get(field.type, self.record.id if name == "predecessor_id" else self.admin.id)
            defaults[name] = value[name] if isinstance(value, dict) else value
        return {**defaults, "active": False, "allowed_networks": "192.0.2.0/24"}

    def values(self, record):
        names = self.defaults().keys() - {"prefix", "family"}
        return {name: record[name] for name in names}

    def generate(self, **context):
        keys = self.env["json2.api.key"].with_user(self.user).with_context(**context).sudo()
        date = fields.Datetime.now() + timedelta(days=5)
        record, secret = keys._generate("Defaults", self.user, date.replace(microsecond=0))
        self.assertEqual(record.family, record.id)
        self.assertEqual(record.prefix, secret[: len(record.prefix)])
        return self.values(record)

    def test_of_the_database(self):
        before, defaults = self.generate(), self.defaults()
        self.assertFalse([name for name, value in before.items() if value == defaults[name]])
        for name, value in defaults.items():
            self.env["ir.default"].set("json2.api.key", name, value)
        after = self.generate()
        self.assertAlmostEqual(after.pop("expiration_date"), before.pop("expiration_date"), delta=timedelta(minutes=1))
        self.assertEqual(after, before)

    def test_of_records_elsewhere(self):
        """A default of commands would be carried out as superuser."""
        relations = {name: field.comodel_name for name, field in self.env["json2.api.key"]._fields.items()
                     if field.type in ("one2many", "many2many") and not field.compute}
        self.assertIn("successor_ids", relations)
        for name, model in relations.items():
            self.env["ir.default"].set("json2.api.key", name, [[4, self.env[model].search([], limit=1).id, 0]])
        record, _secret = self.make(self.user, 90)
        self.env.invalidate_all()
        self.assertEqual({name: record[name].ids for name in relations}, dict.fromkeys(relations, []))

    def test_of_the_context(self):
        before = self.generate()
        after = self.generate(**{f"default_{name}": value for name, value in self.defaults().items()})
        self.assertAlmostEqual(after.pop("expiration_date"), before.pop("expiration_date"), delta=timedelta(minutes=1))
        self.assertEqual(after, before)

    def test_of_the_database_on_rotation(self):
        self.env["ir.default"].set("json2.api.key", "log_arguments", "never")
        self.env["ir.default"].set("json2.api.key", "allowed_networks", "0.0.0.0/0")
        successor, _answer = self.rotate(self.make(self.user, 90)[1])
        self.assertEqual((successor.log_arguments, successor.allowed_networks), (False, False))

    def test_arguments_are_kept_after_a_rotation_too(self):
        for value in ("always", "never"):
            _record, secret = self.make(self.user, 90, log_arguments=value)
            successor, _answer = self.rotate(secret)
            self.assertEqual(successor.log_arguments, value)


class TestLifetime(FamilyCase):
    """A key that never expires, once the settings do not allow any."""

    def successor(self, never_expires, maximum):
        _record, secret = self.make(self.user)
        self.set_parameter("never_expires", never_expires)
        self.set_parameter("maximum_lifetime", maximum)
        return self.rotate(secret)[0]

    def test_the_maximum_of_the_settings(self):
        successor = self.successor("False", "30")
        self.assert_in(successor.expiration_date, timedelta(days=30))
        self.assertEqual(successor.lifetime, 30)

    def test_no_maximum(self):
        self.assert_in(self.successor("False", "0").expiration_date, timedelta(days=90))

    def test_still_allowed(self):
        self.assertFalse(self.successor("True", "30").expiration_date)


class TestPromotion(FamilyCase):
    """A manager generates a key for an employee, who then becomes an administrator: so would the manager."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.system, cls.erp_manager = cls.env.ref(SYSTEM), cls.env.ref(ERP_MANAGER)
        cls.users_of_group = "user_ids" if "user_ids" in cls.system._fields else "users"

    def make_by(self, generator, user=None):
        """Return ``(record, secret)`` of a key that somebody has generated for the employee."""
        keys = self.env["json2.api.key"].with_user(generator)
        record, secret = keys._generate("Shop", user or self.employee, fields.Datetime.now() + timedelta(days=90))
        return record.sudo(), secret

    def promote(self, group=None):
        self.employee[series.USER_GROUPS] = [(4, (group or self.system).id)]

    def assert_ends(self, change):
        _record, secret = self.make_by(self.manager)
        _own, own_secret = self.make_by(self.employee)
        with self.assertLogs("odoo.addons.json2_backport.models.json2_api_key_promotion", "WARNING") as log:
            change()
        self.assert_works(secret, False)
        self.assert_works(own_secret)
        self.assertIn("json2_employee", log.output[0])
        self.assertIn("json2_manager", log.output[0])

    def team(self):
        return self.env["res.groups"].create({"name": "Team", self.users_of_group: [(4, self.employee.id)]})

    def test_by_his_groups(self):
        for group in (self.system, self.erp_manager):
            with self.subTest(group=group.id):
                self.assert_ends(lambda group=group: self.promote(group))
                self.employee[series.USER_GROUPS] = [(6, 0, self.env.ref("base.group_user").ids)]

    def test_by_the_boxes_of_the_form(self):
        """Before 19 the form has fields of its own, such as ``sel_groups_2_4``."""
        names = [
            name for name in self.env["res.users"].fields_get()
            if name.startswith("sel_groups_") and str(self.system.id) in name.split("_")
        ]
        vals = dict.fromkeys(names, self.system.id) or {series.USER_GROUPS: [(4, self.system.id)]}
        self.assert_ends(lambda: self.employee.write(vals))

    def test_by_the_users_of_the_group(self):
        self.assert_ends(lambda: self.system.write({self.users_of_group: [(4, self.employee.id)]}))

    def test_by_a_group_that_implies_it(self):
        team = self.team()
        self.assert_ends(lambda: team.write({"implied_ids": [(4, self.erp_manager.id)]}))

    def test_by_a_group_that_implies_it_through_another(self):
        team = self.team()
        between = self.env["res.groups"].create({"name": "Between"})
        team.write({"implied_ids": [(4, between.id)]})
        self.assert_ends(lambda: between.write({"implied_ids": [(4, self.system.id)]}))

    def test_by_a_new_group(self):
        vals = {"name": "New", "implied_ids": [(4, self.system.id)], self.users_of_group: [(4, self.employee.id)]}
        self.assert_ends(lambda: self.env["res.groups"].create(vals))

    def test_after_a_rotation(self):
        """The successor was created by the employee's own call."""
        _record, secret = self.make_by(self.manager)
        _successor, answer = self.rotate(secret)
        self.promote()
        self.assert_works(answer["key"], False)

    def test_after_a_rotation_by_the_manager(self):
        """The employee's own key, until the manager was shown its successor."""
        record, secret = self.make_by(self.employee)
        successor, shown = record.with_user(self.manager)._rotate()
        self.assertEqual(successor.sudo().generator_id, self.manager)
        self.promote()
        self.assert_works(shown, False)
        self.assert_works(secret)

    def test_with_its_successors(self):
        record, secret = self.make_by(self.manager)
        successor, answer = self.rotate(secret)
        successor.sudo().generator_id = self.employee
        self.promote()
        self.assert_works(answer["key"], False)

    def test_when_the_manager_is_gone(self):
        manager = new_test_user(self.env, "json2_gone", f"base.group_user,{MANAGER}")
        _record, secret = self.make_by(manager)
        manager.unlink()
        self.promote()
        self.assert_works(secret, False)

    def test_a_key_of_an_administrator_stays(self):
        _record, secret = self.make_by(self.admin)
        self.promote()
        self.assert_works(secret)

    def test_who_may_change_access_rights_is_no_administrator_yet(self):
        officer = new_test_user(self.env, "json2_officer", f"{ERP_MANAGER},{MANAGER}")
        _record, secret = self.make_by(officer)
        self.promote(self.erp_manager)
        self.assert_works(secret)
        self.promote(self.system)
        self.assert_works(secret, False)

    def test_both_are_promoted(self):
        _record, secret = self.make_by(self.manager)
        self.system.write({self.users_of_group: [(4, self.employee.id), (4, self.manager.id)]})
        self.assert_works(secret)

    def test_other_changes_end_nothing(self):
        record, secret = self.make_by(self.manager)
        administrator, administrators = self.make_by(self.manager, self.admin)
        self.employee.write({"name": "Renamed"})
        self.promote(self.env.ref("json2_backport.group_json2_user"))
        self.system.write({"comment": "Renamed"})
        self.assertTrue(record.active and administrator.active)
        self.assert_works(secret)
        self.assert_works(administrators)


class TestCaches(FamilyCase):
    """What changes nothing clears no cache: that would be a way to slow every process down, for anybody with a key."""

    def clears(self, path, body, key):
        self.env.flush_all()
        with patch.object(series, "clear_key_cache") as clear:
            self.post(path, body, key=key)
        return clear.called

    def test_nothing_was_changed(self):
        _record, employee = self.make(self.employee, 1)
        archived, _secret = self.make(self.user, 1, active=False)
        for path, body, key in (
            ("json2.api.key/unlink", {"ids": []}, employee),
            ("json2.api.key/unlink", {"ids": [99999999]}, employee),
            ("json2.api.key/write", {"ids": [], "vals": {"active": False, "name": "x"}}, employee),
            ("json2.api.key/action_archive", {"ids": []}, employee),
            ("json2.api.key/unlink", {"ids": []}, self.secret),
            ("json2.api.key/action_archive", {"ids": archived.ids}, self.secret),
            ("json2.api.key/write", {"ids": [], "vals": {"active": False}}, self.key),
            ("json2.api.key/write", {"ids": self.record.ids, "vals": {"active": True}}, self.key),
            ("json2.api.key/write", {"ids": archived.ids, "vals": {"active": False}}, self.key),
            ("res.users/write", {"ids": [], "vals": {"active": False}}, employee),
            ("res.users/write", {"ids": [], "vals": {"active": False}}, self.key),
            ("res.users/write", {"ids": self.employee.ids, "vals": {"active": True}}, self.key),
            ("res.users/unlink", {"ids": []}, employee),
        ):
            with self.subTest(path, body=body):
                self.assertFalse(self.clears(path, body, key))

    def test_something_was_changed(self):
        for path, body in (
            ("json2.api.key/action_archive", {"ids": self.record.ids}),
            ("json2.api.key/unlink", {"ids": self.record.ids}),
            ("res.users/write", {"ids": self.employee.ids, "vals": {"active": False}}),
        ):
            with self.subTest(path, body=body):
                self.assertTrue(self.clears(path, body, self.key))

    def test_a_restriction_was_changed(self):
        session = self.web(self.manager)
        with patch.object(series, "clear_key_cache") as clear:
            session.call("json2.api.key", "write", self.record.ids, {"allowed_methods": "read"})
        self.assertTrue(clear.called)


class TestTexts(FamilyCase):
    """The log repeats the name of a key in each of its rows."""

    LONG = {
        "name": "x" * 129,
        "allowed_models": ",".join(["res.partner"] * 84),
        "allowed_methods": "a" * 1001,
        "allowed_networks": " ".join(["192.0.2.7"] * 101),
    }
    NAMES = ("two\nlines", "two\rlines", "two\x85lines", "two\u2028lines", "tab\t", "escape\x1b[2J", "bell\x07", "del\x7f")

    def values(self):
        return [*({name: value} for name, value in self.LONG.items()), *({"name": name} for name in self.NAMES)]

    def test_the_longest(self):
        values = {"allowed_models": "a" * 1000, "allowed_methods": "a" * 1000, "allowed_networks": "192.0.2.7," * 100}
        record, _secret = self.env["json2.api.key"]._generate("ü" * 128, self.user, **values)
        self.assertEqual(len(record.name), 128)

    def test_of_a_new_key(self):
        for vals in self.values():
            with self.subTest(str(vals)[:40]), self.assertRaises(ValidationError):
                self.env["json2.api.key"]._generate(**{"name": "Shop", "user": self.user, **vals})

    def test_of_a_key(self):
        session = self.web(self.manager)
        for vals in self.values():
            with self.subTest(str(vals)[:40]), self.assertRaises(ValidationError) as caught:
                session.call("json2.api.key", "write", self.record.ids, vals)
            self.assertLess(len(str(caught.exception)), 200)

    def test_of_the_wizard(self):
        for vals in [*self.values(), {"bot_name": "x" * 129}, {"bot_name": "two\nlines"}]:
            with self.subTest(str(vals)[:40]):
                body = {"vals_list": [{"name": "Shop", **vals}]}
                response = self.post("json2.api.key.wizard/create", body, key=self.make(self.user, 1)[1])
                self.assert_error(response, 422, VALIDATION_ERROR)

    def test_what_is_there_already_goes_on(self):
        """Such a key can be changed, archived and rotated. A new value has to be a short one."""
        values = {**self.LONG, "name": "two\n" + "x" * 5000, "allowed_methods": "*" + "*" * 1001, "allowed_models": "*" * 1001}
        self.env.flush_all()
        for name, value in {**values, "allowed_networks": " ".join(["127.0.0.1"] * 101)}.items():
            self.env.cr.execute(f'UPDATE json2_api_key SET "{name}" = %s WHERE id = %s', [value, self.record.id])  # noqa: S608
        self.env.invalidate_all()
        successor, answer = self.rotate(self.secret)
        self.assertEqual(successor.name, values["name"])
        self.rotate(answer["key"])
        session = self.web(self.manager)
        session.call("json2.api.key", "write", self.record.ids, {"log_arguments": "never", "rate_limit": 5})
        for vals in ({"name": "y" * 5000}, {"allowed_models": "a" * 1001}):
            for key in (self.record, successor):
                with self.assertRaises(ValidationError):
                    session.call("json2.api.key", "write", key.ids, vals)
        successor.with_user(self.user).action_archive()
        self.assert_works(answer["key"], False)
