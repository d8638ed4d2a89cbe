from __future__ import annotations

import math

import numpy as np
import pytest
from gymnasium.spaces import Box, Dict, Discrete, MultiDiscrete
from gymnasium.utils.env_checker import check_env
from pettingzoo.test import api_test, parallel_api_test, parallel_seed_test, seed_test

from catallaxy.agents import LearningAgent
from catallaxy.engine import AgentError, World
from catallaxy.learners import LearningError
from catallaxy.learners.adapters import AgentEnv, WorldAECEnv, WorldParallelEnv

RHO = 0.1


class Ticker(LearningAgent):
    """Decides at its own rate, earns a unit flow and 1 at each decision; may retire."""

    discount_rate = RHO
    observation_space = Box(-100.0, 100.0, (2,), np.float32)
    action_space = Box(-1.0, 1.0, (1,), np.float32)

    def __init__(self, name: str, every: float, retires: float = math.inf) -> None:
        super().__init__(name)
        self.every, self.retires = every, retires
        self.features = (every,)

    def run(self):
        self.done = []
        while self.now < self.retires:
            yield self.sleep(self.every * self.rng.exponential(1.0))
            action = yield self.decide((min(self.now, 100.0), self.rng.uniform(-1, 1)))
            self.done.append((self.now, float(action[0])))
            self.reward(1.0)
            self.flow(1.0)
        self.terminate()


def world_of(*agents):
    return lambda episode: World([Ticker(*agent) for agent in agents], seed=7, episode=episode)


ONE = world_of(("a", 1.0))
RETIRING = world_of(("a", 1.0, 5.0))
SEVERAL = world_of(("a", 1.0), ("b", 0.3), ("c", 1.0, 6.0))


@pytest.mark.filterwarnings("ignore:.*alternative render modes.*", "ignore:.*A Box observation space m")
def test_gymnasiums_own_check_passes() -> None:
    for make_world in (ONE, RETIRING):
        check_env(AgentEnv(make_world, 20.0))


@pytest.mark.filterwarnings("ignore:.*(infinity|has not defined a render).*")
def test_pettingzoos_own_checks_pass() -> None:
    named = world_of(("fast_0", 0.3), ("slow_0", 2.0), ("retiring_0", 1.0, 6.0))
    api_test(WorldAECEnv(named, 20.0), num_cycles=60)
    seed_test(lambda: WorldAECEnv(named, 20.0), num_cycles=60)
    parallel_api_test(WorldParallelEnv(named, 20.0), num_cycles=60)
    parallel_seed_test(lambda: WorldParallelEnv(named, 20.0), num_cycles=60)


def perpetuity(rewards, infos) -> float:
    """Give the value at the first decision, by what the environments tell: R + G V'."""
    value = 0.0
    for reward, info in zip(reversed(rewards), reversed(infos), strict=True):
        value = reward + info["discount"] * value
    return value


@pytest.mark.parametrize(("make_world", "end"), [(ONE, 20.0), (RETIRING, None)])
def test_rewards_and_discounts_add_up_to_the_value_in_continuous_time(make_world, end) -> None:
    env = AgentEnv(make_world, 20.0)
    _, info = env.reset()
    start, rewards, infos, times, over = info["time"], [], [], [info["time"]], False
    while not over:
        _, reward, terminated, truncated, info = env.step(np.zeros(1, np.float32))
        rewards.append(reward)
        infos.append(info)
        times.append(info["time"])
        over = terminated or truncated
    assert (terminated, truncated) == (end is None, end is not None)
    last = start + sum(info["elapsed"] for info in infos)
    assert last == pytest.approx(end or times[-2], abs=1e-9)
    decided = np.array(times[:-1]) - start
    exact = np.exp(-RHO * decided).sum() + (1 - math.exp(-RHO * (last - start))) / RHO
    assert perpetuity(rewards, infos) == pytest.approx(exact, rel=1e-12)


