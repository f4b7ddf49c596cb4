import pytest

from protocol.arguments import MAX_ORDER, InvalidArgument, check_order, context, record_ids


@pytest.mark.parametrize("value, ids", [
    (None, ()), ([], ()), (0, ()), ("", ()), (False, ()), ({}, ()), (1, (1,)), ([1, 1], (1, 1)), ([-1], (-1,)),
])
def test_ids(value, ids):
    assert record_ids(value) == ids


@pytest.mark.parametrize("value", ["abc", "1", ["1"], [1.5], 1.5, True, [True], [None], [[1]], {"1": 2}])
def test_no_ids(value):
    with pytest.raises(InvalidArgument):
        record_ids(value)


@pytest.mark.parametrize("value, expected", [
    (None, {}), ({}, {}), ("", {}), ([], {}), ({"lang": "en_US"}, {"lang": "en_US"}), ([["a", 1]], {"a": 1}),
])
def test_context(value, expected):
    assert context(value) == expected


@pytest.mark.parametrize("value", ["abc", 1, 0, False, [1], [["a"]], [[[], 1]]])
def test_no_context(value):
    with pytest.raises(InvalidArgument):
        context(value)


@pytest.mark.parametrize("name", ["order", "orderby", "expand_orderby"])
def test_order(name):
    for value in (None, False, 1, ["x"] * 20_000, "name desc, id", "x" * MAX_ORDER):
        check_order({name: value, "domain": "x" * 20_000})
    with pytest.raises(InvalidArgument):
        check_order({name: "x" * (MAX_ORDER + 1)})


def test_an_order_at_any_depth():
    long = {"order": "x" * (MAX_ORDER + 1)}
    nested = long
    for _level in range(100_000):
        nested = {"fields": [nested]}
    for arguments in ({"specification": {"line_ids": long}}, {"specification": nested}, {"context": [[1, long]]}):
        with pytest.raises(InvalidArgument):
            check_order(arguments)


@pytest.mark.parametrize("name", ["vals", "vals_list", "values", "default"])
def test_a_field_may_be_called_order(name):
    check_order({name: {"order": "x" * (MAX_ORDER + 1), "line_ids": [[0, 0, {"order": "x" * (MAX_ORDER + 1)}]]}})
