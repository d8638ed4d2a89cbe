from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from gymnasium.spaces import Box, Dict, Discrete, MultiDiscrete
from hypothesis import given, settings
from hypothesis import strategies as st

from catallaxy.agents import LearningAgent
from catallaxy.engine import AgentError, World
from catallaxy.learners import (
    A2C,
    PPO,
    REINFORCE,
    A2CConfig,
    Fleet,
    PolicySpec,
    PPOConfig,
    REINFORCEConfig,
    Trainer,
    load_policies,
    policy_specs,
    save_checkpoint,
)

RHO = 0.1
SPEC = PolicySpec("choosers", 3 + 5, (1, 0), (3, 1), options=(3, 2), masked=True)


def a_learner(kind=PPO, spec: PolicySpec = SPEC, **config: Any) -> Any:
    configs = {PPO: PPOConfig, A2C: A2CConfig, REINFORCE: REINFORCEConfig}
    return kind(spec, configs[kind](**config), seed=1)


def stirred() -> PPO:
    learner = a_learner()
    rng = np.random.default_rng(2)
    with torch.no_grad():
        for weight in learner.policy.parameters():
            weight.add_(torch.from_numpy(rng.normal(0, 0.5, tuple(weight.shape)).astype(np.float32)))
    learner.policy.refresh()
    return learner


LEARNER = stirred()
RNG = np.random.default_rng(3)
MASK = RNG.random((200, 5)) < 0.6
MASK[:, [0, 4]] = True
ROWS = np.hstack([RNG.normal(size=(200, 3)), MASK]).astype(np.float32)
NOISE = RNG.random((200, 2)).astype(np.float32)
WHOLE = LEARNER.act(ROWS, NOISE)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 199), min_size=1, max_size=150))
def test_a_rows_choice_is_the_same_to_the_last_bit_in_every_batch(rows: list[int]) -> None:
    part = LEARNER.act(ROWS[rows], NOISE[rows])
    for field in ("actions", "raw", "logp", "values"):
        assert getattr(part, field).tobytes() == getattr(WHOLE, field)[rows].tobytes(), field


def test_choices_have_the_probabilities_that_torch_gives_and_never_what_is_unavailable() -> None:
    rows = torch.from_numpy(LEARNER.policy.mirror.normalise(ROWS))
    logits = LEARNER.policy.actor(rows).detach()
    logits[~torch.from_numpy(MASK)] = -torch.inf
    parts = [torch.distributions.Categorical(logits=part) for part in logits.split((3, 2), 1)]
    raw = torch.from_numpy(WHOLE.raw)
    exact = sum(part.log_prob(raw[:, place]) for place, part in enumerate(parts))
    np.testing.assert_allclose(WHOLE.logp, exact.numpy(), atol=1e-5)
    with torch.no_grad():
        seen = LEARNER.policy.evaluate(rows, raw)
    np.testing.assert_allclose(seen.logp.numpy(), exact.numpy(), atol=1e-5)
    chosen = WHOLE.raw.astype(int)
    assert MASK[np.arange(200), chosen[:, 0]].all()
    assert MASK[np.arange(200), 3 + chosen[:, 1]].all()
    np.testing.assert_array_equal(WHOLE.actions, chosen + np.array([1, 0]))
    n = 20_000
    many = LEARNER.act(np.tile(ROWS[0], (n, 1)), np.random.default_rng(4).random((n, 2)).astype(np.float32))
    for place, part in enumerate(parts):
        share = np.bincount(many.raw[:, place].astype(int), minlength=part.probs.shape[1]) / n
        np.testing.assert_allclose(share, part.probs[0], atol=4 * math.sqrt(0.25 / n))


def test_the_largest_uniform_chooses_something_available() -> None:
    ones = np.full((200, 2), 1.0, np.float32)
    chosen = LEARNER.act(ROWS, ones).raw.astype(int)
    assert MASK[np.arange(200), chosen[:, 0]].all()


