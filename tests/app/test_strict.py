"""Plain data into attrs classes, strictly."""

from pathlib import Path
from typing import Literal

import attrs
import pytest

from catallaxy.agents import Choice, Constant, Distribution, LogUniform, Normal, Uniform
from catallaxy.strict import structure


@attrs.frozen
class Steady:
    kind: Literal["steady"] = "steady"
    level: float = 1.0


@attrs.frozen
class Wild:
    sigma: float
    kind: Literal["wild"] = "wild"


@attrs.frozen
class Group:
    risk_aversion: Distribution
    count: int = attrs.field(default=1, validator=attrs.validators.gt(0))
    name: str = "group"
    hedges: bool = False


@attrs.frozen
class Sample:
    horizon: float = attrs.field(validator=attrs.validators.gt(0))
    start: float = 0.0
    stop: float = attrs.field(default=1.0)
    groups: tuple[Group, ...] = ()
    price: Steady | Wild = Steady()
    cap: int | None = None
    span: tuple[float, float] = (0.0, 1.0)
    side: Literal["buy", "sell"] = "buy"
    bars: Path = Path("bars.csv")

    @stop.validator
    def _after_start(self, _: object, stop: float) -> None:
        if stop <= self.start:
            raise ValueError(f"must be later than start ({self.start})")


def faults(data: object, cls: type = Sample) -> list[str]:
    value, found = structure(data, cls)
    assert value is None
    return [str(fault) for fault in found]


def group(**changes: object) -> dict[str, object]:
    return {"horizon": 1.0, "groups": [{"risk_aversion": 1.0, **changes}]}


def test_valid_data_becomes_the_class_with_defaults_filled_in():
    data = {
        "horizon": 5,
        "groups": [{"risk_aversion": {"log_uniform": [1e-3, 2e-2]}, "count": 2}],
        "price": {"kind": "wild", "sigma": 2},
        "cap": 3,
        "side": "sell",
        "bars": "data/bars.csv",
    }
    sample, found = structure(data, Sample, Path("study"))
    assert found == []
    assert sample == Sample(
        horizon=5.0,
        groups=(Group(LogUniform(1e-3, 2e-2), count=2),),
        price=Wild(2.0),
        cap=3,
        side="sell",
        bars=Path("study/data/bars.csv"),
    )
    assert type(sample.horizon) is float


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"count": 1.9}, "groups[0].count: 1.9 is not an integer"),
        ({"count": 2.0}, "groups[0].count: 2.0 is not an integer"),
        ({"count": "12"}, 'groups[0].count: "12" is not an integer'),
        ({"count": True}, "groups[0].count: true is not an integer"),
        ({"count": 0}, "groups[0].count: 0 must be > 0"),
        ({"name": 3}, "groups[0].name: 3 is not a string"),
        ({"hedges": 1}, "groups[0].hedges: 1 is neither true nor false"),
        ({"hedges": "no"}, 'groups[0].hedges: "no" is neither true nor false'),
        ({"coutn": 3}, "groups[0].coutn: unknown key; did you mean 'count'?"),
        ({"zzz": 3}, "groups[0].zzz: unknown key; valid are count, hedges, name, risk_aversion"),
        ({"risk_aversion": "high"}, 'groups[0].risk_aversion: "high" is no distribution: a number or a table such as '),
        ({"risk_aversion": {}}, "groups[0].risk_aversion: a table is no distribution: "),
        ({"risk_aversion": float("nan")}, "groups[0].risk_aversion: nan is not a number"),
        (
            {"risk_aversion": {"log_unifrom": [1, 2]}},
            "groups[0].risk_aversion.log_unifrom: unknown distribution; did you mean 'log_uniform'?",
        ),
        ({"risk_aversion": {"uniform": [1, 2, 3]}}, "groups[0].risk_aversion.uniform: [1, 2, 3]: takes low, high"),
        ({"risk_aversion": {"uniform": [2, 1]}}, "groups[0].risk_aversion.uniform: Uniform: low must not exceed high"),
        ({"risk_aversion": {"uniform": ["a", 1]}}, 'groups[0].risk_aversion.uniform.low: "a" is not a number'),
        ({"risk_aversion": {"choice": [1, "b"]}}, 'groups[0].risk_aversion.choice.values[1]: "b" is not a number'),
    ],
)
def test_a_fault_names_path_value_and_rule(changes: dict[str, object], fault: str):
    (found,) = faults(group(**changes))
    assert found.startswith(fault)


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"horizon": -1}, "horizon: -1.0 must be > 0"),
        ({"horizon": [1]}, "horizon: [1] is not a number"),
        ({"start": 2}, "stop: 1.0 must be later than start (2.0)"),
        ({"groups": "ab"}, 'groups: "ab" is not a list'),
        ({"groups": [3]}, "groups[0]: 3 is not a table"),
        ({"price": {}}, "price.kind: missing; valid are steady, wild"),
        ({"price": {"kind": "wyld", "sigma": 1}}, "price.kind: \"wyld\" is unknown; did you mean 'wild'?"),
        ({"price": {"kind": "wild"}}, "price.sigma: missing"),
        ({"price": 3}, "price: 3 is not a table"),
        ({"cap": "none"}, 'cap: "none" is not an integer'),
        ({"span": [1.0]}, "span: [1.0] has 1 elements, not 2"),
        ({"span": [1.0, False]}, "span[1]: false is not a number"),
        ({"side": "by"}, "side: \"by\" is none of the choices; did you mean 'buy'?"),
        ({"side": 1}, 'side: 1 is none of the choices; valid are ["buy", "sell"]'),
        ({"bars": 1}, "bars: 1 is not a string"),
    ],
)
def test_faults_of_other_kinds_of_field(changes: dict[str, object], fault: str):
    found = faults({"horizon": 1.0, **changes})
    assert fault in found


def test_all_faults_are_told_at_once():
    assert faults({"horizn": 1.0, "groups": [{"count": 0, "name": 1}], "side": "x"}) == [
        "horizn: unknown key; did you mean 'horizon'?",
        "horizon: missing",
        "groups[0].risk_aversion: missing",
        "groups[0].name: 1 is not a string",
        "groups[0].count: 0 must be > 0",
        'side: "x" is none of the choices; valid are buy, sell',
    ]


@pytest.mark.parametrize(
    ("table", "distribution"),
    [
        (2, Constant(2.0)),
        ({"constant": 2}, Constant(2.0)),
        ({"constant": [2]}, Constant(2.0)),
        ({"uniform": [0.2, 0.9]}, Uniform(0.2, 0.9)),
        ({"uniform": {"low": 0.2, "high": 0.9}}, Uniform(0.2, 0.9)),
        ({"normal": [1, 2]}, Normal(1.0, 2.0)),
        ({"normal": {"mean": 1, "sd": 2, "low": 0}}, Normal(1.0, 2.0, low=0.0)),
        ({"choice": [1, 2, 3]}, Choice((1.0, 2.0, 3.0))),
        ({"choice": [1, 2]}, Choice((1.0, 2.0))),
        ({"choice": {"values": [1, 2], "weights": [3, 1]}}, Choice((1.0, 2.0), (3.0, 1.0))),
    ],
)
def test_distributions_are_numbers_or_tables_with_one_key(table: object, distribution: Distribution):
    value, found = structure({"risk_aversion": table}, Group)
    assert found == []
    assert value == Group(distribution)
