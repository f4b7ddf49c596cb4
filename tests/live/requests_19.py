"""Requests whose answers are compared with those of native Odoo 19, in the order in which they are sent.

The answers of one depend on what those before it did, so both servers get all of them in this order, on databases that are
alike. In headers, {key}, {user_key}, {internal}, {portal} stand for keys and {database} for the name of the database.
"""
import json
from dataclasses import dataclass, field

PARTNER = "res.partner"
NOBODY = 99999999
HUGE = 99999999999999999999
NAME_ONLY = {"fields": ["name"]}


@dataclass(frozen=True)
class Request:
    name: str
    path: str
    body: object = None
    verb: str = "POST"
    headers: dict = field(default_factory=dict)
    # The database of ours has other ids there, because the addon made records of that model.
    other_ids: bool = False


def call(name, target, body, **headers):
    """A call of model/method; underscores in the names of headers stand for dashes."""
    headers = {header.replace("_", "-"): value for header, value in headers.items()}
    return Request(name, "/json/2/" + target, body, headers=headers)


def partner(name, method, body=None, **headers):
    return call(name, f"{PARTNER}/{method}", {} if body is None else body, **headers)


# What native19.md shows, in its order.
CONTRACT = [
    partner("search_read", "search_read", {"domain": [], "fields": ["name"], "limit": 1}),
    partner("search", "search", {"domain": [], "limit": 2}),
    partner("read", "read", {"ids": [1], "fields": ["name", "create_date", "write_uid", "category_id", "image_128"]}),
    partner("read, load null", "read", {"ids": [1], "fields": ["name"], "load": None}),
    partner("create one", "create", {"vals_list": {"name": "x"}}),
    partner("create two", "create", {"vals_list": [{"name": "x"}, {"name": "y"}]}),
    partner("copy", "copy", {"ids": [1]}),
    partner("write", "write", {"ids": [1], "vals": {"ref": "r"}}),
    partner("write without ids", "write", {"vals": {"ref": "r"}}),
    partner("read, no such record", "read", {"ids": [NOBODY]}),
    partner("write, no such record", "write", {"ids": [NOBODY], "vals": {"ref": "r"}}),
    partner("unlink, no such record", "unlink", {"ids": [NOBODY]}),
    partner("unlink nothing", "unlink", {"ids": []}),
    partner("no such method", "nope"),
    call("no such model", "no.model/search", {"domain": []}),
    partner("underscore method", "_search", {"domain": []}),
    partner("sudo", "sudo"),
    partner("browse", "browse", {"ids": [1]}),
    partner("search with ids", "search", {"ids": [1], "domain": []}),
    partner("unknown argument", "search", {"domain": [], "bogus": 1}),
    partner("domain is a text", "search", {"domain": "bad"}),
    partner("unknown field in the domain", "search", {"domain": [["nofield", "=", 1]]}),
    partner("ids is a text", "read", {"ids": "abc"}),
    partner("ids is a number", "read", {"ids": 1}),
    partner("ids of a text", "read", {"ids": ["a"]}),
    partner("ids null", "read", {"ids": None}),
    partner("context is a text", "search", {"domain": [], "context": "abc"}),
    partner("context null", "search", {"domain": [], "context": None}),
    partner("context with an unknown language", "search_count", {"domain": [], "context": {"lang": "xx_YY"}}),
    partner("context with an unknown time zone", "search_count", {"domain": [], "context": {"tz": "bad/tz"}}),
    partner("context with a foreign company", "search_count", {"domain": [], "context": {"allowed_company_ids": [999]}}),
    partner("body is a list", "search_count", [1, 2]),
    partner("no body", "search_count", b""),
    partner("name twice in the body", "search_count", b'{"domain":[], "domain":[["id","=",1]]}'),
    partner("body cut short", "search_count", b'{"domain":[}'),
    partner("body is no text", "search_count", b"\xff\xfe"),
    partner("text/plain", "search_count", {"domain": []}, Content_Type="text/plain"),
    partner("no Content-Type", "search_count", {"domain": []}, Content_Type=None),
    partner("charset utf-8", "search_count", {"domain": []}, Content_Type="application/json; charset=utf-8"),
    partner("no Authorization", "search_count", {"domain": []}, Authorization=None),
    partner("unknown key", "search_count", {"domain": []}, Authorization="Bearer bad"),
    partner("Bearer without a key", "search_count", {"domain": []}, Authorization="Bearer"),
    partner("Basic", "search_count", {"domain": []}, Authorization="Basic YWRtaW46YWRtaW4="),
    partner("bEARER", "search_count", {"domain": []}, Authorization="bEARER {key}"),
    partner("X-Odoo-Database", "search_count", {"domain": []}, X_Odoo_Database="{database}"),
    partner("X-Odoo-Database, no such", "search_count", {"domain": []}, X_Odoo_Database="nodb"),
    Request("GET a call", "/json/2/res.partner/search_count", verb="GET"),
    Request("PUT a call", "/json/2/res.partner/search_count", {"domain": []}, "PUT"),
    Request("OPTIONS of a call", "/json/2/res.partner/search_count", verb="OPTIONS"),
    Request("HEAD of a call", "/json/2/res.partner/search_count", verb="HEAD"),
    Request("GET /json/2", "/json/2", verb="GET"),
    Request("POST /json/2", "/json/2", {}),
    Request("POST without a method", "/json/2/res.partner", {}),
    Request("POST with a longer path", "/json/2/res.partner/search/1", {}),
    Request("POST with a slash behind", "/json/2/res.partner/search/", {"domain": []}),
    call("context_get", "res.users/context_get", {}),
    partner("fields_get", "fields_get", {"allfields": ["name"], "attributes": ["type", "string"]}),
    partner("name_search", "name_search", {"name": "a", "domain": [], "limit": 2}),
    partner("default_get", "default_get", {"fields": ["lang"]}),
    partner("has_access", "has_access", {"operation": "read"}),
    partner("name_create", "name_create", {"name": "zz"}),
    call("required field missing", "res.users/create", {"vals_list": [{"name": "a"}]}),
    call("res.lang", "res.lang/search_read", {"domain": [], "fields": ["code"]}),
    call("ir.model", "ir.model/search", {"domain": [], "limit": 1}),
    partner("formatted_read_group", "formatted_read_group", {
        "domain": [], "groupby": ["is_company"], "aggregates": ["__count"]}),
    partner("ensure_one", "ensure_one", {"ids": [1]}),
    partner("is_transient", "is_transient"),
    partner("get_base_url", "get_base_url", {"ids": [1]}),
]

