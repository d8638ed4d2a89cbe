"""The exchange's costs and impact: paper D's, the predecessor's curve, and the guard against pumping the price."""

from collections.abc import Callable
from pathlib import Path

import attrs
import numpy as np
import pyarrow as pa
import pytest

from catallaxy.agents import Constant
from catallaxy.engine import Agent, ConstantLatency, Network, Process, World, on, stream
from catallaxy.market.dealer import (
    Account,
    CurveCosts,
    DealerScenario,
    Exchange,
    ExchangeCosts,
    HedgeFill,
    HedgeOrder,
    LinearSkew,
    Session,
    Tick,
    build,
    reducing,
)
from catallaxy.market.prices import BrownianPrice
from catallaxy.market.reference.fx_dealer import MINUTES, FxDealer, hedging_cost

PAPER = ExchangeCosts(linear=0.1, rate_quadratic=0.0144, impact=5e-3, lot=1e-6)
"""phi, eta and k of EUR/USD, in minutes."""

Rate = Callable[[float], float]


class Hedger(Agent):
    """Holds an inventory and hedges at a rate (MEUR a minute) that depends on it, in slices."""

    def __init__(self, inventory: float, rate: Rate, slices: float = 0.1, until: float = 10.0) -> None:
        super().__init__("hedger")
        self.account = Account()
        self.account.buy(inventory, 1.1)
        self.rate, self.slices, self.until = rate, slices, until
        self.fills: list[HedgeFill] = []
        self.earned = 0.0

    def run(self) -> Process:
        for _ in range(round(self.until / self.slices)):
            yield self.sleep(self.slices)
            quantity = self.rate(self.account.position) * self.slices
            if quantity:
                self.send("exchange", HedgeOrder(quantity=quantity, over=self.slices))

    @on(HedgeFill)
    def fill(self, fill: HedgeFill) -> None:
        self.earned += fill.impact * (self.account.position + 0.5 * fill.quantity)
        self.account.buy(fill.quantity, fill.price)
        self.fills.append(fill)


def played(hedger: Hedger, costs: ExchangeCosts | CurveCosts, volatility: float = 0.0) -> tuple[Hedger, Exchange]:
    session = Session(horizon=10.5, tick=0.5)
    path = BrownianPrice(1.1, volatility).sample(np.random.default_rng(1), session.horizon, session.tick)
    exchange = Exchange(path, costs, session)
    world = World([exchange, hedger], Network.complete(latency=ConstantLatency(0.0)), seed=3)
    world.run(11.0)
    return hedger, exchange


def test_hedging_at_a_rate_costs_what_the_paper_says() -> None:
    """The account gains the integral of k q v - L(v), in the units of `FxDealer`, whatever the slices."""
    dealer = FxDealer()
    rate = -3.0  # MEUR a minute: 4320 a day
    for slices in (0.1, 2.0):
        hedger, _ = played(Hedger(50.0, lambda _: rate, slices), PAPER)
        cost = float(hedging_cost(dealer, np.array([rate * MINUTES]))[0]) / MINUTES * 10.0
        held = 50.0 * 10.0 + rate * 10.0**2 / 2.0  # integral of q
        expected = dealer.impact * rate * held - cost
        gained = hedger.account.value(1.1 * (1.0 + 5e-3 * rate * 10.0 * 1e-4))
        assert gained == pytest.approx(expected, rel=2e-3)  # the price that MEUR bp refer to moves by 1e-5 itself
        assert hedger.earned == pytest.approx(dealer.impact * rate * held, rel=1e-9)


def test_a_hedge_at_once_costs_size_squared_and_leaves_no_trace_without_impact() -> None:
    class Market(Hedger):
        def run(self) -> Process:
            yield self.sleep(1.0)
            self.send("exchange", HedgeOrder(quantity=-20.0))

    hedger, exchange = played(Market(20.0, lambda _: 0.0), ExchangeCosts(linear=0.6, quadratic=0.01))
    (fill,) = hedger.fills
    assert fill.price == pytest.approx(1.1 * (1.0 - (0.6 + 0.01 * 20.0) * 1e-4), abs=1e-9)
    assert (fill.reference, fill.impact, fill.unfilled) == (1.1, 0.0, 0.0)
    assert exchange.price == 1.1


def test_impact_is_published_at_once_and_outlasts_the_ticks() -> None:
    class Watcher(Hedger):
        seen: float = 0.0

        @on(HedgeFill)
        def fill(self, fill: HedgeFill) -> None:
            tick = self.latest("exchange", Tick)
            assert tick is not None
            self.seen = tick.price

    hedger = Watcher(0.0, lambda _: 4.0, slices=1.0)
    _, exchange = played(hedger, attrs.evolve(PAPER, impact=0.02))
    assert hedger.seen == exchange.price == pytest.approx(1.1 * (1.0 + 0.02 * 40.0 * 1e-4), abs=1e-9)
    assert exchange.impact == pytest.approx(0.8)


def test_a_round_trip_returns_the_price_and_loses_exactly_the_costs() -> None:
    class RoundTrip(Hedger):
        def run(self) -> Process:
            for sign in (1.0, 1.0, -1.0, -1.0):
                yield self.sleep(1.0)
                self.send("exchange", HedgeOrder(quantity=30.0 * sign))

    costs = ExchangeCosts(linear=0.1, quadratic=0.01, impact=0.05)
    hedger, exchange = played(RoundTrip(0.0, lambda _: 0.0), costs)
    assert exchange.price == 1.1
    assert hedger.account.value(1.1) == pytest.approx(-4 * 30.0 * (0.1 + 0.01 * 30.0), rel=1e-3)


