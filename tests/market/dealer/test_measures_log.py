"""Measures from the log alone: each against a slow and simple count over the rows, and against what was planted."""

import json
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import attrs
import numpy as np
import pyarrow as pa
import pytest

from catallaxy.agents import LearningAgent
from catallaxy.engine import EventLog
from catallaxy.market.dealer import DealerScenario, Decisions, ExchangeCosts, LinearSkew, MakerGroup, Session, build
from catallaxy.market.dealer import measures as dealer
from catallaxy.market.measures import summarise

BP = 1e-4
SCENARIO = DealerScenario(
    makers=(MakerGroup("bold", 2, connectivity=0.8), MakerGroup("shy", 1, connectivity=0.5)),
    session=Session(horizon=180.0),
    exchange=ExchangeCosts(impact=5e-3),
)
EPISODES = 3


@attrs.frozen
class Wandering:
    """Quotes at random distances, so that there is something to fit a curve to."""

    widest: float

    def __call__(self, agent: LearningAgent, observation: Sequence[float]) -> np.ndarray:
        return np.array([agent.rng.uniform(0.0, self.widest), 0.0, 0.1])


class Log:
    """A run's tables by plain pyarrow."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self, name: str) -> pa.Table:
        path = self.folder / "events" / f"{name}.arrows"
        if not path.is_file():
            raise KeyError(name)
        with pa.ipc.open_stream(path) as stream:
            return stream.read_all()

    def rows(self, name: str) -> list[dict]:
        return self(name).to_pylist()


def played(folder: Path, scenario: DealerScenario, policy: object, episodes: int, seed: int, level: str = "all") -> Log:
    with EventLog(folder, seed=seed, level=level) as log:
        for episode in range(episodes):
            build(scenario, seed, episode, policy).run(scenario.duration, log)
    return Log(folder)


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Log:
    policies = {"bold": LinearSkew(0.15, 0.01, 0.2), "shy": LinearSkew(0.12, 0.02, 0.4)}
    return played(tmp_path_factory.mktemp("measures") / "run", SCENARIO, policies, EPISODES, 31)


@pytest.mark.parametrize(
    "name", sorted(set(dealer.TABLES) - {"fill_curve", "acceptance", "concentration", "prices", "investors"})
)
def test_every_table_is_by_episode_and_maker(log: Log, name: str) -> None:
    table = dealer.TABLES[name](log)
    assert table.num_rows > 0
    assert set(table["episode"].to_pylist()) == {0, 1, 2}
    maker = table["maker" if name == "trades" else "agent"]
    assert set(maker.to_pylist()) == {"bold_1", "bold_2", "shy_1"}


def test_the_parts_of_the_profit_add_up_and_impact_is_what_hedges_did(log: Log) -> None:
    fills = {(row["episode"], row["sequence"]): row for row in log.rows("hedge_fills")}
    impact: dict[tuple[int, str], float] = defaultdict(float)
    for row in log.rows("positions"):
        if row["hedge"]:
            fill = fills[row["episode"], row["cause"]]
            impact[row["episode"], row["agent"]] += fill["impact"] * (row["inventory"] - row["change"] / 2.0)
    assert any(impact.values())
    makers = {(row["episode"], row["agent"]): row for row in dealer.from_log(log).to_pylist()}
    for row in dealer.pnl(log).to_pylist():
        key = row["episode"], row["agent"]
        assert row["pnl"] == pytest.approx(sum(row[part] for part in ("spread", "inventory", "hedging", "impact")))
        assert row["impact"] == pytest.approx(impact[key])
        assert row["impact"] <= 0.0  # hedging out of a position moves the price against it
        assert row["pnl"] == pytest.approx(makers[key]["pnl"])
        assert row["spread"] == pytest.approx(makers[key]["spread_revenue"])
        assert row["hedging"] == pytest.approx(-makers[key]["hedging_cost"])


def test_what_the_market_does_to_inventory_is_the_inventory_part(tmp_path: Path) -> None:
    """At a price that never moves nothing is left: the parts are exact, not a remainder of approximations."""
    from catallaxy.market.prices import BrownianPrice

    still = attrs.evolve(SCENARIO, price=BrownianPrice(volatility=0.0), exchange=ExchangeCosts(impact=0.0))
    found = dealer.pnl(played(tmp_path / "run", still, LinearSkew(0.15, 0.01, 0.2), 1, 5))
    for row in found.to_pylist():
        assert row["inventory"] == pytest.approx(0.0, abs=1e-3 * abs(row["spread"]))
        assert abs(row["spread"]) > 1.0


def test_trades_hold_every_fill_once_with_client_and_tier(log: Log) -> None:
    trades = dealer.trades(log).to_pylist()
    fills = log.rows("fills")
    assert len(trades) == len(fills)
    for trade, fill in zip(trades, fills, strict=True):
        assert (trade["maker"], trade["client"]) == (fill["sender"], fill["receiver"])
        assert trade["client"].startswith(f"tier{trade['tier']}_")
        assert trade["side"] * trade["size"] == fill["quantity"]
        assert trade["distance"] == pytest.approx(trade["side"] * (fill["price"] / trade["reference"] - 1) / BP)
    earned = sum(trade["distance"] * trade["size"] for trade in trades)
    assert earned == pytest.approx(sum(dealer.from_log(log)["spread_revenue"].to_pylist()))


def test_shares_add_up_by_tier_and_size(log: Log) -> None:
    found = dealer.market_share(log).to_pylist()
    sums: dict[tuple, float] = defaultdict(float)
    volumes: dict[tuple, float] = defaultdict(float)
    for row in found:
        key = row["episode"], row["tier"], row["size"]
        volumes[key] += row["volume"]
        sums[key] += row["share"] if row["volume"] else 0.0
    assert all(sums[key] == pytest.approx(1.0) for key in sums if volumes[key])
    direct: dict[tuple, float] = defaultdict(float)
    for trade in dealer.trades(log).to_pylist():
        direct[trade["episode"], trade["maker"], trade["tier"], trade["size"]] += trade["size"]
    for row in found:
        assert row["volume"] == pytest.approx(direct[row["episode"], row["agent"], row["tier"], row["size"]])


def test_the_herfindahl_index_is_that_of_the_makers_shares(log: Log) -> None:
    found = {(row["episode"], row["tier"]): row for row in dealer.concentration(log).to_pylist()}
    assert {tier for _, tier in found} == {None, 1, 2}
    for row in dealer.from_log(log).group_by("episode").aggregate([("market_share", "list")]).to_pylist():
        shares = row["market_share_list"]
        assert found[row["episode"], None]["herfindahl"] == pytest.approx(sum(share**2 for share in shares))


def test_internalisation_turnover_and_net_flow_are_counted_over_trades(log: Log) -> None:
    for row in dealer.inventory(log, window=30.0).to_pylist():
        mine = [
            t for t in dealer.trades(log).to_pylist() if (t["episode"], t["maker"]) == (row["episode"], row["agent"])
        ]
        volume = sum(trade["size"] for trade in mine)
        assert row["turnover"] == pytest.approx(volume * 1440.0 / 180.0)
        assert row["internalisation"] == pytest.approx(1.0 - row["hedged"] / row["turnover"])
        windows: dict[int, list[float]] = defaultdict(list)
        for trade in mine:
            windows[int(trade["time"] // 30.0)].append(trade["side"] * trade["size"])
        ratios = [abs(sum(signed)) / sum(map(abs, signed)) for signed in windows.values()]
        assert row["net_flow"] == pytest.approx(np.mean(ratios))
        assert row["sd_inventory"] > 0.0
        assert 0.0 < row["risk_neutralisation_time"] < 60.0
        assert 0.0 < row["holding_time"] < 60.0


def test_spreads_are_two_distances_weighted_by_size(log: Log) -> None:
    ticks = defaultdict(list)
    for row in log.rows("ticks"):
        ticks[row["episode"]].append((row["time"], row["price"]))
    trades = dealer.trades(log).to_pylist()
    for row in dealer.flow(log, after=2.0).to_pylist():
        mine = [trade for trade in trades if (trade["episode"], trade["maker"]) == (row["episode"], row["agent"])]
        volume = sum(trade["size"] for trade in mine)
        assert row["volume"] == pytest.approx(volume)
        assert row["imbalance"] == pytest.approx(sum(trade["side"] * trade["size"] for trade in mine) / volume)
        assert row["effective_spread"] == pytest.approx(
            2.0 * sum(trade["distance"] * trade["size"] for trade in mine) / volume
        )
        realised = 0.0
        for trade in mine:
            later = [price for time, price in ticks[row["episode"]] if time <= trade["time"] + 2.0][-1]
            realised += 2.0 * trade["size"] * trade["side"] * (trade["price"] / later - 1.0) / BP
        assert row["realised_spread"] == pytest.approx(realised / volume)
        assert row["price_impact"] == pytest.approx(row["effective_spread"] - row["realised_spread"])
        assert row["hit_ratio"] == pytest.approx(row["trades"] / row["quotes"])


def test_skew_bins_hold_every_decision_once(log: Log) -> None:
    found = dealer.skew(log)
    assert sum(found["decisions"].to_pylist()) == log("pricings").num_rows
    centres = sorted(set(found["inventory"].to_pylist()))
    width = centres[1] - centres[0]
    for row in summarise(found, ("group", "inventory"), ["middle"]).to_pylist():
        slope = 0.01 if row["group"] == "bold" else 0.02
        if abs(row["inventory"]) < centres[-1]:
            assert row["mean"] == pytest.approx(-slope * row["inventory"], abs=0.5 * slope * width)


@pytest.mark.parametrize("streaming", [False, True])
@pytest.mark.parametrize("makers", [1, 3])
def test_the_curve_fitted_to_logged_flow_recovers_the_tiers_of_paper_d(
    tmp_path: Path, makers: int, streaming: bool
) -> None:
    """Tier 1: alpha = -0.3, beta = 5 /bp; tier 2: alpha = -1.9, beta = 15 /bp."""
    scenario = attrs.evolve(SCENARIO, makers=(MakerGroup("maker", makers, connectivity=0.9, inventory_limit=1e4),))
    scenario = attrs.evolve(scenario, decisions=Decisions(streaming=streaming))
    log = played(tmp_path / "run", scenario, Wandering(0.8 + 0.2 * makers), 8, 11)
    fits = dealer.acceptance(log).to_pylist()
    table, who = ("enquiries", "agent") if streaming else ("quote_requests", "sender")
    asked = {(row["episode"], row[who], row["time"]) for row in log.rows(table)}
    assert 0.9 * len(asked) < sum(fit["requests"] for fit in fits) <= len(asked)
    for fit, (alpha, beta) in zip(fits, ((-0.3, 5.0), (-1.9, 15.0)), strict=True):
        assert fit["alpha_low"] < alpha < fit["alpha_high"]
        assert fit["beta_low"] < beta < fit["beta_high"]
        assert fit["beta_error"] < 0.05 * beta
    outside = 0
    for row in dealer.fill_curve(log).to_pylist():
        alpha, beta = ((-0.3, 5.0), (-1.9, 15.0))[row["tier"] - 1]
        expected = 1.0 / (1.0 + np.exp(alpha + beta * row["distance"]))
        outside += not row["low"] - 0.02 <= expected <= row["high"] + 0.02  # a bin is not a point
    assert outside <= 2


def test_a_log_of_trades_only_is_measured_as_far_as_it_goes(tmp_path: Path) -> None:
    log = played(tmp_path / "run", SCENARIO, LinearSkew(0.15, 0.01, 0.2), 2, 9, level="trades")
    assert set(dealer.market_share(log)["tier"].to_pylist()) == {None}
    flow = dealer.flow(log)
    assert np.isnan(flow["hit_ratio"].to_numpy()).all()
    assert (flow["effective_spread"].to_numpy() > 0.0).any()
    assert dealer.pnl(log).num_rows == 6
    json.dumps(dealer.inventory(log).to_pylist())


def test_where_nobody_trades_the_curve_is_flat_and_no_fit_is_made_up(tmp_path: Path) -> None:
    dear = attrs.evolve(SCENARIO, makers=(MakerGroup("maker", 1),), session=Session(horizon=5.0))
    log = played(tmp_path / "run", dear, LinearSkew(2.0, 0.0, 0.0), 1, 3)
    assert {row["probability"] for row in dealer.fill_curve(log).to_pylist()} == {0.0}
    assert {row["alpha"] for row in dealer.acceptance(log).to_pylist()} == {None}
