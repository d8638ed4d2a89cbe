from __future__ import annotations

import attrs
import numpy as np
import pytest

from catallaxy.engine import EventLog, World
from catallaxy.learners import (
    PPO,
    CheckpointError,
    Fleet,
    LearningError,
    PPOConfig,
    Transitions,
    advantages,
    policy_specs,
)


def chains(batch: Transitions) -> dict[int, list[bytes]]:
    """Give each chain's rows as bytes, links left out."""
    columns = [getattr(batch, field.name) for field in attrs.fields(Transitions) if field.name != "next_row"]
    return {
        int(chain): [
            b"".join(column[row].tobytes() for column in columns) for row in np.flatnonzero(batch.chain == chain)
        ]
        for chain in np.unique(batch.chain)
    }


def a_learner(walkers) -> PPO:
    return PPO(policy_specs(walkers(0))["walkers"], seed=9)


def test_a_chain_is_the_same_for_any_number_of_worlds(walkers) -> None:
    learner = a_learner(walkers)
    gathered = [
        chains(
            Fleet(walkers, {"walkers": learner}, 20.0, worlds, whole_episodes=True).gather(600)["walkers"].transitions()
        )
        for worlds in (1, 2, 7, 40)
    ]
    common = set.intersection(*(set(part) for part in gathered))
    assert len(common) >= 30
    for part in gathered[1:]:
        assert all(part[chain] == gathered[0][chain] for chain in common)


def test_places_divided_among_fleets_gather_what_one_fleet_gathers(walkers) -> None:
    learners = {"walkers": a_learner(walkers)}
    one = Fleet(walkers, learners, 20.0, worlds=5)
    shards = [Fleet(walkers, learners, 20.0, worlds=5, places=places) for places in ([0, 3], [1, 2, 4])]
    for decisions in (200, 333, 80):
        together = chains(one.gather(decisions)["walkers"].transitions())
        apart: dict[int, list[bytes]] = {}
        for shard in shards:
            apart |= chains(shard.gather(decisions)["walkers"].transitions())
        assert apart == together
    assert one.decisions == sum(shard.decisions for shard in shards)


def test_a_rollouts_cut_loses_no_transition(walkers, steady) -> None:
    """Gathered in pieces, completed transitions are those of one long rollout."""
    whole = Fleet(walkers, {"walkers": steady()}, 20.0, worlds=3).gather(900)["walkers"].transitions()
    fleet = Fleet(walkers, {"walkers": steady()}, 20.0, worlds=3)
    pieces: dict[int, list[bytes]] = {}
    for _ in range(30):
        for chain, rows in chains(fleet.gather(30)["walkers"].transitions()).items():
            pieces.setdefault(chain, []).extend(rows)
    assert pieces == chains(whole)


def test_rollouts_have_the_size_asked_for(walkers, steady) -> None:
    fleet = Fleet(walkers, {"walkers": steady()}, 20.0, worlds=4)
    fleet.gather(101)
    assert 101 <= fleet.decisions <= 101 + 4 * 2


def test_terminated_and_cut_agents_end_differently(walkers, steady) -> None:
    fleet = Fleet(walkers, {"walkers": steady()}, 20.0, worlds=2, whole_episodes=True)
    buffer = fleet.gather(200)["walkers"]
    batch = buffer.transitions()
    retired = batch.chain & 0xFFFFFFFF == 2
    last = batch.next_row < 0
    assert batch.terminated[last & retired].all()
    assert not batch.terminated[~retired].any()
    assert buffer.open == 0
    assert len(buffer.transitions(unfinished=True)) == len(batch) + 2 * fleet.episodes


def test_a_world_writes_the_same_log_alone_and_in_a_fleet(walkers, tmp_path) -> None:
    def events(worlds: int) -> dict[str, bytes]:
        logs = {}

        def make_world(episode: int) -> World:
            world = walkers(episode)
            logs[episode] = EventLog(tmp_path / f"{worlds}-{episode}", seed=5)
            logs[episode].attach(world)
            return world

        Fleet(make_world, {"walkers": a_learner(walkers)}, 20.0, worlds, whole_episodes=True).gather(3 * worlds)
        for log in logs.values():
            log.close()
        files = sorted((tmp_path / f"{worlds}-0" / "events").iterdir())
        return {path.name: path.read_bytes() for path in files}

    alone = events(1)
    assert "decisions.arrows" in alone
    assert events(4) == alone


def test_an_agent_that_leaves_ends_its_chain_there(one_agent, steady) -> None:
    def behaviour(agent):
        yield agent.decide((0.0,))
        agent.flow(2.0)
        yield agent.sleep(3.0)
        agent.world.remove(agent)

    fleet = Fleet(one_agent(behaviour), {"solo": steady()}, horizon=10.0, worlds=1, whole_episodes=True)
    batch = fleet.gather(1)["solo"].transitions()
    assert batch.terminated.tolist() == [True]
    assert batch.elapsed.tolist() == [3.0]


def test_log_probabilities_are_those_of_the_pass_that_acted(walkers) -> None:
    learner = a_learner(walkers)
    batch = Fleet(walkers, {"walkers": learner}, 20.0, worlds=6).gather(300)["walkers"].transitions()
    mean = learner.act(batch.observation).raw
    std = np.exp(learner.policy.log_std.detach().numpy())
    noise = (batch.raw - mean) / std
    np.testing.assert_allclose(batch.logp, (-0.5 * noise**2 - np.log(std) - 0.5 * np.log(2 * np.pi)).sum(1), atol=1e-4)


