"""Measures of the book: the log tells the same as the traders' own counts, and the facts are what they are called."""

from pathlib import Path

import attrs
import numpy as np
import pyarrow as pa
import pyarrow.compute
import pytest

from catallaxy.engine import EventLog
from catallaxy.market.book import BookScenario, Hours, Instrument, ZeroIntelligence, build, measures
from catallaxy.market.book.measures import facts

SCENARIO = BookScenario(session=Hours(horizon=6.0), instrument=Instrument(levels=3))


class Log:
    """A run's tables by plain pyarrow."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self, name: str) -> pa.Table:
        path = self.folder / "events" / f"{name}.arrows"
        if not path.exists():
            raise KeyError(name)
        with pa.ipc.open_stream(path) as stream:
            return stream.read_all()


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> tuple[pa.Table, Log]:
    folder = tmp_path_factory.mktemp("book") / "run"
    worlds = []
    with EventLog(folder, seed=2) as log:
        for episode in range(2):
            worlds.append(build(SCENARIO, 2, episode))
            worlds[-1].run(SCENARIO.duration, log)
    return measures.from_worlds(worlds), Log(folder)


def test_the_log_tells_the_same_as_the_traders_own_counts(played: tuple[pa.Table, Log]) -> None:
    own, log = played
    found = measures.from_log(log)
    assert found.schema == own.schema == measures.SCHEMA
    for name in own.column_names[:3]:
        assert found[name].to_pylist() == own[name].to_pylist()
    for name in measures.COLUMNS:
        np.testing.assert_allclose(found[name].to_numpy(), own[name].to_numpy(), rtol=1e-12, atol=1e-9)
    assert sum(own["volume"].to_pylist()) > 100.0
    assert sum(own["bought"].to_pylist()) == sum(own["sold"].to_pylist())


def test_profits_of_all_traders_add_up_to_nothing(played: tuple[pa.Table, Log]) -> None:
    """Where all value their inventory at the same price, what one gains another loses."""
    own, _ = played
    for episode in range(2):
        mine = own.filter(pa.compute.equal(own["episode"], episode))
        assert sum(mine["pnl"].to_pylist()) == pytest.approx(0.0, abs=1e-6)
        assert sum(mine["inventory"].to_pylist()) == 0.0


def test_a_market_without_trades_is_measured_too(tmp_path: Path) -> None:
    quiet = attrs.evolve(SCENARIO, informed=(), crowds=(ZeroIntelligence(count=1, limit_rate=0.1, market_rate=1e-9),))
    quiet = attrs.evolve(quiet, session=Hours(horizon=0.01))
    world = build(quiet, 1)
    world.run(quiet.duration, tmp_path / "run")
    assert measures.from_log(Log(tmp_path / "run"))["trades"].to_pylist() == [0.0]
    (row,) = measures.facts_table(Log(tmp_path / "run")).to_pylist()
    assert (row["trades"], row["volume"]) == (0, 0.0)


def tops(times: list[float], bids: list[int], asks: list[int], sizes: tuple[int, int] = (1, 1)) -> pa.Table:
    count = len(times)
    return pa.table(
        {
            "sequence": list(range(1, 2 * count, 2)),
            "time": times,
            "bid": bids,
            "ask": asks,
            "bid_size": [sizes[0]] * count,
            "ask_size": [sizes[1]] * count,
        }
    )


def test_returns_are_taken_from_the_middle_that_holds_at_each_time() -> None:
    table = tops([0.0, 0.9, 2.5], [100, 102, 102], [102, 104, 106])
    found = facts.returns(table, 1.0, 0.0, 3.0)
    np.testing.assert_allclose(found, 1e4 * np.log([103 / 101, 1.0, 104 / 103]))
    assert len(facts.returns(tops([0.0], [100], [0], (1, 0)), 1.0, 0.0, 3.0)) == 0


def test_autocorrelation_finds_what_was_planted() -> None:
    rng = np.random.default_rng(1)
    noise = rng.standard_normal(20_000)
    series = noise.copy()
    for n in range(1, len(series)):
        series[n] += 0.6 * series[n - 1]
    np.testing.assert_allclose(facts.autocorrelation(series, 3), [0.6, 0.36, 0.216], atol=4 * 1.2 / 20_000**0.5)
    np.testing.assert_allclose(facts.autocorrelation(noise, 3), 0.0, atol=4 / 20_000**0.5)
    assert np.isnan(facts.autocorrelation(np.ones(5), 2)).all()


def test_kurtosis_is_none_for_a_gaussian_and_three_for_a_laplacian() -> None:
    rng = np.random.default_rng(2)
    assert facts.kurtosis(rng.standard_normal(40_000)) == pytest.approx(0.0, abs=4 * (24 / 40_000) ** 0.5)
    assert facts.kurtosis(rng.laplace(size=400_000)) == pytest.approx(3.0, abs=0.3)


def test_impact_is_the_move_in_the_orders_direction_from_just_before_it() -> None:
    table = tops([0.0, 1.0, 2.0], [100, 104, 98], [102, 106, 100])
    trades = pa.table(
        {  # one buy order with two trades between the first and the second top, one sell order before the third
            "sequence": [2, 2, 4],
            "cause": [7, 7, 8],
            "time": [1.0, 1.0, 2.0],
            "size": [3, 2, 4],
            "side": [1, 1, -1],
        }
    )
    size, moved = facts.impact(trades, table, 0.5)
    assert size.tolist() == [5, 4]
    np.testing.assert_allclose(moved, 1e4 * np.array([np.log(105 / 101), -np.log(99 / 105)]))


def test_the_tables_of_a_run_agree_with_one_another(played: tuple[pa.Table, Log]) -> None:
    own, log = played
    found = {name: table(log) for name, table in measures.TABLES.items()}
    rows = found["facts"].to_pylist()
    assert [row["episode"] for row in rows] == [0, 1]
    for row in rows:
        mine = own.filter(pa.compute.equal(own["episode"], row["episode"]))
        assert row["volume"] == pytest.approx(0.5 * sum(mine["volume"].to_pylist()))
        spread = found["spread"].filter(pa.compute.equal(found["spread"]["episode"], row["episode"])).to_pylist()
        assert sum(line["share"] for line in spread) == pytest.approx(1.0)
        mean = sum(line["share"] * line["spread"] for line in spread) * 1e-5 / 1.1 * 1e4
        assert mean == pytest.approx(row["spread"], rel=0.01)
        depth = found["depth"].filter(pa.compute.equal(found["depth"]["episode"], row["episode"])).to_pylist()
        assert [line["level"] for line in depth] == [1, 2, 3, 1, 2, 3]
        distances = [line["distance"] for line in depth if line["side"] == 1]
        assert distances == sorted(distances)
        impact = found["impact"].filter(pa.compute.equal(found["impact"]["episode"], row["episode"])).to_pylist()
        assert impact[-1]["impact"] > 0.0
        assert impact[-1]["size"] > impact[0]["size"]
