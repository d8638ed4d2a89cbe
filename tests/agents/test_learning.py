"""Rewards in continuous time, decisions, and what a learning agent refuses."""

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from gymnasium.spaces import Box

from catallaxy.agents import Decision, LearningAgent
from catallaxy.engine import AgentError, CatallaxyError, Process, World, WorldError

RHO = 0.05


class Worker(LearningAgent):
    """Decides every ``pace``; in between it does ``work``."""

    observation_space = Box(-10, 10, (1,))
    action_space = Box(-1, 1, (2,))
    discount_rate = RHO

    def __init__(self, name: str, pace: float = 1.0, work: Callable[["Worker"], Any] = lambda _: None) -> None:
        super().__init__(name)
        self.pace = pace
        self.work = work
        self.actions: list[Any] = []

    def run(self) -> Process:
        while True:
            self.actions.append((yield self.decide([self.now])))
            self.work(self)
            yield self.sleep(self.pace)


def decisions(world: World, until: float) -> list[Decision]:
    """Drive ``world``, answering zeros; returns all decisions."""
    seen: list[Decision] = []
    while asked := world.advance(until):
        for decision in asked:
            assert isinstance(decision, Decision)
            seen.append(decision)
            decision.answer(np.zeros(2))
    return seen


def test_rewards_are_discounted_from_the_decision_to_their_own_instant() -> None:
    def work(agent: Worker) -> None:
        agent.reward(1.0)
        agent.timer(0.25, lambda: agent.reward(2.0))

    second = decisions(World([Worker("w", work=work)], seed=0), 1.5)[1]
    assert second.elapsed == 1.0
    assert second.reward == pytest.approx(1.0 + 2.0 * math.exp(-RHO * 0.25), rel=1e-15)


def test_a_flow_is_integrated_with_its_discount_and_can_change_between_decisions() -> None:
    def work(agent: Worker) -> None:
        agent.flow(3.0)
        agent.timer(0.4, lambda: agent.flow(-1.0))

    world = World([Worker("w", work=work)], seed=0)
    second = decisions(world, 1.7)[1]
    first_part = 3.0 * (1 - math.exp(-RHO * 0.4)) / RHO
    second_part = -1.0 * (math.exp(-RHO * 0.4) - math.exp(-RHO)) / RHO
    assert second.reward == pytest.approx(first_part + second_part, rel=1e-12)
    # The flow of -1 goes on at the next decision until it is set anew, at once here.
    agent = world.agents["w"]
    assert isinstance(agent, Worker)
    expected = 3.0 * (1 - math.exp(-RHO * 0.4)) / RHO - (math.exp(-RHO * 0.4) - math.exp(-RHO * 0.7)) / RHO
    assert agent.outcome() == (pytest.approx(expected, rel=1e-12), pytest.approx(0.7))


def test_without_a_discount_rate_rewards_are_summed() -> None:
    class Undiscounted(Worker):
        discount_rate = 0.0

    second = decisions(World([Undiscounted("w", work=lambda a: a.flow(2.0))], seed=0), 1.5)[1]
    assert second.reward == 2.0


def test_the_first_decision_has_no_past_and_what_came_before_it_counts_for_nobody() -> None:
    class Late(Worker):
        def run(self) -> Process:
            self.reward(100.0)
            yield self.sleep(1.0)
            yield from super().run()

    first, second = decisions(World([Late("w")], seed=0), 2.5)
    assert (first.first, first.reward, first.elapsed) == (True, 0.0, 0.0)
    assert (second.first, second.reward, second.elapsed) == (False, 0.0, 1.0)


def test_termination_freezes_the_outcome() -> None:
    def work(agent: Worker) -> None:
        agent.flow(1.0)
        agent.timer(0.5, agent.terminate)
        agent.timer(0.6, lambda: agent.reward(50.0))

    world = World([Worker("w", work=work)], seed=0)
    agent = world.agents["w"]
    assert isinstance(agent, Worker)
    decisions(world, 0.9)
    assert agent.terminated
    assert agent.outcome() == (pytest.approx((1 - math.exp(-RHO * 0.5)) / RHO), 0.5)
    with pytest.raises(AgentError, match="Worker 'w' decides at t=1 after it has terminated"):
        decisions(world, 2.0)