IDS = [True, False, 0, "", "1", ["1"], {}, {"1": 2}, [1.5], 1.0, [True], [None], [[1]], [1, 1], HUGE, [-1], -1, [0], [1, "a"]]

CONTEXTS = [
    [], "", 0, False, 1, [["lang", "en_US"]], [1], {"lang": None}, {"lang": 1}, {"lang": "es"}, {"lang": ["en_US"]}, {"tz": 1},
    {"active_test": "x"}, {"active_test": False}, {"allowed_company_ids": "x"}, {"allowed_company_ids": []},
    {"allowed_company_ids": 1}, {"allowed_company_ids": [1]}, {"allowed_company_ids": ["a"]}, {"uid": 1}, {"a": {"b": [1]}},
]

BODIES = [
    None, "x", 1, True, [], {"self": 1}, {"domain": [], "self": 1}, {"domain": [], "__model__": "x"},
    {"domain": [], "__method__": "unlink"}, {"domain": [], "model": "x"}, {"domain": [], "method": "x"}, {"domain": [], "": 1},
    {"domain": [], "kwargs": 1}, {"domain": [], "args": []}, {"args": [[]]}, {"domain": [], "ids": []},
    {"domain": [], "ids": None},
    {"domain": [], "ids": 0}, {"domain": [], "ids": False}, {"domain": [], "cls": 1}, {"domain": [], "function": 1},
    {"domain": [], "records": 1}, {"domain": [], "arguments": {}}, {"domain": [], "call": 1}, {"domain": [], "env": 1},
]