class Picker(LearningAgent):
    """Picks jobs by number: job k takes LENGTHS[k] and pays sqrt(length) - 0.3; some are not on offer."""

    LENGTHS = (0.1, 0.4, 2.0, 4.0)
    family = "pickers"
    discount_rate = RHO
    observation_space = Box(0, 1, (1,), np.float64)
    action_space = Discrete(4)
    masked = False

    def run(self) -> Any:
        while True:
            offers = [True, self.rng.random() < 0.5, True, True]
            action = yield self.decide((0.0,), offers) if self.masked else self.decide((0.0,))
            assert type(action) is int
            assert offers[action] or not self.masked
            yield self.sleep(self.LENGTHS[action])
            self.reward(math.sqrt(self.LENGTHS[action]) - 0.3)


class MaskedPicker(Picker):
    masked = True


def pickers(kind: type[Picker]) -> Any:
    return lambda episode: World([kind("p")], seed=5, episode=episode)


def best_job(lengths: Any) -> int:
    worth = [(math.sqrt(d) - 0.3) * math.exp(-RHO * d) / -math.expm1(-RHO * d) for d in lengths]
    return int(np.argmax(worth))


@pytest.mark.parametrize(
    ("kind", "config"),
    [
        (PPO, {"learning_rate": 1e-2, "minibatch": 128}),
        (A2C, {"learning_rate": 1e-2, "entropy_weight": 0.01}),
        (REINFORCE, {"learning_rate": 0.02, "baseline": True}),
    ],
)
def test_a_bandit_with_discrete_actions_is_solved(kind, config) -> None:
    learner = a_learner(kind, policy_specs(pickers(Picker)(0))["pickers"], hidden=(16,), **config)
    rollout = 100 if kind is A2C else 250
    for _ in Trainer(pickers(Picker), {"pickers": learner}, horizon=50.0, decisions=12_000, rollout=rollout, worlds=8):
        pass
    assert best_job(Picker.LENGTHS) == 1
    assert learner.act(np.zeros((1, 1), np.float32)).actions.tolist() == [[1.0]]


def test_where_the_best_is_not_available_the_best_of_the_rest_is_learned(tmp_path) -> None:
    spec = policy_specs(pickers(MaskedPicker)(0))["pickers"]
    learner = a_learner(PPO, spec, hidden=(16,), learning_rate=3e-3, minibatch=256)
    run = Trainer(pickers(MaskedPicker), {"pickers": learner}, horizon=50.0, decisions=16_000, rollout=500, worlds=8)
    for _ in run:
        pass
    rows = np.float32([[0, 1, 1, 1, 1], [0, 1, 0, 1, 1]])
    rest = best_job(np.delete(Picker.LENGTHS, 1))
    assert learner.act(rows).actions.tolist() == [[1.0], [[0.0, 2.0, 3.0][rest]]]
    save_checkpoint(tmp_path / "c.pt", {"pickers": learner})
    world = pickers(MaskedPicker)(0)
    world.agents["p"].policy = load_policies(tmp_path / "c.pt")["pickers"]
    world.run(until=20.0)


class Partner(LearningAgent):
    """Of two partners each picks a number and whether to hurry; both are paid if the numbers agree, haste costs."""

    family = "partners"
    discount_rate = RHO
    observation_space = Dict({"side": Discrete(2), "weather": Box(-1, 1, (1,), np.float64)})
    action_space = MultiDiscrete([3, 2])

    def __init__(self, name: str, side: int) -> None:
        super().__init__(name)
        self.side, self.picked = side, 0

    def run(self) -> Any:
        while True:
            weather = self.rng.uniform(-1, 1)
            action = yield self.decide({"weather": [weather], "side": self.side})
            assert action.dtype == np.int64
            self.picked = int(action[0])
            self.reward(-0.5 * float(action[1]))
            yield self.sleep(1.0)
            other = self.world.agents["left" if self.side else "right"]
            self.reward(1.0 if self.picked == other.picked else 0.0)  # type: ignore[attr-defined]


