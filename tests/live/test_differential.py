"""Odoo 19 only: the same requests to our endpoint and to the native one, and their answers compared."""
import os
import re

import permitted_19
import pytest
from requests_19 import REQUESTS, WITH_COOKIE, Request
from sides import RECORD, Side, recorded, write_record
from support import NATIVE, OURS, Server

if os.environ["JSON2_ODOO_SERIES"] != "19.0":
    pytest.skip("only Odoo 19 has an endpoint of its own to compare with", allow_module_level=True)

ERROR_KEYS = ["name", "message", "arguments", "context", "debug"]


@pytest.fixture(scope="module")
def both(host, prepared, prepared_native, new_database):
    """(ours, native): servers that nobody else changes, each with its client and the values of the placeholders."""
    with Server(host, new_database(prepared), load=OURS) as ours, \
            Server(host, new_database(prepared_native), load=NATIVE) as native:
        sides = Side(ours, prepared, prepared.own_key), Side(native, prepared_native, prepared_native.user_key)
        assert prepared.users == prepared_native.users, "the databases are not alike"
        sides[0].set_parameter("traceback", "always")
        yield sides


@pytest.fixture(scope="module")
def answers(both):
    """{name: (ours, native)} of all requests."""
    return {request.name: [side.answer(request) for side in both] for request in REQUESTS}


@pytest.fixture(scope="module")
def answers_with_cookie(both, answers):
    """The same of the requests that carry the cookie of a session."""
    cookies = [side.log_in("admin") for side in both]
    return {request.name: [side.answer(request, cookie) for side, cookie in zip(both, cookies, strict=True)]
            for request in WITH_COOKIE}


def names(requests):
    return [request.name for request in requests]


RULES = {
    **dict.fromkeys(permitted_19.RULE_2, "rule 2"),
    **dict.fromkeys(permitted_19.RULE_2_UNREADABLE, "rule 2, unreadable"),
    **dict.fromkeys(permitted_19.IDS_THAT_ARE_NO_INTEGERS, "ids that are no integers"),
    **dict.fromkeys(permitted_19.OPTIONS, "OPTIONS"),
}


def test_names_are_unique_and_known():
    every = names(REQUESTS) + names(WITH_COOKIE)
    assert len(every) == len(set(every))
    assert set(RULES) <= set(every)


@pytest.mark.parametrize("name", [name for name in names(REQUESTS) if name not in RULES])
def test_same(name, answers):
    ours, native = answers[name]
    assert ours == native


@pytest.mark.parametrize("name", names(WITH_COOKIE))
def test_same_with_a_cookie(name, answers_with_cookie):
    ours, native = answers_with_cookie[name]
    assert ours == native


@pytest.mark.parametrize("name", permitted_19.RULE_2)
def test_rule_2(name, answers):
    ours, native = answers[name]
    assert native.status == 500
    assert_refusal(ours, 422, "werkzeug.exceptions.UnprocessableEntity")


@pytest.mark.parametrize("name", permitted_19.RULE_2_UNREADABLE)
def test_rule_2_unreadable(name, answers):
    ours, native = answers[name]
    assert native.status == 500
    assert_refusal(ours, 400, "werkzeug.exceptions.BadRequest")


@pytest.mark.parametrize("name", permitted_19.IDS_THAT_ARE_NO_INTEGERS)
def test_ids_that_are_no_integers(name, answers):
    ours, native = answers[name]
    assert native.status in (200, 404)
    assert_refusal(ours, 422, "werkzeug.exceptions.UnprocessableEntity")


@pytest.mark.parametrize("name", permitted_19.OPTIONS)
def test_options_is_no_call(name, answers):
    ours, native = answers[name]
    assert native.status in (200, 404, 422)
    assert (ours.status, ours.headers.get("allow")) == (204, "POST, OPTIONS")


def assert_refusal(answer, status, name):
    """One sentence for the client, and nothing from below."""
    assert answer.status == status
    assert answer.headers == {"content-type": "application/json; charset=utf-8"}
    keys = [key for key, _value in answer.error]
    error = dict(answer.error)
    message = error["message"]
    assert keys == ERROR_KEYS
    assert error["name"] == name
    assert error["arguments"] == [message, status]
    assert error["context"] == {}
    assert 10 < len(message) < 200
    assert "\n" not in message
    assert not re.search(r"LINE \d|SELECT|WHERE|psycopg|invalid input syntax|object is not|unhashable|adapt", message)


def test_record(answers, answers_with_cookie):
    """What the other series are compared with is what native answers. To write it anew: JSON2_RECORD=1."""
    native = {name: pair[1].record() for name, pair in (answers | answers_with_cookie).items()}
    if os.environ.get("JSON2_RECORD"):
        write_record(native)
    assert recorded() == native, f"{RECORD.name} is out of date"


class TestFlatCreate:
    """Rule 3 of the design. These come last: ours makes records that native does not."""

    FLAT = Request("flat create", "/json/2/res.partner/create", {"name": "Bob", "ref": "flat"})
    REFUSED = [
        Request("unknown field", "/json/2/res.partner/create", {"name": "Bob", "nofield": 1}),
        Request("nothing", "/json/2/res.partner/create", {}),
        Request("context only", "/json/2/res.partner/create", {"context": {"default_name": "Bob"}}),
        Request("with ids", "/json/2/res.partner/create", {"ids": [1], "name": "Bob"}),
        Request("another method", "/json/2/res.partner/write", {"ids": [1], "name": "Bob"}),
        Request("vals_list and a field", "/json/2/res.partner/create", {"vals_list": {"name": "Bob"}, "ref": "x"}),
    ]

    @pytest.fixture(autouse=True)
    def _after_all_others(self, answers, answers_with_cookie):
        pass

    def test_allowed(self, both):
        ours, native = both
        ours.set_parameter("flat_create", "True")
        answer = ours.send(self.FLAT)
        assert (native.send(self.FLAT).status_code, answer.status_code) == (422, 200)
        assert "vals_list" in answer.headers["Warning"]
        assert re.fullmatch(r'299 \S+ ".+"', answer.headers["Warning"]), "RFC 7234, 5.5"
        stored = ours.client.call("res.partner", "read", {"ids": answer.json(), "fields": ["name", "ref"]})
        assert stored.json() == [{"id": answer.json()[0], "name": "Bob", "ref": "flat"}]

    @pytest.mark.parametrize("value", ["False", "", "no"])
    def test_not_allowed(self, both, value):
        both[0].set_parameter("flat_create", value)
        ours, native = (side.answer(self.FLAT) for side in both)
        assert ours == native

    @pytest.mark.parametrize("request_", REFUSED, ids=names(REFUSED))
    def test_nothing_else_is_accepted(self, both, request_):
        both[0].set_parameter("flat_create", "True")
        ours, native = (side.answer(request_) for side in both)
        assert native.status == 422
        assert ours == native

    def test_no_warning_without_need(self, both):
        both[0].set_parameter("flat_create", "True")
        answer = both[0].client.call("res.partner", "create", {"vals_list": {"name": "Bob"}})
        assert answer.status_code == 200
        assert "Warning" not in answer.headers