DOMAINS = [
    None, False, "", 0, [["name", "=", "x"]], ["name", "=", "x"], [["name", "="]], [["name", "~~", "x"]], ["&"],
    ["|", ["id", "=", 1]], [["id", "=", "abc"]], [["id", "in", 1]], [["nofield.x", "=", 1]], [["parent_id.nofield", "=", 1]],
    [["name", "ilike", None]], [1], [[1, 2, 3]], [[1, "=", 1]], [[0, "=", 1]], {"a": 1}, 5, [["id", "=", HUGE]],
    [["create_date", ">", "bad"]], [["create_date", ">", "2020-01-01"]], [["id", "in", ["a"]]], [["name", "=", {"a": 1}]],
    [["active", "=", "x"]], ["!"], ["!", ["id", "=", 1]], [["parent_id", "child_of", "x"]], [["category_id", "in", [[1]]]],
    [["name", "in", [["x"]]]], [["parent_id", "any", [["nofield", "=", 1]]]], [["parent_id", "any", "x"]],
    [["create_date.month_number", "=", 1]], [["name", "=", "x"], "&"], [["id", "=", 1], ["id", "=", 1]], [[]], [None],
    [["name", "=", 1]], [["name", "like", 1]], [["id", "=like", "x"]], [["display_name", "=", "x"]], [["email", "!=", False]],
    [["create_date", ">", 5]], [["color", "=", "1"]], [["name", 5, "x"]], [[["name"], "=", "x"]], [["name", "IN", ["x"]]],
]

ORDERS = ["bad", "name bad", "name;drop", 5, "name desc, id", "nofield asc", None, "", "id desc nulls last", "parent_id.name",
          True, ["name"], ",", "image_128"]

NUMBERS = ["x", "1", -1, 0, 1.5, None, True, False, HUGE, [1], {"a": 1}]

FIELDS = ["name", ["nofield"], [1], 5, {"a": 1}, [], None, [None], False, [["name"]], ["name", "name"], ["id"], [""]]

VALUES = [
    {"nofield": 1}, {"name": {"a": 1}}, {"name": ["a"]}, {"name": 5, "ref": 5.5}, {"parent_id": "x"}, {"parent_id": NOBODY},
    {"category_id": [[6, 0, ["x"]]]}, {"category_id": "x"}, {"category_id": [[9, 0, 0]]}, {"category_id": [[6, 0, [NOBODY]]]},
    {"name": "c", "category_id": [[0, 0, {"name": "new"}]]}, {"category_id": [[0, 0, {"nofield": 1}]]}, {"color": "x"},
    {"active": "x"}, {"create_date": "x"}, "x", 5, None, [], [[]], [None], {"name": None}, {"lang": "xx"}, {"id": 5},
    {"color": 99999999999999}, {}, {"type": "nonsense"}, {"name": "d", "partner_latitude": "x"}, {"image_1920": "no base64"},
    {"name": "e", "comment": "<p onclick='x'>é</p>"}, {"": 1}, {"name": "f", "child_ids": [{"name": "g"}]},
]

METHODS = [
    "init", "_name", "name", "env", "ids", "create_", "fields_get_", "__class__", "exists", "pool", "load", "name_get",
    "read_group", "read%20", "READ", "_auto_init", "search_fetch",
    "search_read", "fields_get", "name_search", "default_get", "unlink", "write",
    "create", "copy", "display_name", "id", "action_archive", "%D0%BC", "read.x", "onchange",
]

# All that 19 refuses beside names with an underscore: the end of native19.md.
PRIVATE = """
    browse check_access concat ensure_one exists fetch filtered filtered_domain flush_model flush_recordset grouped
    invalidate_model invalidate_recordset lock_for_update mapped modified new search_fetch sorted sudo
    try_lock_for_update union update with_company with_context with_env with_prefetch with_user
""".split()

AUTHORIZATIONS = {
    "two blanks": "Bearer  {key}",
    "blank behind": "Bearer {key} ",
    "word behind": "Bearer {key} x",
    "not ASCII": b"Bearer \xe9",
    "tab": "Bearer\t{key}",
    "no blank": "bearer{key}",
    "key alone": "{key}",
    "long": "Bearer x" * 2000,
    "unknown Odoo key": "Bearer b9218dca00000000000000000000000000000000",
    "unknown key of ours": "Bearer j2_0000000000000000000000000000000000000000000000000",
    "our prefix only": "Bearer j2_",
    "control character": "Bearer \x01",
    "Token": "Token {key}",
    "quoted": 'Bearer "{key}"',
    "key twice": "Bearer {key}, Bearer {key}",
    "empty": "",
    "Digest": "Digest x",
    "an Odoo key": "Bearer {user_key}",
    "key of an internal user": "Bearer {internal}",
    "key of a portal user": "Bearer {portal}",
}

CONTENT_TYPES = [
    "application/json", "APPLICATION/JSON", "application/vnd.api+json", "application/x-www-form-urlencoded",
    "multipart/form-data", "application/json-rpc", "text/json", "application/json;charset=latin1", "*/*", "", None,
]