def partners(episode: int) -> World:
    return World([Partner("left", 0), Partner("right", 1)], seed=8, episode=episode)


@pytest.mark.parametrize("kind", [PPO, A2C, REINFORCE])
def test_two_agents_learn_to_coordinate(kind) -> None:
    config = {"learning_rate": 2e-2, "baseline": True} if kind is REINFORCE else {"learning_rate": 5e-3, "lam": 0.0}
    spec = policy_specs(partners(0))["partners"]
    assert spec == PolicySpec("partners", 3, (0, 0), (2, 1), options=(3, 2))
    learner = a_learner(kind, spec, hidden=(16,), **config)
    for _ in Trainer(partners, {"partners": learner}, horizon=10.0, decisions=16_000, rollout=320, worlds=16):
        pass
    rows = np.float32([[1, 0, 0.3], [0, 1, -0.8], [1, 0, -0.2], [0, 1, 0.9]])
    actions = learner.act(rows).actions
    assert len(set(actions[:, 0])) == 1
    assert (actions[:, 1] == 0).all()


def test_dictionaries_are_flattened_by_their_sorted_keys(steady) -> None:
    world = partners(0)
    asked = world.advance(5.0)
    assert [decision.observation[:2] for decision in asked] == [(1.0, 0.0), (0.0, 1.0)]
    assert all(0 <= noise < 1 for decision in asked for noise in decision.noise)


def test_fleets_of_discrete_actions_go_on_from_their_state() -> None:
    learner = stirred_picker()
    fleet = Fleet(pickers(MaskedPicker), {"pickers": learner}, 20.0, worlds=3)
    fleet.gather(100)
    revived = Fleet(pickers(MaskedPicker), {"pickers": learner}, 20.0, worlds=3)
    revived.load_state_dict(fleet.state_dict())
    one, two = (each.gather(60)["pickers"].transitions() for each in (fleet, revived))
    assert one.raw.tobytes() == two.raw.tobytes()


def stirred_picker() -> PPO:
    return a_learner(PPO, policy_specs(pickers(MaskedPicker)(0))["pickers"], hidden=(16,))


def once(observation: Any, available: Any = None, **attributes: Any) -> None:
    def run(agent: LearningAgent) -> Any:
        yield agent.decide(observation, available)

    if "policy" in attributes:
        always = attributes["policy"]
        attributes["policy"] = staticmethod(lambda agent, observation: always)
    basics = {"observation_space": Box(-1, 1, (1,)), "action_space": Discrete(3), "run": run}
    World([type("Once", (LearningAgent,), basics | attributes)("x")], seed=0).advance(1.0)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"available": [True, True, True]}, "only an agent with masked = True and discrete actions"),
        ({"available": [True], "masked": True}, r"available=\[True\] at t=0: .* of 3 options"),
        ({"available": [False] * 3, "masked": True}, "one at least"),
        ({"masked": True, "action_space": Box(-1, 1, (1,))}, "only an agent with masked = True and discrete actions"),
        ({"action_space": Box(-1, 1, (1, 2))}, "action_space must be a one-dimensional Box, Discrete or MultiDiscrete"),
        ({"observation_space": Dict({"a": Discrete(2)})}, "does not fit into Dict"),
        ({"observation": {"b": 1}, "observation_space": Dict({"a": Discrete(2)})}, r"it has \['b'\], not \['a'\]"),
        ({"observation": 5, "observation_space": Discrete(2)}, "does not fit into Discrete"),
        ({"policy": 3}, r"its policy's action 3 at t=0 is not in its action space Discrete"),
        ({"policy": 0.5}, r"its policy's action 0.5 at t=0 is not in"),
        ({"policy": 1, "masked": True, "available": [1, 0, 1]}, "or not available"),
    ],
)
def test_what_does_not_fit_is_refused(wrong, message) -> None:
    with pytest.raises(AgentError, match=message):
        once(**{"observation": (0.0,)} | wrong)