def test_nothing_is_earned_after_leaving() -> None:
    world = World([Worker("w", pace=5.0, work=lambda a: a.flow(2.0))], seed=0)
    agent = world.agents["w"]
    assert isinstance(agent, Worker)
    agent.discount_rate = 0.0
    decisions(world, 1.5)
    world.remove(agent)
    decisions(world, 4.0)
    assert agent.outcome() == (3.0, 1.5)


def test_noise_is_the_agents_own() -> None:
    alone = decisions(World([Worker("a")], seed=4), 5.0)
    joined = decisions(World([Worker("b", pace=0.3), Worker("a")], seed=4), 5.0)
    assert [d.noise for d in alone] == [d.noise for d in joined if d.agent.name == "a"]
    other_episode = decisions(World([Worker("a")], seed=4, episode=1), 5.0)
    assert alone[0].noise != other_episode[0].noise
    noises = np.array([d.noise for d in decisions(World([Worker("a", pace=0.01)], seed=4), 50.0)])
    assert noises.shape[1] == 2
    assert abs(noises.mean()) < 4 / math.sqrt(noises.size)
    assert abs(noises.var() - 1) < 4 * math.sqrt(2 / noises.size)


def test_an_attached_policy_answers_at_once() -> None:
    worker = Worker("w")
    worker.policy = lambda agent, observation: [agent.now / 10, observation[0] / 10]
    World([worker], seed=0).run(3.5)
    assert [list(action) for action in worker.actions] == [[0.0, 0.0], [0.1, 0.1], [0.2, 0.2], [0.3, 0.3]]


def test_decisions_are_logged_and_cause_what_follows(tmp_path: Path) -> None:
    worker = Worker("w")
    worker.type = {"patience": 2}
    worker.features = (0.5,)
    worker.policy = lambda agent, observation: [0.25, -1.0]
    World([worker], seed=0).run(1.5, log=tmp_path / "run")
    rows = pa.ipc.open_stream(tmp_path / "run" / "events" / "decisions.arrows").read_all().to_pylist()
    assert [row["observation"] for row in rows] == [[0.0, 0.5], [1.0, 0.5]]
    assert [row["action"] for row in rows] == [[0.25, -1.0]] * 2
    assert rows[1]["elapsed"] == 1.0
    agents = pa.ipc.open_stream(tmp_path / "run" / "events" / "agents.arrows").read_all().to_pylist()
    assert agents[0]["type"] == '{"patience": 2}'


def returning(action: object) -> Callable[[LearningAgent, Sequence[float]], Any]:
    return lambda agent, observation: action


@pytest.mark.parametrize(
    ("policy", "work", "words"),
    [
        (
            returning([0.0, 2.0]),
            lambda a: None,
            "its policy's action [0.0, 2.0] at t=0 is not in its",
        ),
        (returning([0.0]), lambda a: None, "is not in its action space"),
        (returning([0.0, math.nan]), lambda a: None, "is not in its action space"),
        (None, lambda a: a.reward(math.nan), "Worker 'w': reward nan at t=0 is not a finite number"),
        (None, lambda a: a.flow(math.inf), "Worker 'w': reward rate inf at t=0 is not a finite number"),
    ],
)
def test_bad_actions_and_rewards_name_the_agent_and_the_time(
    policy: Any, work: Callable[[Worker], Any], words: str
) -> None:
    worker = Worker("w", work=work)
    worker.policy = policy
    with pytest.raises(CatallaxyError) as caught:
        decisions(World([worker], seed=0), 2.0)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("observation", "words"),
    [
        ([math.nan], "observation[0] is nan at t=0"),
        ([0.0, 1.0], "its observation at t=0 has 2 numbers, its observation space 1"),
    ],
)
def test_bad_observations_name_the_place(observation: list[float], words: str) -> None:
    class Blind(Worker):
        def run(self) -> Process:
            yield self.decide(observation)

    with pytest.raises(CatallaxyError) as caught:
        World([Blind("w")], seed=0).advance(1.0)
    assert words in str(caught.value)


def test_a_decision_is_answered_once() -> None:
    world = World([Worker("w")], seed=0)
    (question,) = world.advance(1.0)
    question.answer(np.zeros(2))
    with pytest.raises(WorldError, match="has been answered already"):
        question.answer(np.zeros(2))


def test_decisions_at_the_same_instant_come_together_and_the_clock_waits() -> None:
    world = World([Worker("a"), Worker("b")], seed=0)
    assert [decision.agent.name for decision in world.advance(10.0)] == ["a", "b"]
    assert world.now == 0.0
    assert len(world.advance(10.0)) == 2, "unanswered questions hold the world where it is"