RAW_BODIES = {
    "latin1": '{"domain":[["name","=","é"]]}'.encode("latin1"),
    "utf-8": '{"domain":[["name","=","é"]]}'.encode(),
    "utf-16": '{"domain":[["name","=","é"]]}'.encode("utf-16"),
    "byte order mark": b'\xef\xbb\xbf{"domain":[]}',
    "NaN": b'{"domain":[], "limit": NaN}',
    "Infinity": b'{"domain":[], "limit": Infinity}',
    "nested too deeply": b"[" * 5000 + b"]" * 5000,
    "NUL": b'{"domain":[["name","=","\\u0000"]]}',
    "lone surrogate": b'{"domain":[["name","=","\\ud800"]]}',
    "number with 5000 digits": b'{"domain":[["id","=",' + b"9" * 5000 + b"]]}",
    "blanks": b"  ",
    "two objects": b'{"domain":[]}{"domain":[]}',
    "blanks around": b' \n{"domain":[]}\r\n\t',
    "single quotes": b"{'domain':[]}",
    "comma behind": b'{"domain":[],}',
}

VERBS = ["GET", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "FOO"]
PATHS = ["/json/2", "/json/2/", "/json/2/a", "/json/2/a/b", "/json/2/res.partner/search_count", "/json/2/a/b/c", "/json/",
         "/json/2x", "/json/3"]
POST_PATHS = ["/json/2", "/json/2/", "/json/2/a", "/json/2/a/b/c", "/json/2//b", "/json/2/res.partner//search",
              "/json/2/res.partner/search_count?x=1", "/json/2/res.partner/search_count?domain=1&ids=1",
              "/json/2/res.partner/search_count#x", "/json/2/res.partner/search_count/", "/JSON/2/res.partner/search_count",
              "/json/2/res.partner%2Fx/search", "/json/2//search", "/json/2/res%2Epartner/search_count",
              "/json/2/res.partner/%73earch_count", "/json/2x", "/json/20/a/b", "/en/json/2/res.partner/search_count"]

