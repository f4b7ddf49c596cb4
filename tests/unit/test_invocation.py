import pytest

from protocol.invocation import InvalidParams, Invocation, UnknownMethod, read


def call(**params):
    return read("call", params)


def service(name, method, *args):
    return call(service=name, method=method, args=list(args))


def test_shorthand():
    assert read("res.partner.read", {"ids": [1], "fields": ["name"]}) == Invocation(
        "read", "res.partner", kwargs={"ids": [1], "fields": ["name"]})
    assert read("res.partner.read", [[1], ["name"]]) == Invocation("read", "res.partner", args=([1], ["name"]))
    assert read("res.partner.read", {"db": "d", "api_key": "k", "ids": 1}) == Invocation(
        "read", "res.partner", kwargs={"ids": 1}, database="d", api_key="k")


def test_model():
    assert call(model="res.partner", method="read", args=[[1]], kwargs={"fields": []}) == Invocation(
        "read", "res.partner", args=([1],), kwargs={"fields": []})
    assert call(model="res.partner", method="search", kwargs=None, db="d", api_key="k") == Invocation(
        "search", "res.partner", database="d", api_key="k")
    assert call(model="m", method="x", context={"lang": "es"}).kwargs == {"context": {"lang": "es"}}
    assert call(model="m", method="x", context={"a": 1}, kwargs={"context": {}}).kwargs == {"context": {}}


def test_object():
    expected = Invocation("read", "res.partner", args=([1],), kwargs={"fields": []}, database="d", uid=2, password="p")
    assert service("object", "execute_kw", "d", 2, "p", "res.partner", "read", [[1]], {"fields": []}) == expected
    assert service("object", "execute_kw", "d", 2, "p", "m", "x").args == ()
    assert service("object", "execute_kw", "d", 2, "p", "m", "x", [], None).kwargs == {}
    assert service("object", "execute", "d", 2, "p", "m", "x", 1, {"a": 2}).args == (1, {"a": 2})
    assert service("object", "execute_kw", False, 2, None, "m", "x").password is None
    assert service("object", "execute_kw", "d", None, "p", "m", "x").uid is False


def test_common():
    assert service("common", "version").target == "common"
    login = service("common", "authenticate", "d", "admin", "p", {})
    assert (login.database, login.login, login.password) == ("d", "admin", "p")


def test_other_services():
    assert service("db", "list").service == "db"


@pytest.mark.parametrize("method", ["foobar", "", "calls"])
def test_methods_without_a_model(method):
    with pytest.raises(UnknownMethod):
        read(method, {})


@pytest.mark.parametrize("args", [("object", "exec_workflow"), ("common", "about"), ("common", "set_loglevel", 1)])
def test_unknown_methods_of_services(args):
    with pytest.raises(UnknownMethod):
        service(*args)


@pytest.mark.parametrize("params", [
    [], {}, {"model": "m"}, {"method": "x"}, {"model": 1, "method": "x"}, {"model": "m", "method": None},
    {"model": "m", "method": "x", "args": {}}, {"model": "m", "method": "x", "args": "x"},
    {"model": "m", "method": "x", "kwargs": []}, {"model": "m", "method": "x", "domain": []},
    {"model": "m", "method": "x", "db": 1}, {"model": "m", "method": "x", "api_key": ["k"]},
    {"model": "m", "method": "x", "api_key": "\x00"}, {"model": "m", "method": "x", "api_key": "\ud800"},
    {"service": 1, "method": "x"}, {"service": "object"}, {"service": "object", "method": "execute_kw"},
    {"service": "object", "method": "execute_kw", "args": ["d", 2, "p", "m"]},
    {"service": "object", "method": "execute_kw", "args": ["d", 2, "p", "m", "x", {}, {}]},
    {"service": "object", "method": "execute_kw", "args": ["d", 2, "p", "m", "x", [], []]},
    {"service": "object", "method": "execute_kw", "args": ["d", 2, "p", "m", "x", [], {}, 1]},
    {"service": "object", "method": "execute_kw", "args": ["d", 2, 5, "m", "x"]},
    {"service": "common", "method": "login", "args": ["d", "admin"]},
    {"service": "common", "method": "login", "args": ["d", "admin", 1]},
    {"service": "common", "method": "login", "args": ["d", "\x00", "x"]},
])
def test_params_that_do_not_fit(params):
    with pytest.raises(InvalidParams):
        read("call", params)
