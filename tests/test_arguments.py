from odoo.tests import TransactionCase

from .. import series


# Overrides as they are found in the wild on 16 to 18.
def renamed_write(self, values):
    return values


def forwarding_write(self, *args, **kwargs):
    return args, kwargs


def renamed_name_search(self, name="", args=None, operator="ilike", limit=100):
    return name, args, operator, limit


def forwarding_search_read(self, domain=None, **kwargs):
    return domain, kwargs


def demanding_read(self, fields, load="_classic_read"):
    return fields, load


class TestArguments(TransactionCase):
    """19's argument names bind to whatever an override calls them."""

    def call(self, function, method, **arguments):
        args, kwargs = series.bind(function, method, self.env["res.partner"], arguments)
        return function(*args, **kwargs)

    def test_renamed(self):
        self.assertEqual(self.call(renamed_write, "write", vals={"a": 1}), {"a": 1})

    def test_the_hosts_own_name(self):
        self.assertEqual(self.call(renamed_write, "write", values={"a": 1}), {"a": 1})

    def test_forwarded_by_position(self):
        self.assertEqual(self.call(forwarding_write, "write", vals={"a": 1})[0], ({"a": 1},))

    def test_forwarded_by_name(self):
        domain, kwargs = self.call(forwarding_search_read, "search_read", domain=[], fields=["name"], limit=1)
        self.assertEqual((domain, kwargs), ([], {"fields": ["name"], "limit": 1}))

    def test_one_of_several(self):
        self.assertEqual(
            self.call(renamed_name_search, "name_search", domain=[("id", "=", 1)], limit=2),
            ("", [("id", "=", 1)], "ilike", 2),
        )

    def test_a_default_that_an_override_lacks(self):
        self.assertEqual(self.call(demanding_read, "read"), (None, "_classic_read"))
        self.assertEqual(self.call(demanding_read, "read", load=None), (None, None))

    def test_errors_speak_of_19s_names(self):
        for arguments, message in (
            ({}, "missing a required argument: 'vals'"),
            ({"vals": {}, "bogus": 1}, "got an unexpected keyword argument 'bogus'"),
            ({"vals": {}, "values": {}}, "got an unexpected keyword argument 'values'"),
        ):
            with self.subTest(arguments=arguments), self.assertRaises(TypeError) as caught:
                self.call(renamed_write, "write", **arguments)
            self.assertEqual(str(caught.exception), message)

    def test_a_method_of_another_name_keeps_its_arguments(self):
        with self.assertRaises(TypeError):
            self.call(renamed_write, "action_do", vals={})
        self.assertEqual(self.call(renamed_write, "action_do", values=5), 5)

    def test_every_installed_model(self):
        for model in self.env.values():
            for method, arguments in (
                ("create", ["vals_list"]),
                ("write", ["vals"]),
                ("unlink", []),
                ("copy", ["default"]),
                ("read", ["fields", "load"]),
                ("search", ["domain", "offset", "limit", "order"]),
                ("search_read", ["domain", "fields", "offset", "limit", "order"]),
                ("search_count", ["domain", "limit"]),
                ("read_group", ["domain", "fields", "groupby", "offset", "limit", "orderby", "lazy"]),
                ("name_search", ["name", "domain", "operator", "limit"]),
                ("name_create", ["name"]),
                ("default_get", ["fields"]),
                ("fields_get", ["allfields", "attributes"]),
            ):
                function = getattr(type(model), method)
                with self.subTest(model=model._name, method=method):
                    series.bind(function, method, model, dict.fromkeys(arguments))
