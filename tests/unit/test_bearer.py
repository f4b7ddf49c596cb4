import pytest

from protocol.bearer import bearer_token, is_interactive


@pytest.mark.parametrize("header, token", [
    ("Bearer abc", "abc"),
    ("bEARER abc", "abc"),
    ("Bearer   abc", "abc"),
    ("Bearer\tabc", "abc"),
    ("Bearer abc def", "abc def"),
    ("Bearer", None),
    ("Bearer ", None),
    ("Basic YTpi", None),
    ("bearerabc", None),
    ("abc", None),
    ("", None),
    (None, None),
])
def test_bearer_token(header, token):
    assert bearer_token(header) == token


NAVIGATION = {
    "Sec-Fetch-Dest": "document",
    "Sec-Fetch-Mode": "navigate",
    "Sec-Fetch-Site": "none",
    "Sec-Fetch-User": "?1",
}


def test_navigation():
    assert is_interactive(NAVIGATION)
    assert is_interactive({**NAVIGATION, "Sec-Fetch-Site": "same-origin"})


@pytest.mark.parametrize("name, value", [
    ("Sec-Fetch-Dest", "empty"),
    ("Sec-Fetch-Mode", "cors"),
    ("Sec-Fetch-Site", "cross-site"),
    ("Sec-Fetch-User", "?0"),
])
def test_what_a_page_can_do(name, value):
    assert not is_interactive({**NAVIGATION, name: value})
    assert not is_interactive({key: item for key, item in NAVIGATION.items() if key != name})
