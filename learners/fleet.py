"""Many worlds advanced together, so that their pending decisions share one forward pass for each family."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

import attrs
import numpy as np
import numpy.typing as npt

from catallaxy.agents import Decision, LearningAgent
from catallaxy.engine import Question, World

from .buffer import TrajectoryBuffer, chain_key
from .errors import CheckpointError, LearningError
from .learner import Acted, Actor

_EMPTY_EPISODES = 100  # in a row, before a fleet gives up waiting for a decision


@attrs.define(eq=False)
class _Berth:
    """A place in the fleet: the world that is in it now, and the actions that it has been given so far."""

    episode: int
    world: World | None = None
    answered: int = 0
    actions: array[float] = attrs.field(factory=lambda: array("d"))


class Fleet:
    """Worlds that are advanced round by round: each up to its next decisions, which are then answered all at once.

    Decisions are answered in order of worlds, and in each world first asked first. A world that reaches ``horizon`` is
    replaced: the world in place w plays the episodes w, w + ``worlds``, w + 2 ``worlds`` and so on. Each place takes
    its even share of a rollout's decisions. So what is gathered, chain by chain, is the same to the last bit however
    the places are divided among fleets; while weights stand still, a chain is the same for any number of worlds, too.

    At ``horizon`` an agent that has terminated ends for good; any other is cut short (see `TrajectoryBuffer.end`).

    Args:
        make_world: builds the world of an episode.
        learners: a learner for each family of agents that have no policy of their own, or for an agent by its name,
            which goes before its family's.
        horizon: simulated time at which an episode ends.
        worlds: how many worlds to advance together.
        places: those of the ``worlds`` that are in this fleet; all by default.
        played: episodes that each place has played already, in an earlier fleet.
        whole_episodes: play worlds to their end in each rollout, so that no chain is cut.

    Attributes:
        buffers: what has been gathered, by learner (see ``learners``).
        decisions: decisions answered so far.
        episodes: episodes finished so far.
    """

    def __init__(
        self,
        make_world: Callable[[int], World],
        learners: Mapping[str, Actor],
        horizon: float,
        worlds: int = 16,
        *,
        places: Sequence[int] | None = None,
        played: int = 0,
        whole_episodes: bool = False,
    ) -> None:
        if not (horizon > 0 and worlds >= 1):
            raise LearningError(f"a fleet needs a positive horizon and at least one world, not {horizon!r}, {worlds!r}")
        self.make_world = make_world
        self.learners: dict[str, Actor] = dict(learners)
        self.horizon, self.worlds, self.whole_episodes = horizon, worlds, whole_episodes
        self.places = list(range(worlds) if places is None else places)
        self.buffers: dict[str, TrajectoryBuffer] = {}
        self.decisions = 0
        self.episodes = 0
        self._berths = [_Berth(place + played * worlds) for place in self.places]

    def gather(self, decisions: int) -> dict[str, TrajectoryBuffer]:
        """Answer ``decisions`` decisions, as many in each world, and return the buffers, by family.

        A world whose agents ask together is not stopped between them, so there may be a few more. The buffers hold this
        rollout's transitions and those that the one before left open; they are reused by the next call.

        Raises:
            LearningError: a decision that no learner answers, or one with numbers that are not finite.
            CatallaxyError: an agent or a world failed.
        """
        for buffer in self.buffers.values():
            buffer.carry()
        base, extra = divmod(decisions, self.worlds)
        shares = [base + (place < extra) for place in self.places]
        for berth in self._berths:
            berth.answered = 0
        while True:
            questions: list[Question] = []
            chains: list[int] = []
            askers: list[_Berth] = []
            for berth, share in zip(self._berths, shares, strict=True):
                pending = self._pending(berth, share)
                if pending:
                    episode = berth.episode
                    questions += pending
                    chains += [chain_key(episode, question.agent.index) for question in pending]
                    askers += [berth] * len(pending)
            if not questions:
                return self.buffers
            actions = self._decide(questions, chains)
            self.decisions += len(questions)
            for question, action, berth in zip(questions, actions, askers, strict=True):
                berth.answered += 1
                berth.actions.extend(action.tolist())
                question.answer(action)

    def state_dict(self) -> dict[str, Any]:
        """Return what a fleet of the same worlds needs to go on: open transitions, episodes and the actions so far.

        A world can't be copied, but it is a function of its seed and the actions that it was given.
        """
        return {
            "worlds": self.worlds,
            "places": list(self.places),
            "decisions": self.decisions,
            "episodes": self.episodes,
            "buffers": {
                family: {"sizes": [buffer.observation_size, buffer.action_size], "open": buffer.state_dict()}
                for family, buffer in self.buffers.items()
            },
            "berths": [
                {
                    "episode": berth.episode,
                    "now": -1.0 if berth.world is None else berth.world.now,
                    "actions": np.array(berth.actions),
                }
                for berth in self._berths
            ],
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Undo `state_dict`: play each world again, with its recorded actions, to where it was.

        Raises:
            CheckpointError: it is another fleet's, or the worlds don't come out as they did.
        """
        if state["worlds"] != self.worlds or list(state["places"]) != self.places:
            raise CheckpointError(
                f"the fleet had {state['worlds']} worlds, of them {list(state['places'])} here; "
                f"this one has {self.worlds} and {self.places}"
            )
        self.decisions, self.episodes = int(state["decisions"]), int(state["episodes"])
        self.buffers = {}
        for family, stored in state["buffers"].items():
            self.buffers[family] = TrajectoryBuffer(*stored["sizes"])
            self.buffers[family].load_state_dict(stored["open"])
        for berth, stored in zip(self._berths, state["berths"], strict=True):
            berth.episode, berth.world = int(stored["episode"]), None
            berth.actions = array("d", np.asarray(stored["actions"], np.float64).tolist())
            if stored["now"] >= 0:
                self._replay(berth, stored["now"])

    def _pending(self, berth: _Berth, share: int) -> list[Question]:
        """Return the next questions in a berth; none once it has answered its share of the rollout."""
        for _ in range(_EMPTY_EPISODES):
            full = berth.answered >= share
            if full and (berth.world is None or not self.whole_episodes):
                return []
            world = berth.world = berth.world or self._launch(berth.episode)
            questions = world.advance(self.horizon)
            if questions:
                return questions
            self._finish(berth, world)
        raise LearningError(
            f"{_EMPTY_EPISODES} episodes in a row ended at t={self.horizon:g} without one decision of the families "
            f"{', '.join(self.learners)}"
        )

    def _launch(self, episode: int) -> World:
        world = self.make_world(episode)
        if world.episode != episode:
            raise LearningError(
                f"make_world({episode}) gave the world of episode {world.episode}: pass episode=... on to World"
            )
        return world

    def _finish(self, berth: _Berth, world: World) -> None:
        """End every chain of a world that has reached the horizon, and make room for the next."""
        for agent in world.everybody:
            family = self._learner_of(agent) if isinstance(agent, LearningAgent) else ""
            if (buffer := self.buffers.get(family)) is None:
                continue
            assert isinstance(agent, LearningAgent)
            reward, elapsed = agent.outcome()
            _check_number(reward, agent, "reward", world.now)
            chain = chain_key(berth.episode, agent.index)
            ended = agent.terminated or agent.left_at is not None
            value = None if ended or not buffer.waits(chain) else self._value(family, agent, chain)
            buffer.end(chain, reward=reward, elapsed=elapsed, terminated=ended, last_value=value)
        berth.world = None
        berth.episode += self.worlds
        del berth.actions[:]
        self.episodes += 1

    def _decide(self, questions: Sequence[Question], chains: Sequence[int]) -> list[npt.NDArray[np.float64]]:
        """Let each family's learner answer its questions, in one forward pass, and record that."""
        families: dict[str, list[int]] = {}
        for place, question in enumerate(questions):
            if not isinstance(question, Decision):
                raise LearningError(
                    f"agent {question.agent.name!r} asks at t={question.asked_at:g} for a "
                    f"{type(question).__name__}; a fleet answers Decisions only"
                )
            families.setdefault(self._learner_of(question.agent), []).append(place)
        actions: list[Any] = [None] * len(questions)
        for family, places in families.items():
            asked = cast(list[Decision], [questions[place] for place in places])
            acted = self._act(family, asked, [chains[place] for place in places])
            for place, action in zip(places, acted.actions, strict=True):
                actions[place] = action
        return actions

    def _learner_of(self, agent: LearningAgent) -> str:
        """Return the key of the learner that decides for an agent."""
        return agent.name if agent.name in self.learners else agent.family

    def _act(self, family: str, asked: Sequence[Decision], chains: Sequence[int]) -> Acted:
        learner = self.learners.get(family)
        if learner is None:
            raise LearningError(
                f"agent {asked[0].agent.name!r} decides at t={asked[0].asked_at:g}, but its family {family!r} has no "
                f"learner (there are learners for: {', '.join(self.learners) or 'none'}); give it a policy or a learner"
            )
        observation = _single(asked, "observation")
        if memory := getattr(learner, "memory", 0):
            observation = np.hstack([observation, self._remembered(family, chains, memory)])
        acted = learner.act(observation, _single(asked, "noise"))
        _check_actions(acted.actions, asked)
        if family not in self.buffers:
            self.buffers[family] = TrajectoryBuffer(observation.shape[1], acted.raw.shape[1])
        reward = np.array([decision.reward for decision in asked], np.float64)
        if not np.isfinite(reward).all():
            worst = asked[int(np.flatnonzero(~np.isfinite(reward))[0])]
            _check_number(worst.reward, worst.agent, "reward", worst.asked_at)
        self.buffers[family].decide(
            chains, observation, acted.raw, acted.logp, acted.values,
            time=[decision.asked_at for decision in asked],
            rate=[decision.agent.discount_rate for decision in asked],
            reward=reward,
            elapsed=[decision.elapsed for decision in asked],
        )  # fmt: skip
        return acted

    def _value(self, family: str, agent: LearningAgent, chain: int) -> float | None:
        """Return what the learner expects from where an agent is cut short; None if that does not say what it sees."""
        seen = agent.observe()
        if seen is None:
            return None
        row = np.array([agent.row(seen)], np.float32)
        learner = self.learners[family]
        if memory := getattr(learner, "memory", 0):
            row = np.hstack([row, self._remembered(family, [chain], memory)])
        return float(learner.act(row).values[0])

    def _remembered(self, family: str, chains: Sequence[int], memory: int) -> npt.NDArray[np.float32]:
        """Return what each chain's last decision has left in memory, [n, memory]; 0 at its first."""
        if family not in self.buffers:
            return np.zeros((len(chains), memory), np.float32)
        return self.buffers[family].last_raw(chains)[:, -memory:]

    def _replay(self, berth: _Berth, now: float) -> None:
        """Play the berth's world from its beginning, with the actions that it has been given."""
        world = berth.world = self._launch(berth.episode)
        place, actions = 0, np.array(berth.actions)
        while place < len(actions):
            questions = world.advance(self.horizon)
            for question in questions:
                size = len(question.noise) if isinstance(question, Decision) else 0
                if not 0 < size <= len(actions) - place:
                    break
                question.answer(actions[place : place + size].copy())
                place += size
            else:
                if questions:
                    continue
            break
        if place != len(actions) or world.now != now:
            raise CheckpointError(
                f"episode {berth.episode} does not come out as it did: t={world.now:g} after {place} of {len(actions)} "
                f"recorded numbers, not t={now:g}. Was it made from another scenario, seed or version?"
            )