def test_every_agent_of_either_multi_agent_environment_earns_the_same() -> None:
    turns, steps = WorldAECEnv(SEVERAL, 20.0), WorldParallelEnv(SEVERAL, 20.0)
    turns.reset(seed=3)
    earned: dict[str, list[tuple[float, float]]] = {name: [] for name in turns.possible_agents}
    for name in turns.agent_iter():
        _, reward, terminated, truncated, info = turns.last()
        earned[name].append((reward, info["elapsed"]))
        turns.step(None if terminated or truncated else np.full(1, 0.5, np.float32))
    same: dict[str, list[tuple[float, float]]] = {name: [] for name in turns.possible_agents}
    _, infos = steps.reset(seed=3)
    same |= {name: [(0.0, 0.0)] for name, info in infos.items() if info["decides"]}
    while steps.agents:
        _, rewards, ends, cuts, infos = steps.step({name: np.full(1, 0.5, np.float32) for name in steps.agents})
        for name, info in infos.items():
            if info["decides"] or ends[name] or cuts[name]:
                same[name].append((rewards[name], info["elapsed"]))
    assert earned == same
    assert {name: len(rows) > 1 for name, rows in earned.items()} == dict.fromkeys("abc", True)


def test_actions_reach_the_agent_that_decides_at_that_moment() -> None:
    env = WorldAECEnv(SEVERAL, 20.0)
    env.reset()
    agents = env._episode.agents
    given: dict[str, list[float]] = {name: [] for name in agents}
    rng = np.random.default_rng(0)
    for name in env.agent_iter(40):
        if env.terminations[name]:
            env.step(None)
            continue
        action = rng.uniform(-1, 1, 1).astype(np.float32)
        given[name].append(float(action[0]))
        env.step(action)
    assert {name: [action for _, action in agent.done] for name, agent in agents.items()} == given


def test_episodes_follow_the_seed_or_the_number() -> None:
    env = AgentEnv(ONE, 20.0)
    numbers = [env.reset()[1]["episode_number"] for _ in range(3)]
    assert numbers == [0, 1, 2]
    seeded = [env.reset(seed=5)[1]["episode_number"], env.reset()[1]["episode_number"]]
    assert [env.reset(seed=5)[1]["episode_number"], env.reset()[1]["episode_number"]] == seeded
    assert env.reset(options={"episode": 4})[1]["episode_number"] == 4


def test_bad_actions_never_reach_the_market() -> None:
    env = AgentEnv(ONE, 20.0)
    env.reset()
    for action in ([1.5], [np.nan], [0.1, 0.2]):
        with pytest.raises(LearningError, match=r"agent 'a': action .* at t=.* is not in Box"):
            env.step(np.array(action, np.float32))
    env.step(np.float32([1.0]))


def test_misuse_is_answered() -> None:
    with pytest.raises(LearningError, match="decides for one agent, but in episode 0 'a', 'b', 'c' decide"):
        AgentEnv(SEVERAL, 20.0)
    with pytest.raises(LearningError, match="nothing to decide: call reset"):
        AgentEnv(ONE, 20.0).step(np.zeros(1))
    with pytest.raises(LearningError, match=r"agent 'a' decides nothing in 100 episodes"):
        AgentEnv(ONE, 1e-9).reset()
    env = WorldParallelEnv(SEVERAL, 20.0)
    env.reset()
    with pytest.raises(LearningError, match=r"must decide at t=.*, but has no action"):
        env.step({})
    changing = WorldAECEnv(lambda episode: world_of(("a", 1.0), (f"b{episode}", 1.0))(episode), 20.0)
    with pytest.raises(LearningError, match=r"learning agents of episode 1 are \['a', 'b1'\]"):
        changing.reset(options={"episode": 1})


class Picker(Ticker):
    """Picks among three options and one of two, not all on offer."""

    observation_space = Dict({"place": Discrete(2), "level": Box(-1.0, 1.0, (1,), np.float32)})
    action_space = MultiDiscrete([3, 2])
    masked = True

    def __init__(self, name):
        super().__init__(name, 1.0)
        self.features = ()

    def run(self):
        while True:
            yield self.sleep(1.0)
            offers = [[True, self.rng.random() < 0.5, True], [True, False]]
            action = yield self.decide({"place": 1, "level": [self.rng.uniform(-1, 1)]}, offers)
            assert offers[0][action[0]]
            assert offers[1][action[1]]
            self.reward(float(action[0]))


def test_dictionaries_and_masks_reach_other_libraries() -> None:
    env = AgentEnv(lambda episode: World([Picker("p")], seed=3, episode=episode), 50.0)
    env.action_space.seed(0)
    observation, info = env.reset()
    for _ in range(40):
        assert env.observation_space.contains(observation)
        assert observation.shape == (3,)
        observation, _, _, _, info = env.step(env.action_space.sample(info["action_mask"]))
    with pytest.raises(AgentError, match="not available"):
        env.step(np.array([0, 1]))
