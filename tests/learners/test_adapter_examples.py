"""Other libraries' learners learn in our worlds: the examples, shortened."""

import runpy
import sys
import warnings
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples" / "adapters"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("library", "script", "arguments"),
    [
        ("stable_baselines3", "stable_baselines3_dealer", ["1024", "3"]),
        ("torchrl", "torchrl_dealers", ["1", "3"]),
    ],
)
def test_an_example_prints_what_is_recorded_beside_it(
    library: str,
    script: str,
    arguments: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
):
    pytest.importorskip(library)
    monkeypatch.syspath_prepend(EXAMPLES)
    monkeypatch.setattr(sys, "argv", [f"{script}.py", *arguments])
    with warnings.catch_warnings():  # they may change the filters
        runpy.run_path(str(EXAMPLES / f"{script}.py"), run_name="__main__")
    printed = capsys.readouterr().out.splitlines()
    recorded = (EXAMPLES / f"{script}.out").read_text().splitlines()
    assert [line[:26] for line in printed[1:]] == [line[:26] for line in recorded[1:]]
    assert printed[0].split(",")[0] == recorded[0].split(",")[0] == "earned a minute"