# Beside what was asked for: what integrators call every day, and every shape of result.
EVERYDAY = [
    partner("read one, all fields", "read", {"ids": [1], "load": None}),
    partner("dates", "read", {"ids": [3], "fields": ["create_date", "write_date"]}),
    call("date without time", "res.currency.rate/create", {"vals_list": {"name": "2024-02-29", "rate": 1.25, "currency_id": 1}}),
    call("read a date", "res.currency.rate/search_read", {"domain": [], "fields": ["name", "rate", "currency_id"]}),
    Request("create an attachment", "/json/2/ir.attachment/create", {
        "vals_list": {"name": "a.txt", "datas": "aMOp"}}, other_ids=True),
    Request("read bytes", "/json/2/ir.attachment/search_read", {
        "domain": [["name", "=", "a.txt"]], "fields": ["datas", "raw", "file_size", "mimetype"]}, other_ids=True),
    call("attachment that is no base64", "ir.attachment/create", {"vals_list": {"name": "b", "datas": "é"}}),
    partner("search_count", "search_count", {"domain": [["is_company", "=", True]]}),
    partner("search_count with a limit", "search_count", {"domain": [], "limit": 1}),
    partner("search_read, no arguments", "search_read", {}),
    partner("read_group", "read_group", {"domain": [], "fields": ["color"], "groupby": ["is_company"]}),
    partner("read_group by month", "read_group", {"domain": [["id", "<", 4]], "fields": [], "groupby": ["create_date:year"]}),
    partner("read_group by nonsense", "read_group", {"domain": [], "fields": [], "groupby": ["nofield"]}),
    partner("read_group of nonsense", "read_group", {"domain": [], "fields": ["nofield:sum"], "groupby": []}),
    partner("formatted_read_group by nonsense", "formatted_read_group", {"domain": [], "groupby": ["nofield"]}),
    partner("formatted_read_group of nonsense", "formatted_read_group", {"domain": [], "aggregates": ["nofield:sum"]}),
    partner("formatted_read_group by a number", "formatted_read_group", {"domain": [], "groupby": 5}),
    partner("web_read", "web_read", {"ids": [1], "specification": {"name": {}, "country_id": {"fields": {"code": {}}}}}),
    partner("web_read of nonsense", "web_read", {"ids": [1], "specification": {"nofield": {}}}),
    partner("web_search_read", "web_search_read", {"domain": [], "specification": {"name": {}}, "limit": 2}),
    partner("web_save", "web_save", {"vals": {"name": "web"}, "specification": {"name": {}}}),
    partner("web_read_group", "web_read_group", {"domain": [], "groupby": ["is_company"], "aggregates": ["__count"]}),
    partner("export_data", "export_data", {"ids": [1, 3], "fields_to_export": ["name", ".id"]}),
    partner("load", "load", {"fields": ["name", "ref"], "data": [["loaded", "1"], ["loaded 2", "2"]]}),
    partner("load with a bad row", "load", {"fields": ["name", "color"], "data": [["loaded", "no number"]]}),
    partner("copy with defaults", "copy", {"ids": [1], "default": {"name": "copied"}}),
    partner("copy two", "copy", {"ids": [1, 3]}),
    partner("copy_data", "copy_data", {"ids": [3]}),
    partner("name_search by args", "name_search", {"args": []}),
    partner("name_search, operator", "name_search", {"name": "My Company", "operator": "="}),
    partner("name_search, no arguments", "name_search", {}),
    partner("name_create, no name", "name_create", {"name": ""}),
    partner("default_get by fields_list", "default_get", {"fields_list": ["lang"]}),
    partner("default_get of nonsense", "default_get", {"fields": ["nofield"]}),
    partner("fields_get of nonsense", "fields_get", {"allfields": ["nofield"]}),
    partner("fields_get, attributes", "fields_get", {"allfields": ["name", "id", "country_id"]}),
    partner("write by values", "write", {"ids": [1], "values": {}}),
    partner("create by values", "create", {"values": {}}),
    partner("create without arguments", "create", {}),
    partner("create with ids", "create", {"ids": [1], "vals_list": {"name": "x"}}),
    partner("write without vals", "write", {"ids": [1]}),
    partner("write to several", "write", {"ids": [1, 3], "vals": {"ref": "both"}}),
    partner("archive", "action_archive", {"ids": [1]}),
    partner("unarchive", "action_unarchive", {"ids": [1]}),
    partner("has_access to nonsense", "has_access", {"operation": "nonsense"}),
    partner("check_access_rights", "check_access_rights", {"operation": "read"}),
    partner("get_external_id", "get_external_id", {"ids": [1]}),
    partner("get_metadata", "get_metadata", {"ids": [1]}),
    partner("get_formview_action", "get_formview_action", {"ids": [1]}),
    partner("get_views", "get_views", {"views": [[False, "search"]]}),
    partner("get_view of nonsense", "get_view", {"view_type": "nonsense"}),
    partner("onchange", "onchange", {"values": {}, "field_names": [], "fields_spec": {"name": {}, "lang": {}}}),
    partner("get_field_translations", "get_field_translations", {"ids": [1], "field_name": "name"}),
    call("translations of a field", "res.country/get_field_translations", {"ids": [1], "field_name": "name"}),
    partner("context with active_test", "search_count", {"domain": [], "context": {"active_test": False}}),
    partner("context with bin_size", "read", {"ids": [1], "fields": ["image_128"], "context": {"bin_size": True}}),
    partner("context with a default", "create", {"vals_list": {"name": "defaulted"}, "context": {"default_ref": "from context"}}),
    partner("its result", "search_read", {"domain": [["name", "=", "defaulted"]], "fields": ["name", "ref", "lang"]}),
    call("delete a user", "res.users/unlink", {"ids": [1]}),
    call("a login that is taken", "res.users/create", {"vals_list": {"name": "x", "login": "admin"}}),
    call("abstract model", "base/search", {"domain": []}),
    call("abstract model, no table", "mail.thread/search", {"domain": []}),
    call("transient model", "res.config.settings/create", {"vals_list": {}}),
    call("execute of a transient", "res.config.settings/execute", {"ids": []}),
    call("model method with a result that is an action", "res.config.settings/cancel", {"ids": []}),
    call("model with a strange name", "res.partner'/search", {"domain": []}),
    call("binary field as bytes", "res.users/read", {
        "ids": [2], "fields": ["login", "image_128"], "context": {"bin_size": True}}),
    call("password cannot be read", "res.users/read", {"ids": [2], "fields": ["password"]}),
    call("key cannot be read", "res.users.apikeys/search_read", {"domain": [["id", "<", 2]]}),
    call("parameters", "ir.config_parameter/get_param", {"key": "database.nothing"}),
    call("field of no access", "res.users.apikeys/read", {"ids": [1], "fields": ["key"]}),
    call("rule of companies", "res.company/search_read", {"domain": [], "fields": ["name", "partner_id"]}),
    call("other types", "res.partner/search_read", {
        "domain": [], "limit": 1, "fields": ["active", "color", "email", "parent_id"]}),
    partner("unlink whom a user needs", "unlink", {"ids": [6]}),
    partner("unlink twice the same", "unlink", {"ids": [12, 12]}),
    partner("it is gone", "read", {"ids": [12]}),
    partner("write with values at the top level", "write", {"ids": [1], "name": "flat"}),
    call("ids of the URL", "res.partner/read?ids=1", {"ids": [3], "fields": ["name"]}),
    partner("answer of a write to nothing", "write", {"ids": [], "vals": {"nofield": 1}}),
    partner("unlink what is used", "unlink", {"ids": [1]}),
    partner("search_read at the end", "search_read", {
        "domain": [], "fields": ["name", "ref", "active", "parent_id"], "order": "id"}),
]

