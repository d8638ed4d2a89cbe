"""Lines of keys in TOML documents."""

from catallaxy.toml_lines import key_lines, line_of

DOCUMENT = '''# a comment
market = "dealer"
a.b = 1

[makers]
count = 3  # = of them
sizes = [
    1,  # [not.a.header]
    2,
]
text = """
[nor.this]
"""

[makers."a.b"]
x = { y = 1, z = 2 }

[[groups]]
name = "one"

[[groups]]
name = "two"
[groups.type]
risk = 1
'''


def test_every_key_has_the_line_on_which_it_is_written():
    lines = key_lines(DOCUMENT)
    assert lines["market",] == 2
    assert lines["a", "b"] == 3
    assert lines["makers",] == 5
    assert lines["makers", "count"] == 6
    assert lines["makers", "sizes"] == 7
    assert lines["makers", "text"] == 11
    assert lines["makers", "a.b", "x"] == 16
    assert lines["groups", 0, "name"] == 19
    assert lines["groups", 1, "name"] == 22
    assert lines["groups", 1, "type", "risk"] == 24
    assert ("not", "a", "header") not in lines
    assert ("nor", "this") not in lines


def test_a_path_without_a_line_of_its_own_has_the_line_of_what_it_stands_in():
    lines = key_lines(DOCUMENT)
    assert line_of(("makers", "a.b", "x", "z"), lines) == 16
    assert line_of(("makers", "missing"), lines) == 5
    assert line_of(("missing",), lines) is None
