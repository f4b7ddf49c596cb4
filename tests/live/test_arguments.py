"""19's argument names on every model of a database with the usual applications."""
import pytest
from support import ADDON, OURS, Client, Server, databases, drop_with_logs, odoo

APPLICATIONS = ("sale", "purchase", "stock", "account", "project", "crm", "hr_holidays", "mrp", "website_sale",
                "point_of_sale")

# What Odoo 19 calls the arguments of the methods that every model has, and how many of them are required.
ARGUMENTS_19 = {
    "create": (["vals_list"], 1),
    "write": (["vals"], 1),
    "unlink": ([], 0),
    "copy": (["default"], 0),
    "read": (["fields", "load"], 0),
    "search": (["domain", "offset", "limit", "order"], 1),
    "search_read": (["domain", "fields", "offset", "limit", "order"], 0),
    "search_count": (["domain", "limit"], 1),
    "read_group": (["domain", "fields", "groupby", "offset", "limit", "orderby", "lazy"], 3),
    "name_search": (["name", "domain", "operator", "limit"], 0),
    "name_create": (["name"], 1),
    "default_get": (["fields"], 1),
    "fields_get": (["allfields", "attributes"], 0),
}

# What is really called, over HTTP with 19's names and in the shell by position.
CALLS = {
    "create": {"vals_list": []},
    "write": {"vals": {}},
    "copy": {"default": {}},
    "read": {"fields": ["id"]},
    "search": {"domain": [["id", ">", 0]], "offset": 0, "limit": 2},
    "search_read": {"domain": [["id", ">", 0]], "fields": ["id"], "offset": 0, "limit": 2},
    "search_count": {"domain": [["id", ">", 0]]},
    "read_group": {"domain": [["id", ">", 0]], "fields": ["id:count"], "groupby": []},
    "name_search": {"name": "a", "domain": [["id", ">", 0]], "operator": "ilike", "limit": 2},
    "default_get": {"fields": "every field of the model"},
    "fields_get": {"allfields": ["id"], "attributes": ["type"]},
}

# What a wrong name for an argument leads to.
NAMING_ERRORS = ("unexpected keyword", "missing a required argument", "required positional argument",
                 "positional arguments", "multiple values for")

SIGNATURES = f"""
import collections
import inspect

from odoo.addons.{ADDON} import series

ARGUMENTS_19 = {ARGUMENTS_19!r}


def refuses(function, records, arguments):
    try:
        inspect.signature(function).bind(records, **arguments)
    except TypeError:
        return True
    return False


def arrives(function, args, kwargs, names):
    '''Every value at its position, in the signature that will be called.'''
    bound = inspect.signature(function).bind(*args, **kwargs).arguments
    parameters = list(inspect.signature(function).parameters.values())
    for position, name in enumerate(names, 1):
        if len(parameters) <= position or parameters[position].kind is not inspect.Parameter.POSITIONAL_OR_KEYWORD:
            break  # the rest is passed on as it came
        if bound.get(parameters[position].name, name) != name:
            return False
    return True


def check(function, method, model, arguments, what):
    try:
        args, kwargs = series.bind(function, method, model, arguments)
    except TypeError as error:
        refused.append(f"{{model._name}}.{{method}} {{what}}: {{error}}")
        return
    if not arrives(function, args, kwargs, list(arguments)):
        misplaced.append(f"{{model._name}}.{{method}} {{what}}: {{args[1:]}} {{kwargs}}")


refused, misplaced, overridden = [], [], []
raw = collections.Counter()
checked = 0
for name in sorted(env.registry.models):
    model = env[name]
    for method, (names, required) in ARGUMENTS_19.items():
        checked += 1
        function = series.public_method(model, method)
        everything = {{argument: argument for argument in names}}
        if refuses(function, model, everything):
            raw[method] += 1
        if not inspect.unwrap(function).__qualname__.startswith("BaseModel."):
            overridden.append([name, method])
        check(function, method, model, {{argument: argument for argument in names[:required]}}, "required")
        check(function, method, model, everything, "all")
        own = [parameter.name for parameter in list(inspect.signature(function).parameters.values())[1:]
               if parameter.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD]
        check(function, method, model, {{argument: argument for argument in own}}, "the host's own")
result = {{"models": len(env.registry.models), "checked": checked, "raw": raw, "overridden": overridden, "refused": refused,
          "misplaced": misplaced, "fields": {{name: sorted(model._fields) for name, model in env.registry.models.items()}}}}
"""

# The same calls by position, as the admin and with an empty context, as over HTTP: what went wrong, or nothing.
BY_POSITION = """
outcomes = []
for name, method, arguments in sample:
    try:
        with env.cr.savepoint():
            getattr(env(user=2, context={})[name], method)(*arguments)
            env.flush_all()
        outcomes.append(None)
    except Exception as error:
        outcomes.append(f"{type(error).__module__}.{type(error).__name__}")
result = outcomes
"""