BROWSER = {"Sec-Fetch-Dest": "document", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Site": "none", "Sec-Fetch-User": "?1"}
NO_KEY = {"Authorization": None}
CONTEXT_GET = "/json/2/res.users/context_get"


def with_cookie(name, path=CONTEXT_GET, body=None, verb="POST", **headers):
    return Request(name, path, {} if body is None and verb == "POST" else body, verb, headers)


# Sent with the cookie of the admin's session.
WITH_COOKIE = [
    with_cookie("cookie and key"),
    with_cookie("cookie alone", **NO_KEY),
    with_cookie("cookie, a person in a browser", **NO_KEY, **BROWSER),
    with_cookie("cookie, a person in a browser, same origin", **NO_KEY, **BROWSER | {"Sec-Fetch-Site": "same-origin"}),
    *[with_cookie(f"cookie, {header}: {value}", **NO_KEY, **BROWSER | {header: value}) for header, value in [
        ("Sec-Fetch-Dest", "empty"), ("Sec-Fetch-Mode", "cors"), ("Sec-Fetch-Site", "cross-site"),
        ("Sec-Fetch-Site", "same-site"), ("Sec-Fetch-User", "?0"), ("Sec-Fetch-Dest", None), ("Sec-Fetch-Mode", None),
        ("Sec-Fetch-Site", None), ("Sec-Fetch-User", None)]],
    with_cookie("cookie, browser and the key of another", Authorization="Bearer {internal}", **BROWSER),
    with_cookie("cookie and the key of another", Authorization="Bearer {internal}"),
    with_cookie("cookie and an unknown key", Authorization="Bearer bad"),
    with_cookie("cookie and Basic", Authorization="Basic YWRtaW46YWRtaW4="),
    with_cookie("cookie and text/plain", body=b"x", **NO_KEY, **{"Content-Type": "text/plain"}),
    with_cookie("cookie and GET", verb="GET", **NO_KEY),
    with_cookie("cookie, browser and GET", verb="GET", **NO_KEY, **BROWSER),
    with_cookie("cookie and this database", **{"X-Odoo-Database": "{database}"}),
    with_cookie("cookie and no such database", **{"X-Odoo-Database": "nodb"}),
    with_cookie("cookie and an error", "/json/2/res.partner/nope"),
    with_cookie("cookie, browser and an error", "/json/2/res.partner/nope", **NO_KEY, **BROWSER),
]


def as_user(user, requests):
    return [Request(f"{item.name} as {user}", item.path, item.body, item.verb, {"Authorization": f"Bearer {{{user}}}"})
            for item in requests]


RIGHTS = [
    partner("search partners", "search", {"domain": []}),
    partner("read another partner", "read", {"ids": [3], "fields": ["name"]}),
    partner("write to another partner", "write", {"ids": [1], "vals": {"ref": "by him"}}),
    partner("create a partner", "create", {"vals_list": {"name": "by him"}}),
    partner("delete a partner", "unlink", {"ids": [1]}),
    call("read a parameter", "ir.config_parameter/search_read", {"domain": []}),
    call("get_param", "ir.config_parameter/get_param", {"key": "web.base.url"}),
    call("read a user", "res.users/read", {"ids": [2], "fields": ["login"]}),
    call("read his key", "res.users.apikeys/search_read", {"domain": [], "fields": ["name", "user_id"]}),
    call("field that is restricted to administrators", "res.users/read", {"ids": [2], "fields": ["active", "groups_id"]}),
    call("context_get", "res.users/context_get", {}),
    call("change a password", "res.users/write", {"ids": [2], "vals": {"password": "hacked"}}),
    call("make a group", "res.groups/create", {"vals_list": {"name": "hacked"}}),
    call("server action", "ir.actions.server/run", {"ids": [1]}),
    partner("foreign company", "search", {"domain": [], "context": {"allowed_company_ids": [2]}}),
    partner("has_access to write", "has_access", {"operation": "write"}),
    partner("private method", "sudo"),
]


def text(value):
    return json.dumps(value, ensure_ascii=False)


REQUESTS = [
    *CONTRACT,
    *[item for value in IDS for item in (
        partner(f"read, ids {text(value)}", "read", {"ids": value, **NAME_ONLY}),
        partner(f"write, ids {text(value)}", "write", {"ids": value, "vals": {}}))],
    *[partner(f"context {text(value)}", "search_count", {"domain": [], "context": value}) for value in CONTEXTS],
    *[partner(f"body {text(value)}", "search_count", json.dumps(value).encode()) for value in BODIES],
    *[partner(f"domain {text(value)}", "search", {"domain": value}) for value in DOMAINS],
    *[partner(f"order {text(value)}", "search", {"domain": [], "order": value, "limit": 1}) for value in ORDERS],
    *[partner(f"limit {text(value)}", "search", {"domain": [], "limit": value}) for value in NUMBERS],
    *[partner(f"offset {text(value)}", "search", {"domain": [], "offset": value, "limit": 1}) for value in NUMBERS],
    *[partner(f"read, fields {text(value)}", "read", {"ids": [1], "fields": value, "load": None}) for value in FIELDS],
    *[partner(f"search_read, fields {text(value)}", "search_read", {"domain": [["id", "=", 1]], "fields": value, "limit": 1})
      for value in FIELDS if value],
    *[item for value in VALUES for item in (
        partner(f"create {text(value)}", "create", {"vals_list": value}),
        partner(f"write {text(value)}", "write", {"ids": [3], "vals": value}))],
    *[partner(f"method {name}", name) for name in METHODS],
    *[partner(f"private {name}", name) for name in PRIVATE],
    partner("read, load 5", "read", {"ids": [1], "fields": ["name"], "load": 5}),
    *[partner(f"Authorization: {name}", "search", {"domain": []}, Authorization=value) for name, value in AUTHORIZATIONS.items()],
    *[item for value in CONTENT_TYPES for item in (
        partner(f"Content-Type {value}", "search_count", {"domain": []}, Content_Type=value),
        partner(f"Content-Type {value}, no body", "search_count", b"", Content_Type=value))],
    *[partner(f"body: {name}", "search_count", value) for name, value in RAW_BODIES.items()],
    partner("chunked", "search_count", {"domain": [["id", "=", 1]]}, Transfer_Encoding="chunked"),
    partner("chunked text/plain", "search_count", {"domain": [["id", "=", 1]]}, Transfer_Encoding="chunked",
            Content_Type="text/plain"),
    partner("create a lone surrogate", "create", b'{"vals_list":{"name":"\\ud800"}}'),
    *[Request(f"verb {verb} {path}", path, {"domain": []}, verb) for verb in VERBS for path in PATHS],
    *[Request(f"path {path}", path, {"domain": []}) for path in POST_PATHS],
    Request("text/plain to /json/2", "/json/2", b"x", headers={"Content-Type": "text/plain"}),
    Request("broken body to /json/2", "/json/2", b"{"),
    Request("broken body without a key", "/json/2/res.partner/read", b"{", headers={"Authorization": None}),
    Request("text/plain without a key", "/json/2/res.partner/read", b"{", headers={
        "Authorization": None, "Content-Type": "text/plain"}),
    Request("no such model without a key", "/json/2/no.model/read", {}, headers={"Authorization": None}),
    Request("GET without a key", "/json/2/res.partner/read", verb="GET", headers={"Authorization": None}),
    *EVERYDAY,
    *as_user("internal", RIGHTS),
    *as_user("portal", RIGHTS),
]
