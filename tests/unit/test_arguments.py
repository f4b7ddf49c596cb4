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


@pytest.mark.parametrize("name", ["order", "orderby"])
def test_order(name):
    for value in (None, False, 1, ["x"] * 20_000, "name desc, id", "x" * MAX_ORDER):
        check_order({name: value, "domain": "x" * 20_000})
    with pytest.raises(InvalidArgument):
        check_order({name: "x" * (MAX_ORDER + 1)})
