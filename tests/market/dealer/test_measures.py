"""Measures: the log and the agents tell the same, and the numbers are what their names say."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from catallaxy.agents import LogUniform, Uniform
from catallaxy.engine import EventLog
from catallaxy.market.dealer import (
    DealerScenario,
    ExchangeCosts,
    FixedSpread,
    LinearSkew,
    MakerGroup,
    Session,
    build,
)
from catallaxy.market.dealer.evaluation import (
    best_fixed_spread,
    column,
    compare,
    evaluate,
)
from catallaxy.market.dealer.measures import SCHEMA, from_log, from_worlds

Play = Callable[..., Any]

SCENARIO = DealerScenario(
    makers=(
        MakerGroup("bold", 2, LogUniform(5e-4, 2e-3), Uniform(0.3, 0.9), initial_inventory=Uniform(-30.0, 30.0)),
        MakerGroup("cautious", 1, LogUniform(5e-3, 2e-2), 0.7, inventory_limit=15.0),
    ),
    session=Session(horizon=60.0),
    exchange=ExchangeCosts(impact=5e-3),
)
SKEWED = {"bold": LinearSkew(0.15, 0.01, 0.1), "cautious": LinearSkew(0.2, 0.03, 0.4)}


def test_the_log_and_the_agents_give_the_same_measures(tmp_path: Any) -> None:
    worlds = [build(SCENARIO, 21, episode, SKEWED) for episode in range(3)]
    with EventLog(tmp_path / "run", seed=21) as log:
        for world in worlds:
            world.run(SCENARIO.duration, log)

    def events(name: str) -> pa.Table:
        with pa.ipc.open_stream(tmp_path / "run" / "events" / f"{name}.arrows") as stream:
            return stream.read_all()

    read, live = from_log(events), from_worlds(worlds)
    assert read.schema.equals(live.schema)
    assert read.schema.equals(SCHEMA)
    assert read.num_rows == 9
    for name in SCHEMA.names:
        mine, theirs = read[name].to_pylist(), live[name].to_pylist()
        assert mine == (
            pytest.approx(theirs, rel=1e-9, abs=1e-9, nan_ok=True)
            if SCHEMA.field(name).type == pa.float64()
            else theirs
        )


def test_measures_agree_with_sums_over_the_messages(play: Play) -> None:
    played = play(SCENARIO, SKEWED, 22)
    table = from_worlds([played.world])
    for row in table.to_pylist():
        fills = [fill for fill in played.rows("fills") if fill["sender"] == row["agent"]]
        hedges = [fill for fill in played.rows("hedge_fills") if fill["receiver"] == row["agent"]]
        assert row["volume"] == sum(abs(fill["quantity"]) for fill in fills)
        assert row["trades"] == len(fills)
        assert row["hedged"] == sum(abs(fill["quantity"]) for fill in hedges)
        hedging = row["hedging_cost"] - row["impact"]
        assert row["pnl"] == pytest.approx(row["spread_revenue"] + row["inventory_pnl"] - hedging)
        assert row["objective"] == pytest.approx(row["spread_revenue"] - hedging - row["risk_cost"])
        risk = 0.5 * row["risk_aversion"] * 2500 / 1440 * row["rms_inventory"] ** 2 * 60.0
        assert row["risk_cost"] == pytest.approx(risk)
    assert sum(table["market_share"].to_pylist()) == pytest.approx(1.0)


def test_the_skew_slope_of_a_linear_skew_is_its_slope() -> None:
    table = evaluate(SCENARIO, SKEWED, seed=23, episodes=2)
    for row in table.to_pylist():
        assert row["skew_slope"] == pytest.approx(0.01 if row["group"] == "bold" else 0.03)
        assert row["half_spread"] == pytest.approx(0.15 if row["group"] == "bold" else 0.2)


def test_a_comparison_with_itself_finds_no_difference() -> None:
    """Common random numbers: the same policy gives the same episodes to the last bit."""
    fixed = FixedSpread(0.3, 0.1)
    found = compare(SCENARIO, "bold_1", {"bold": fixed, "cautious": fixed}, fixed, seed=3, episodes=3)
    assert (found.difference.mean, found.difference.low, found.difference.high) == (0.0, 0.0, 0.0)
    assert not found.difference.excludes_zero
    assert found.policy == found.alternative


def test_pairing_makes_the_difference_sharper_than_independent_episodes_would() -> None:
    policies = {"bold": LinearSkew(0.2, 0.01, 0.1), "cautious": FixedSpread(0.5, 0.3)}
    found = compare(SCENARIO, "bold_1", policies, FixedSpread(0.22, 0.1), seed=4, episodes=12)
    own, other, paired = (i.high - i.low for i in (found.policy, found.alternative, found.difference))
    assert paired < 0.9 * np.hypot(own, other)


def test_the_search_ends_where_no_neighbour_is_better() -> None:
    rivals = {"bold": FixedSpread(0.3, 0.1), "cautious": FixedSpread(0.3, 0.1)}
    half_spreads, hedges = (0.1, 0.25, 0.8, 5.0), (0.0, 0.2)
    search = best_fixed_spread(SCENARIO, "bold_1", rivals, seed=5, episodes=4, half_spreads=half_spreads, hedges=hedges)
    best = search.best
    assert best.half_spread == 0.25
    neighbours = [FixedSpread(value, best.hedge) for value in (0.1, 0.8)] + [FixedSpread(0.25, 0.2 - best.hedge)]
    assert all(search.scores[neighbour] <= search.scores[best] for neighbour in neighbours)
    assert all(candidate.half_spread < 5.0 for candidate in search.scores)
    table = evaluate(SCENARIO, {**rivals, "bold_1": best}, seed=5, episodes=4)
    assert column(table, "bold_1", "objective").mean() == search.scores[best]