def _single(asked: Sequence[Decision], field: str) -> npt.NDArray[np.float32]:
    """Return a field of each decision as float32 rows, refusing what is not finite or of unequal length."""
    with np.errstate(over="ignore"):
        try:
            rows = np.array([getattr(decision, field) for decision in asked], np.float32)
        except ValueError:
            sizes = {len(getattr(decision, field)): decision.agent.name for decision in asked}
            raise LearningError(f"{field}s of unequal length in one family: {sizes} (length: agent)") from None
    if not np.isfinite(rows).all():
        row, place = np.argwhere(~np.isfinite(rows))[0]
        decision = asked[int(row)]
        _check_number(
            float(rows[row, place]), decision.agent, f"{field}[{place}]", decision.asked_at,
            given=getattr(decision, field)[int(place)],
        )  # fmt: skip
    return rows


def _check_actions(actions: npt.NDArray[np.float64], asked: Sequence[Decision]) -> None:
    """Refuse actions that are not in their action space, before they reach a market."""
    form = asked[0].agent.format
    if actions.shape != (len(asked), len(form.low)):
        raise LearningError(
            f"the learner of family {asked[0].agent.family!r} gave actions of shape {actions.shape} for {len(asked)} "
            f"decisions with {len(form.low)} numbers each"
        )
    inside = (actions >= form.low) & (actions <= form.high)
    if not inside.all():
        row = int(np.flatnonzero(~inside.all(1))[0])
        raise LearningError(
            f"agent {asked[row].agent.name!r}: its learner's action {actions[row].tolist()} at "
            f"t={asked[row].asked_at:g} is not in its action space {asked[row].agent.action_space}"
        )


def _check_number(value: float, agent: LearningAgent, field: str, time: float, given: object = None) -> None:
    if not np.isfinite(value):
        raise LearningError(
            f"agent {agent.name!r}: {field} is {value if given is None else given!r} at t={time:g}; "
            f"it must be a finite number (in float32)"
        )