# With tracebacks, so that a failure tells what it is.
GENERATE_KEY = """
env["ir.config_parameter"].set_param("json2_backport.traceback", "always")
result = env["json2.api.key"]._generate("arguments", env["res.users"].browse(2))[1]
"""

# On 19.0 the native endpoint installs itself, keeps the route, and cannot be uninstalled while the server loads it. It
# consists of routes only, so this does it.
REMOVE_NATIVE = """
env.cr.execute("UPDATE ir_module_module SET state = 'uninstalled' WHERE name IN ('rpc', 'api_doc')")
"""


@pytest.fixture(scope="module")
def database(host, shell):
    """A copy of a database with the applications, and with the addon."""
    source = databases.template(host, ("base", "web", *APPLICATIONS))
    name = databases.temporary_name("livearguments", host)
    databases.clone(source, name)
    odoo.install(host, name, "--init", ADDON, *databases.demo_options(host, False))
    if host.major >= 19:
        shell(name, REMOVE_NATIVE)
    yield name
    drop_with_logs(name)


@pytest.fixture(scope="module")
def signatures(database, shell):
    return shell(database, SIGNATURES)


def test_names_of_19(host, shell, database):
    """That the table above tells what 19.0 does."""
    if host.major < 19:
        pytest.skip("asked of 19.0")
    source = f"import inspect\nfrom odoo.models import BaseModel\nresult = {{name: [[p.name, p.default is p.empty] for p in " \
             f"list(inspect.signature(getattr(BaseModel, name)).parameters.values())[1:]] for name in {list(ARGUMENTS_19)}}}"
    found = shell(database, source)
    expected = {method: [[name, index < required] for index, name in enumerate(names)]
                for method, (names, required) in ARGUMENTS_19.items()}
    found["search_read"].remove(["read_kwargs", True])
    assert found == expected


def test_all_models_bind(host, signatures, capsys):
    """create, write, ... of every model take 19's names, and the host's own, and put the values where they belong."""
    with capsys.disabled():
        refusals = ", ".join(f"{method} {count}" for method, count in signatures["raw"].items()) or "none"
        print(f"\nOdoo {host.series}: {signatures['models']} models, {signatures['checked']} methods; "
              f"the signatures alone would refuse: {refusals}")
    assert signatures["models"] > 400
    assert signatures["refused"] == []
    assert signatures["misplaced"] == []
    if host.major < 19:
        # Else this test would not show anything.
        assert signatures["raw"]["write"] > 40
        assert signatures["raw"]["create"] > 10
        assert signatures["raw"]["default_get"] > 400
        assert signatures["raw"]["name_search"] == signatures["models"]
    else:
        assert signatures["raw"] == {}


def test_real_calls(host, database, signatures, shell, capsys):
    """Over HTTP with 19's names, and in the shell by position: the same comes of it on both ways."""
    fields = signatures["fields"]
    # Every override, since it is those that give other names, and one model in ten of those that have none.
    pairs = [tuple(pair) for pair in signatures["overridden"]]
    pairs += [(name, method) for name in sorted(fields)[::10] for method in CALLS]
    sample = [(name, method, {"fields": fields[name]} if method == "default_get" else CALLS[method])
              for name, method in dict.fromkeys(pairs) if method in CALLS and "id" in fields[name]
              # Before 18 the host's copy wants one record; over HTTP it takes any number, as on 19.
              and (method != "copy" or host.major >= 18)]
    positional = [(name, method, list(arguments.values())) for name, method, arguments in sample]
    by_position = shell(database, f"sample = {positional!r}\n{BY_POSITION}")
    key = shell(database, GENERATE_KEY)
    # Creating no field, or no model, sets all models up anew, and a cron that works meanwhile is in the way (also on the host).
    with Server(host, database, load=OURS, extra=("--max-cron-threads=0",)) as server:
        client = Client(server, key)
        by_name = [client.call(*call) for call in sample]

    different, misnamed = [], []
    for (name, method, _arguments), expected, answer in zip(sample, by_position, by_name, strict=True):
        error = None if answer.status_code == 200 else answer.json()
        if (error and error["name"]) != expected:
            told = f"{error['name']} {error['message']}\n{error['debug']}" if error else "nothing"
            different.append(f"{name}.{method}: {expected or 'nothing'} by position, {told} over HTTP")
        if error and any(words in error["message"] for words in NAMING_ERRORS):
            misnamed.append(f"{name}.{method}: {error['message']}")
    with capsys.disabled():
        answered = sum(answer.status_code == 200 for answer in by_name)
        print(f"\nOdoo {host.series}: {len(sample)} calls with 19's names, {answered} of them answered 200")
    assert not different, "\n\n".join(different)
    assert misnamed == []
    assert answered > len(sample) * 0.8
