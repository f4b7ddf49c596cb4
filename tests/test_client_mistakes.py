from odoo.tests import TransactionCase

from ..dispatch.call import Call
from ..dispatch.client_mistakes import explain
from ..protocol.masking import mask_text
from .common import Json2Case


class TestDiagnosis(TransactionCase):
    """What is said of a call that has failed."""

    def explain(self, method="search", exception=None, **arguments):
        call = Call("res.partner", method, arguments=arguments)
        return explain(exception or ValueError("some Python error"), self.env["res.partner"], call)

    def test_domains(self):
        for domain, reason in (
            ("bad", "a domain is a list of conditions"),
            ([1], "1 is no condition [field, operator, value]"),
            (["name", "=", "x"], "'name' is no condition [field, operator, value]"),
            ([["name", "="]], "['name', '='] is no condition [field, operator, value]"),
            ([["nofield", "=", 1]], "'res.partner' has no field 'nofield'"),
            ([["country_id.nofield", "=", 1]], "'res.country' has no field 'nofield'"),
            ([["name", "~~", "x"]], "'~~' is no operator"),
            ([["id", "in", 1]], "'in' wants a list of values"),
            (["|", ["id", "=", 1]], "a connector ('&', '|' or '!') lacks a condition"),
            ([["name", "=", {}]], "{} is nothing to compare a field with"),
        ):
            with self.subTest(domain=domain):
                self.assertEqual(self.explain(domain=domain), f"domain: {reason}")

    def test_no_part_of_a_secret_remains_where_a_value_is_cut(self):
        """What is told is masked when it is kept, which is later."""
        key = "3f2a9c0d" * 5
        for at in range(450, 550, 7):
            reason = self.explain(domain=[[f"{'x' * at} {key} {'y' * 400} {key} {'z' * 1000}", "=", 1]])
            self.assertNotIn("9c0d", mask_text(reason), at)
            self.assertIn("...", reason)

    def test_sound_domains(self):
        for domain in (
            [],
            [["name", "=", "x"], ["country_id.code", "in", ["BE"]]],
            ["|", "!", ["id", "=", 1], ["name", "not ilike", "x"]],
            [[1, "=", 1]],
            [["child_ids", "any", [["name", "=", "x"]]]],
        ):
            with self.subTest(domain=domain):
                self.assertIsNone(self.explain(domain=domain))

    def test_other_arguments(self):
        for method, arguments, reason in (
            ("read", {"fields": "name"}, "fields: a list of field names is wanted"),
            ("read", {"fields": ["nofield"]}, "fields: 'res.partner' has no field 'nofield'"),
            ("search", {"limit": "x"}, "limit: a number that is not negative is wanted"),
            ("search", {"order": "nofield desc"}, "order: 'res.partner' has no field 'nofield'"),
            ("write", {"vals": {"nofield": 1}}, "vals: 'res.partner' has no field 'nofield'"),
            ("write", {"vals": {"color": "x"}}, "vals: 'x' is no value for the field 'color'"),
            ("create", {"vals_list": ["x"]}, "vals_list: an object of field values is wanted"),
        ):
            with self.subTest(method=method, arguments=arguments):
                self.assertEqual(self.explain(method, **arguments), reason)

    def test_an_argument_that_was_passed_on(self):
        error = TypeError("Model._read_format() got an unexpected keyword argument 'bogus'")
        self.assertEqual(self.explain(exception=error, bogus=1), "got an unexpected keyword argument 'bogus'")
        self.assertIsNone(self.explain(exception=error, domain=[]))

    def test_a_methods_own_error_stays_a_server_error(self):
        self.assertIsNone(self.explain(domain=[], limit=1))
        self.assertIsNone(self.explain("action_do", domain="not a domain here"))

    def test_a_character_is_blamed_only_when_the_arguments_hold_it(self):
        nul = ValueError("A string literal cannot contain NUL (0x00) characters.")
        surrogate = UnicodeEncodeError("utf-8", "\ud800", 0, 1, "surrogates not allowed")
        for exception, text, word in ((nul, "a\0", "NUL"), (surrogate, "a\ud800", "surrogate")):
            for arguments in ({"name": text}, {"vals_list": [{"name": "x"}, {"child_ids": [[0, 0, {text: 1}]]}]}):
                with self.subTest(word, arguments=arguments):
                    self.assertIn(word, self.explain("name_create", exception, **arguments))
            for arguments in ({}, {"vals": {"name": "NULL", "ref": "\\x00 \\ud800 é"}}):
                with self.subTest(word, arguments=arguments):
                    self.assertIsNone(self.explain("name_create", exception, **arguments))


class TestNames(Json2Case):
    def test_a_value_called_null_is_no_nul(self):
        response = self.post("res.partner/write", {"ids": self.admin.partner_id.ids, "vals": {"type": "NULL"}})
        message = "vals: 'NULL' is no value for the field 'type'"
        self.assert_error(response, 422, "werkzeug.exceptions.UnprocessableEntity", message)

    def test_a_nul_is_one(self):
        response = self.post("res.partner/write", {"ids": self.admin.partner_id.ids, "vals": {"ref": "a\0"}})
        message = "the arguments hold a text with a NUL character, which the database cannot store"
        self.assert_error(response, 422, "werkzeug.exceptions.UnprocessableEntity", message)
