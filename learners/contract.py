"""What every learner must keep to, as tests that the authors of learners inherit."""

from __future__ import annotations

import math
import pickle
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from catallaxy.engine import World

from .buffer import TrajectoryBuffer, Transitions
from .fleet import Fleet
from .learner import Acted, Actor, Learner, actor_of
from .spec import PolicySpec, policy_specs

Single = npt.NDArray[np.float32]


class LearnerContract:
    """Tests of a learner, for pytest: subclass it under a name that pytest collects, and say what to test.

    ::

        class TestMine(LearnerContract):
            horizon = 20.0

            def make_learner(self):
                return Mine(...)

            def make_world(self, episode):
                return World([...], seed=1, episode=episode)

    Attributes:
        horizon: simulated time at which an episode ends.
        decisions: how many to gather for each update.
    """

    horizon: float = 20.0
    decisions: int = 200

    def make_learner(self) -> Learner:
        """Return a new learner; equal ones at every call."""
        raise NotImplementedError("a LearnerContract needs make_learner()")

    def make_world(self, episode: int) -> World:
        """Return the world of an episode, with agents of one family for the learner to decide for."""
        raise NotImplementedError("a LearnerContract needs make_world(episode)")

    def test_it_has_the_methods_of_a_learner(self) -> None:
        learner = self.make_learner()
        missing = [name for name in ("act", "update", "state_dict", "load_state_dict") if not hasattr(learner, name)]
        assert not missing, f"{type(learner).__name__} lacks {', '.join(missing)}"

    def test_its_answers_have_the_right_shapes_and_lie_in_the_action_space(self) -> None:
        spec, learner = self._spec(), self.make_learner()
        for batch in self._train(learner):
            for noise in (self._noise(len(batch)), None):
                acted = learner.act(batch.observation, noise)
                shapes = {name: getattr(acted, name).shape for name in ("actions", "raw", "logp", "values")}
                n = len(batch)
                assert shapes == {
                    "actions": (n, spec.action_size),
                    "raw": acted.raw.shape,
                    "logp": (n,),
                    "values": (n,),
                }
                assert acted.raw.ndim == 2, f"raw must be [n, a], not {acted.raw.shape}"
                assert acted.actions.dtype == np.float64, f"actions must be float64, not {acted.actions.dtype}"
                inside = (acted.actions >= np.array(spec.low)) & (acted.actions <= np.array(spec.high))
                assert inside.all(), f"actions outside of {spec.low} to {spec.high}: {acted.actions[~inside]}"
                for name in ("raw", "logp", "values"):
                    assert np.isfinite(getattr(acted, name)).all(), f"{name} holds numbers that are not finite"

    def test_a_rows_answer_does_not_depend_on_the_rows_beside_it(self) -> None:
        learner = self.make_learner()
        rows = self._train(learner)[-1].observation
        noise = self._noise(len(rows))
        whole = learner.act(rows, noise)
        for part in (slice(0, 1), slice(3, 40), slice(len(rows) - 2, None)):
            _same(learner.act(rows[part], noise[part]), whole, part)

    def test_acting_changes_nothing(self) -> None:
        learner = self.make_learner()
        rows = self._train(learner)[-1].observation
        noise = self._noise(len(rows))
        first = learner.act(rows, noise)
        learner.act(rows[::-1].copy(), None)
        _same(learner.act(rows, noise), first)

    def test_updates_return_finite_numbers_by_name(self) -> None:
        learner = self.make_learner()
        fleet = self._fleet(learner)
        for _ in range(2):
            scalars = learner.update(self._gather(fleet))
            for name, value in scalars.items():
                assert "/" in name, f"{name!r}: scalars are named as losses/policy"
                assert math.isfinite(value) or name == "losses/explained_variance", f"{name} is {value}"

    def test_equal_learners_learn_the_same_to_the_last_bit(self) -> None:
        one, two = self.make_learner(), self.make_learner()
        rows = [self._train(learner)[-1].observation for learner in (one, two)]
        assert rows[0].tobytes() == rows[1].tobytes(), "the second rollout of equal learners differs"
        noise = self._noise(len(rows[0]))
        _same(one.act(rows[0], noise), two.act(rows[0], noise))

    def test_it_learns_without_the_global_random_generator(self) -> None:
        before = np.random.get_state()[1].tobytes()  # type: ignore[index]  # noqa: NPY002
        self._train(self.make_learner())
        after = np.random.get_state()[1].tobytes()  # type: ignore[index]  # noqa: NPY002
        assert before == after, "it draws from NumPy's global generator; give it one of its own, with a seed"

    def test_from_a_checkpoint_it_goes_on_to_the_last_bit(self) -> None:
        from .checkpoint import load_checkpoint, save_checkpoint

        learner, revived = self.make_learner(), self.make_learner()
        fleet = self._fleet(learner)
        learner.update(self._gather(fleet))
        with tempfile.TemporaryDirectory() as folder:
            save_checkpoint(Path(folder) / "learner.pt", {"it": learner})
            load_checkpoint(Path(folder) / "learner.pt", {"it": revived})
        buffer = self._gather(fleet)
        rows = buffer.column("observation").copy()
        noise = self._noise(len(rows))
        _same(revived.act(rows, noise), learner.act(rows, noise))
        learner.update(buffer)
        revived.update(buffer)
        _same(revived.act(rows, noise), learner.act(rows, noise))

    def test_in_another_process_it_would_answer_the_same(self) -> None:
        learner = self.make_learner()
        rows = self._train(learner)[-1].observation
        noise = self._noise(len(rows))
        sent: Actor = pickle.loads(pickle.dumps(actor_of(learner)))
        _same(sent.act(rows, noise), learner.act(rows, noise))

    def _spec(self) -> PolicySpec:
        specs = policy_specs(self.make_world(0))
        assert len(specs) == 1, f"make_world must have agents of one family without a policy, not {list(specs)}"
        return next(iter(specs.values()))

    def _fleet(self, learner: Learner) -> Fleet:
        whole = bool(getattr(learner, "whole_episodes", False))
        return Fleet(self.make_world, {self._spec().family: learner}, self.horizon, 3, whole_episodes=whole)

    def _gather(self, fleet: Fleet) -> TrajectoryBuffer:
        return fleet.gather(self.decisions)[self._spec().family]

    def _train(self, learner: Learner) -> list[Transitions]:
        """Return the transitions of two rollouts, from each of which it has learned."""
        fleet, batches = self._fleet(learner), []
        for _ in range(2):
            buffer = self._gather(fleet)
            batches.append(buffer.transitions())
            learner.update(buffer)
        return batches

    def _noise(self, count: int) -> Single:
        spec, source = self._spec(), np.random.default_rng(1)
        draw: Any = source.random if spec.options else source.standard_normal
        return np.asarray(draw((count, spec.action_size)), np.float32)


def _same(found: Acted, expected: Acted, rows: slice = slice(None)) -> None:
    for name in ("actions", "raw", "logp", "values"):
        one, two = getattr(found, name), getattr(expected, name)[rows]
        assert one.tobytes() == two.tobytes(), f"{name} differ: {one.tolist()} and {two.tolist()}"