def test_a_fleet_goes_on_from_its_state_as_if_never_stopped(walkers) -> None:
    learners = {"walkers": a_learner(walkers)}
    fleet = Fleet(walkers, learners, 20.0, worlds=3)
    fleet.gather(200)
    state = fleet.state_dict()
    revived = Fleet(walkers, learners, 20.0, worlds=3)
    revived.load_state_dict(state)
    assert chains(revived.gather(150)["walkers"].transitions()) == chains(fleet.gather(150)["walkers"].transitions())
    assert (revived.decisions, revived.episodes) == (fleet.decisions, fleet.episodes)


def test_a_fleet_of_other_worlds_does_not_take_the_state(walkers, one_agent, steady) -> None:
    fleet = Fleet(walkers, {"walkers": steady()}, 20.0, worlds=2)
    fleet.gather(50)
    with pytest.raises(CheckpointError, match="the fleet had 2 worlds"):
        Fleet(walkers, {"walkers": steady()}, 20.0, worlds=3).load_state_dict(fleet.state_dict())

    def behaviour(agent):
        while True:
            yield agent.sleep(0.3)
            yield agent.decide((0.0,))

    other = Fleet(one_agent(behaviour, family="walkers"), {"walkers": steady()}, 20.0, worlds=2)
    with pytest.raises(CheckpointError, match="does not come out as it did"):
        other.load_state_dict(fleet.state_dict())


def test_a_number_that_float32_does_not_hold_is_refused_by_agent_field_and_time(one_agent, steady) -> None:
    def behaviour(agent):
        yield agent.sleep(1.5)
        yield agent.decide((1e39,))

    with pytest.raises(LearningError, match=r"agent 'solo': observation\[0\] is 1e\+39 at t=1.5"):
        Fleet(one_agent(behaviour), {"solo": steady()}, 5.0, worlds=1).gather(1)


def test_a_reward_that_grows_out_of_bounds_is_refused(one_agent, steady) -> None:
    def behaviour(agent):
        yield agent.decide((0.0,))
        yield agent.sleep(2.0)
        agent.reward(1e308)
        agent.reward(1e308)
        yield agent.decide((0.0,))

    with pytest.raises(LearningError, match="agent 'solo': reward is inf at t=2"):
        Fleet(one_agent(behaviour), {"solo": steady()}, 5.0, worlds=1).gather(2)


def test_a_family_without_a_learner_is_named(walkers, steady) -> None:
    with pytest.raises(LearningError, match=r"family 'walkers' has no learner.*learners for: others"):
        Fleet(walkers, {"others": steady()}, 20.0, worlds=1).gather(1)


def test_worlds_in_which_nobody_decides_do_not_hang(one_agent, steady) -> None:
    def behaviour(agent):
        yield agent.sleep(1.0)

    with pytest.raises(LearningError, match="without one decision of the families solo"):
        Fleet(one_agent(behaviour), {"solo": steady()}, 5.0, worlds=1).gather(1)


def test_a_world_of_the_wrong_episode_is_refused(walkers, steady) -> None:
    with pytest.raises(LearningError, match=r"make_world\(1\) gave the world of episode 0"):
        Fleet(lambda episode: walkers(0), {"walkers": steady()}, 20.0, worlds=2).gather(10)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (np.nan, r"agent '\w': its learner's action \[nan\] at t=.* is not in its action space Box"),
        (1.5, r"agent '\w': its learner's action \[1.5\]"),
    ],
)
def test_actions_outside_their_space_never_reach_the_market(walkers, steady, wrong, message) -> None:
    class Wild(steady):
        def act(self, observations, noise=None):
            acted = super().act(observations, noise)
            acted.actions[:] = wrong
            return acted

    with pytest.raises(LearningError, match=message):
        Fleet(walkers, {"walkers": Wild()}, 20.0, worlds=1).gather(5)


def test_what_an_agent_sees_at_the_cut_tells_what_would_follow(one_agent, steady) -> None:
    """A flow of 1, discounted at 0.05, is worth 20 from the cut on; an agent that can't say what it sees loses it."""

    def behaviour(agent):
        agent.flow(1.0)
        while True:
            yield agent.decide((0.0,))
            yield agent.sleep(3.0)

    for observe, last_value in ((lambda agent: (agent.now,), 20.0), (lambda agent: None, np.nan)):
        make_world = one_agent(behaviour, discount_rate=0.05, observe=observe)
        fleet = Fleet(make_world, {"solo": steady(20.0)}, 10.0, worlds=1, whole_episodes=True)
        buffer = fleet.gather(4)["solo"]
        np.testing.assert_equal(buffer.column("last_value")[-1], last_value)
        batch = buffer.transitions()
        worth = advantages(
            batch.reward, batch.elapsed, batch.value, batch.next_value, batch.next_row, batch.terminated,
            rate=batch.rate, lam=1.0,
        ) + batch.value  # fmt: skip
        assert len(batch) == (4 if last_value == 20.0 else 3)
        np.testing.assert_allclose(worth, 20.0)


def test_the_value_at_the_cut_is_the_critics_with_memory_too(one_agent) -> None:
    def behaviour(agent):
        while True:
            yield agent.decide((agent.now,))
            yield agent.sleep(3.0)

    make_world = one_agent(behaviour, observe=lambda agent: (agent.now,))
    for memory in (0, 8):
        learner = PPO(policy_specs(make_world(0))["solo"], PPOConfig(memory=memory), seed=1)
        buffer = Fleet(make_world, {"solo": learner}, 10.0, worlds=1, whole_episodes=True).gather(4)["solo"]
        seen = np.hstack([[10.0], buffer.column("raw")[-1, 1:]])[None].astype(np.float32)
        assert buffer.column("last_value")[-1] == learner.act(seen).values[0]
