"""The tick dealer as a world: the same dealer as the reference's, to the letter."""

from __future__ import annotations

from collections.abc import Callable

import attrs
import numpy as np
import pytest

from catallaxy.agents import Policy
from catallaxy.market.dealer.tick_session import (
    Choice,
    Request,
    TickMaker,
    TickSession,
    TickType,
    observer,
    simulate,
    tabulated,
)
from catallaxy.market.reference.acceptance import Logistic
from catallaxy.market.reference.tick_dealer import TickDealer, evaluate

# Requests often meet the limit here, and skews the end of their range.
TIGHT = TickDealer(
    tick=0.5, sigma=2.0, limit=8, sizes=(1, 3), rates=(2.0, 1.0), acceptance=Logistic(-0.5, 2.0),
    hedge_linear=0.3, hedge_quadratic=0.05, half_spread=(0.1, 1.5), skew=(-1.1, 0.5), hedge=(0.0, 1.0),
    gammas=(0.01, 0.1),
)  # fmt: skip


def strange(rows: np.ndarray) -> np.ndarray:
    """A policy that uses all there is: it skews against large inventories and hedges a third of them."""
    share = rows[:, 0].astype(np.float64)
    return np.stack([0.3 + 0.4 * share, -1.1 * share + 0.1, np.sqrt(0.35 * share)], axis=1)


def follow(act: Callable[[np.ndarray], np.ndarray]) -> Policy:
    return lambda agent, observation: act(np.array([agent.row(observation)]))[0]


def test_playing_a_policy_gives_what_its_exact_evaluation_says() -> None:
    tables = {gamma: tabulated(TIGHT, gamma, strange) for gamma in TIGHT.gammas}
    played = simulate(TickSession(TIGHT), follow(strange), 5, dealers=60, ticks=1_000, burn_in=50)
    for gamma, table in tables.items():
        exact = evaluate(TIGHT, gamma, table).objective
        assert played[gamma].error < 0.02
        assert abs(played[gamma].deviation(exact)) < 3.5, (gamma, exact, played[gamma])


def test_a_table_is_the_mirror_image_of_itself_within_the_range_of_skews() -> None:
    table = tabulated(TIGHT, 0.01, strange)
    np.testing.assert_array_equal(table.s, table.s[::-1])
    np.testing.assert_array_equal(table.h, table.h[::-1])
    assert table.u[8] == 0.0
    assert table.u[-1] == pytest.approx(8 / (8 + 5 / 3) * -1.0)
    assert table.u[0] == 0.5  # but for the range, the same
    assert table.u[7] == -table.u[9]


def test_training_worlds_draw_types_and_inventories_within_their_ranges() -> None:
    session = TickSession(TIGHT, dealers=50, worlds=4)
    seen = [agent for k in range(4) for agent in session.build(3, k).agents.values() if isinstance(agent, TickMaker)]
    gammas, inventories = [agent.type.risk_aversion for agent in seen], [agent.inventory for agent in seen]
    assert 0.01 <= min(gammas) < 0.011
    assert 0.09 < max(gammas) <= 0.1
    assert np.median(gammas) == pytest.approx(0.01**0.5 * 0.1**0.5, rel=0.25)
    assert {-7, 0, 7} <= set(inventories) <= set(range(-8, 9))


def test_first_sessions_begin_one_after_the_other_and_later_ones_at_once() -> None:
    session = TickSession(TIGHT, dealers=1, worlds=4, ticks=40)
    starts = []
    for episode in (0, 1, 2, 3, 4, 5):
        questions = session.build(1, episode).advance(session.horizon)
        starts.append(questions[0].asked_at)
    assert starts == [0.0, 5.0, 10.0, 15.0, 0.0, 0.0]


def test_a_request_is_declined_at_the_limit_and_beyond_the_clients_limit() -> None:
    world = TickSession(TIGHT, dealers=1).build(1, 0)
    (question,) = world.advance(10.0)
    dealer = question.agent
    dealer.inventory = 6
    lean = 0.2 * (6 + 5 / 3) / 6
    question.answer(np.array([0.5, lean, 0.0]))  # bids at 0.3, offers at 0.7
    for quantity, limit, after in ((3, 9.0, 6), (1, 0.29, 6), (1, 0.31, 7), (-3, 0.69, 7), (-3, 0.71, 4)):
        dealer.trade(Request(quantity=quantity, limit=limit))
        assert dealer.inventory == after


@pytest.mark.parametrize(("fraction", "left"), [(0.0, 5), (0.09, 5), (0.1, 4), (0.29, 4), (0.3, 3), (1.0, 0)])
def test_hedges_are_rounded_half_up(fraction: float, left: int) -> None:
    for sign in (1, -1):
        world = TickSession(TIGHT, dealers=1).build(1, 0)
        (question,) = world.advance(10.0)
        question.agent.inventory = 5 * sign
        question.answer(np.array([1.5, 0.0, np.sqrt(fraction) + 1e-12]))
        assert question.agent.inventory == left * sign


def test_what_leaves_no_choice_is_not_decided() -> None:
    instance = attrs.evolve(TIGHT, hedge=(0.0, 0.0))
    choice = Choice.of(instance)
    assert choice.space.low.tolist() == [0.1, -1.1]
    assert choice.complete(5, [0.4, 0.2]) == (0.4, pytest.approx(0.15), 0.0)
    unhedged = lambda rows: strange(rows)[:, :2]  # noqa: E731
    table = tabulated(instance, 0.01, unhedged)
    assert not table.h.any()
    played = simulate(TickSession(instance), follow(unhedged), 1, dealers=30, ticks=300, burn_in=20)[0.01]
    assert abs(played.deviation(evaluate(instance, 0.01, table).objective)) < 3.5


def test_observations_and_features_are_of_the_order_of_one_for_any_instance() -> None:
    for gamma in TIGHT.gammas:
        type = TickType(gamma, *TIGHT.gammas)
        assert abs(type.features[0]) == pytest.approx(1.0)
        assert max(observer(TIGHT, type)(-8)) < 3.0
    assert TickType(0.01, 0.01, 0.01).features == (0.0,)
