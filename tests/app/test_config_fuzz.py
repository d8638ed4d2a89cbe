"""Random edits of valid scenario files: read, or refused with one message that names the file; never a traceback."""

import copy
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catallaxy.config import ConfigError, load
from catallaxy.scenario_text import toml_text

EXAMPLES = Path(__file__).parents[2] / "examples"
FILES = sorted(path for path in EXAMPLES.glob("*/scenario.toml"))

values = st.recursive(
    st.one_of(
        st.integers(-(10**6), 10**6),
        st.floats(),
        st.booleans(),
        st.text(alphabet=st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=8),
        st.sampled_from(["dealer", "goods", "learned", "brownian", "1.9", ""]),
    ),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["kind", "name", "low", "x"]), inner, max_size=3)
    ),
    max_leaves=6,
)


def places(data: Any) -> list[tuple[Any, Any]]:
    """Every (table or list, key or position) of a file."""
    found = []
    if isinstance(data, dict | list):
        for key in list(data) if isinstance(data, dict) else range(len(data)):
            found += [(data, key), *places(data[key])]
    return found


def edited(data: dict[str, Any], draw: Any) -> dict[str, Any]:
    """A few random edits: a value replaced, a key renamed, something left out."""
    data = copy.deepcopy(data)
    for _ in range(draw(st.integers(1, 3))):
        spots = places(data)
        if not spots:
            break
        holder, key = draw(st.sampled_from(range(len(spots))).map(spots.__getitem__))
        match draw(st.sampled_from(["replace", "rename", "drop"])):
            case "replace":
                holder[key] = draw(values)
            case "rename" if isinstance(holder, dict):
                holder[f"{key}x"] = holder.pop(key)
            case _:
                del holder[key]
    return data


@pytest.mark.parametrize("file", FILES, ids=lambda path: path.parent.name)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_edit_of_a_scenario_file_yields_a_traceback(file: Path, tmp_path: Path, data: Any):
    scenario = edited(tomllib.loads(file.read_text(encoding="utf-8")), data.draw)
    path = tmp_path / "scenario.toml"
    path.write_text(toml_text(scenario), encoding="utf-8")
    told = str(path)
    try:
        load(path)
    except ConfigError as error:
        told = str(error)
    assert str(path) in told


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.binary(max_size=200))
def test_no_bytes_yield_a_traceback(tmp_path: Path, text: bytes):
    path = tmp_path / "scenario.toml"
    path.write_bytes(text)
    with pytest.raises(ConfigError):
        load(path)
