from __future__ import annotations

import numpy as np
import pytest

from catallaxy.learners import LearningError, TrajectoryBuffer


def decide(buffer: TrajectoryBuffer, chains, logp=0.0, value=0.0, reward=0.0, elapsed=0.0, time=0.0) -> None:
    n = len(chains)
    mark = np.asarray(chains, np.float32)[:, None]
    buffer.decide(
        chains, mark, mark, np.full(n, logp), np.full(n, value), time=[time] * n, rate=[0.05] * n,
        reward=[reward] * n, elapsed=[elapsed] * n,
    )  # fmt: skip


def test_a_decision_closes_its_chains_previous_one() -> None:
    buffer = TrajectoryBuffer(1, 1, capacity=1)
    decide(buffer, [7, 8], value=1.0)
    decide(buffer, [7], value=2.0, reward=5.0, elapsed=0.5)
    batch = buffer.transitions()
    assert len(batch) == 1
    assert (batch.chain[0], batch.reward[0], batch.elapsed[0], batch.next_value[0]) == (7, 5.0, 0.5, 2.0)
    assert batch.next_row[0] == -1  # the one after is not complete


def test_transitions_are_ordered_by_chain_and_linked_within_it() -> None:
    buffer = TrajectoryBuffer(1, 1)
    for step in range(4):
        decide(buffer, [9, 2], time=float(step), value=float(step))
    for chain in (9, 2):
        buffer.end(chain, reward=1.0, elapsed=1.0, terminated=True)
    batch = buffer.transitions()
    assert batch.chain.tolist() == [2] * 4 + [9] * 4
    assert batch.time.tolist() == [0, 1, 2, 3] * 2
    assert batch.next_row.tolist() == [1, 2, 3, -1, 5, 6, 7, -1]
    assert batch.next_value.tolist() == [1, 2, 3, 0] * 2
    assert batch.terminated.tolist() == ([False] * 3 + [True]) * 2


def test_open_transitions_are_carried_over_with_their_log_probability() -> None:
    buffer = TrajectoryBuffer(1, 1)
    for step in range(3):
        decide(buffer, [3, 1], logp=-float(step), time=float(step))
    buffer.carry()
    assert (len(buffer), buffer.open, len(buffer.transitions())) == (2, 2, 0)
    decide(buffer, [1], logp=-9.0, value=4.0, reward=6.0, elapsed=1.0, time=3.0)
    batch = buffer.transitions()
    assert (batch.chain[0], batch.logp[0], batch.time[0], batch.reward[0]) == (1, -2.0, 2.0, 6.0)
    assert batch.next_value[0] == 4.0


def test_what_an_episodes_end_cut_short_is_left_out_or_kept_on_request() -> None:
    buffer = TrajectoryBuffer(1, 1)
    decide(buffer, [1], value=1.0)
    decide(buffer, [1], value=2.0, reward=3.0, elapsed=1.0)
    buffer.end(1, reward=4.0, elapsed=0.5, terminated=False)
    assert buffer.transitions().reward.tolist() == [3.0]
    assert buffer.transitions().next_value.tolist() == [2.0]
    everything = buffer.transitions(unfinished=True)
    assert everything.reward.tolist() == [3.0, 4.0]
    assert everything.next_row.tolist() == [1, -1]
    buffer.carry()
    assert len(buffer) == 0


def test_a_cut_with_a_known_value_bootstraps() -> None:
    buffer = TrajectoryBuffer(1, 1)
    decide(buffer, [1])
    buffer.end(1, reward=4.0, elapsed=0.5, terminated=False, last_value=20.0)
    assert buffer.transitions().next_value.tolist() == [20.0]


def test_an_agent_with_two_pending_decisions_is_refused_by_index_and_episode() -> None:
    with pytest.raises(LearningError, match="agent 2 of episode 1 has two decisions pending"):
        decide(TrajectoryBuffer(1, 1), [(1 << 32) | 2, (1 << 32) | 2])


def test_memory_is_reused_from_rollout_to_rollout() -> None:
    buffer = TrajectoryBuffer(1, 1, capacity=8)
    for _ in range(50):
        for _ in range(10):
            decide(buffer, [1, 2])
        buffer.carry()
    assert len(buffer._store["chain"]) <= 32