def pump(inventory: float) -> float:
    """Buy while long, sell while short, at the rate that gains most: k |q| v - phi v - eta v^2."""
    speed = max(PAPER.impact * abs(inventory) - PAPER.linear, 0.0) / (2.0 * PAPER.rate_quadratic)
    return speed if inventory > 0.0 else -speed


def test_buying_while_long_pumps_the_price_at_a_profit() -> None:
    """With impact and no charge at the end the exploit is there, for the accounts as for the model's objective."""
    hedger, exchange = played(Hedger(100.0, pump), PAPER)
    assert hedger.account.position > 200.0
    gained = hedger.account.value(exchange.price)
    cost = sum(abs(fill.price / fill.reference - 1.0) * 1e4 * abs(fill.quantity) for fill in hedger.fills)
    assert gained == pytest.approx(hedger.earned - cost, rel=1e-3)
    assert gained > 100.0


def test_the_guard_leaves_nothing_to_pump() -> None:
    guarded, exchange = played(Hedger(100.0, lambda q: reducing(pump(q), q)), PAPER)
    assert not guarded.fills
    assert exchange.price == 1.1
    assert guarded.account.value(exchange.price) == 0.0


@pytest.mark.parametrize(
    ("quantity", "inventory", "allowed"),
    [(-5.0, 10.0, -5.0), (-15.0, 10.0, -10.0), (5.0, 10.0, 0.0), (5.0, -3.0, 3.0), (-5.0, -3.0, 0.0), (2.0, 0.0, 0.0)],
)
def test_the_guard_keeps_the_part_of_a_hedge_that_reduces_inventory(
    quantity: float, inventory: float, allowed: float
) -> None:
    assert reducing(quantity, inventory) == allowed


def test_the_curve_starts_at_half_the_spread_and_follows_the_formula() -> None:
    costs = CurveCosts(volume=100.0, lam=1.6)
    assert costs.distance(0.75, 1e-9, 0.0) == pytest.approx(0.75)
    assert costs.distance(0.75, 1.0001e-4, 0.0) == pytest.approx(costs.distance(0.75, 0.9999e-4, 0.0), rel=1e-6)
    omega = (1.6 - 1.0) / (1.6 - 2.0)
    for size in (1.0, 30.0, 90.0):
        u = size / 100.0
        assert costs.distance(0.75, size, 0.0) == pytest.approx(0.75 * omega / u * (1.0 - (1.0 - u) ** (1.0 / omega)))
    rising = [costs.distance(0.75, size, 0.0) for size in np.linspace(0.0, 90.0, 50)]
    assert rising == sorted(rising)


def test_the_curves_spread_has_the_predecessors_law() -> None:
    costs, rng = CurveCosts(), stream(1, 0, "spread")
    drawn = 2.0 * np.array([costs.half_spread(rng) for _ in range(4000)])
    assert drawn.min() >= 0.2
    assert drawn.max() <= 5.0
    assert drawn.mean() == pytest.approx(1.5, abs=4 * 0.5 / 4000**0.5)
    assert drawn.std() == pytest.approx(0.5, rel=4 / 8000**0.5 + 0.01)  # clipping takes a little


def test_what_the_curve_does_not_have_is_not_filled() -> None:
    class Large(Hedger):
        def run(self) -> Process:
            yield self.sleep(1.0)
            self.send("exchange", HedgeOrder(quantity=-120.0))

    hedger, exchange = played(Large(120.0, lambda _: 0.0), CurveCosts(spread=Constant(1.0), volume=100.0))
    (fill,) = hedger.fills
    assert (fill.quantity, fill.unfilled) == (-90.0, -30.0)
    assert exchange.account.position == 90.0


def test_a_dealer_market_with_impact_conserves_money_and_assets_in_the_log(tmp_path: Path) -> None:
    for number, costs in enumerate((attrs.evolve(PAPER, lot=1.0), CurveCosts(volume=20.0, impact=0.01))):
        scenario = DealerScenario(session=Session(horizon=60.0), exchange=costs)
        build(scenario, 5, 0, LinearSkew(0.2, 0.02, 0.5)).run(scenario.duration, tmp_path / str(number))
        books: dict[str, list[int]] = {}
        closing: dict[str, list[int]] = {}
        for row in rows(tmp_path / str(number), "statements"):
            entry = [row["inventory"], row["dollars"] * 10**9 + row["nanodollars"]]
            (closing if row["closing"] else books)[row["agent"]] = entry
        hedges = rows(tmp_path / str(number), "hedge_fills")
        assert len(hedges) > 20
        assert any(row["impact"] for row in hedges)
        for row in rows(tmp_path / str(number), "fills") + hedges:
            euros = round(row["quantity"] * 1e6)
            for name, sign in ((row["receiver"], 1), (row["sender"], -1)):
                books[name][0] += sign * euros
                books[name][1] -= sign * euros * round(row["price"] * 1e9)
        assert books == closing
        assert [sum(column) for column in zip(*closing.values(), strict=True)] == [0, 0]


def rows(folder: Path, name: str) -> list[dict[str, float]]:
    with pa.ipc.open_stream(folder / "events" / f"{name}.arrows") as stream:
        table: list[dict[str, float]] = stream.read_all().to_pylist()
    return table
