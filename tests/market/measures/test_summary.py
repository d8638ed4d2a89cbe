"""Summaries over episodes."""

import numpy as np
import pyarrow as pa
import pytest

from catallaxy.market.measures import interval, summarise

TABLE = pa.table(
    {
        "episode": [0, 0, 0, 1, 1, 1, 2, 2, 2],
        "agent": pa.array(["a", "b", "c"] * 3).dictionary_encode(),
        "group": ["x", "x", "y"] * 3,
        "profit": [1.0, 3.0, float("nan"), 2.0, 5.0, 7.0, 4.0, 4.0, float("nan")],
        "trades": pa.array([1, 2, 3, 4, 5, 6, 7, 8, 9], pa.int64()),
    }
)


def test_each_agent_gets_its_interval_over_episodes() -> None:
    rows = summarise(TABLE).to_pylist()
    assert [(row["agent"], row["measure"]) for row in rows[:3]] == [("a", "profit"), ("a", "trades"), ("b", "profit")]
    expected = interval([1.0, 2.0, 4.0])
    assert (rows[0]["mean"], rows[0]["low"], rows[0]["high"]) == (expected.mean, expected.low, expected.high)
    assert rows[0]["episodes"] == 3


def test_agents_of_one_episode_are_averaged_before_the_interval() -> None:
    row = summarise(TABLE, ("group",), ["profit"]).to_pylist()[0]
    expected = interval([2.0, 3.5, 4.0])
    assert row == {
        "group": "x",
        "measure": "profit",
        "episodes": 3,
        "mean": pytest.approx(expected.mean),
        "low": pytest.approx(expected.low),
        "high": pytest.approx(expected.high),
    }
    (everything,) = summarise(TABLE, (), ["trades"]).to_pylist()
    assert everything["mean"] == np.mean([2.0, 5.0, 8.0])


def test_what_was_defined_once_has_a_mean_and_no_interval() -> None:
    row = summarise(TABLE, ("agent",), ["profit"]).to_pylist()[2]
    assert (row["agent"], row["episodes"], row["mean"], row["low"]) == ("c", 1, 7.0, None)
    assert summarise(TABLE.slice(0, 0), ("agent", "group")).num_rows == 0
