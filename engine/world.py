"""A world: agents on a network in simulated time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import simpy

from .agent import Agent
from .clock import Clock
from .errors import AgentError, CatallaxyError, WorldError, failure
from .log import EventLog
from .network import Network
from .streams import check_seed
from .waiting import Question

if TYPE_CHECKING:
    from collections.abc import Generator


class World:
    """One episode of a market.

    Args:
        agents: who takes part; their order is the order in which they start.
        network: who can reach whom; without one, everybody everybody with no latency.
        seed: root of all randomness: the same seed gives the same run, to the byte.
        episode: number of this world among those of the same seed, each with its own randomness.

    Attributes:
        env: the SimPy environment.
        agents: the agents by name.
        topology: the links of this world.
        sequence: number of events recorded so far.
        log: where events go while it runs with one.

    Raises:
        WorldError: two agents of the same name, an agent of another world, a bad seed.
        NetworkError: the network can't be drawn.
    """

    def __init__(self, agents: Iterable[Agent], network: Network | None = None, *, seed: int, episode: int = 0) -> None:
        self.seed = check_seed(seed)
        self.episode = check_seed(episode, "episode")
        self.env = Clock()
        self.sequence = 0
        self.cause = 0
        self.log: EventLog | None = None
        self._questions: list[Question] = []
        self._agents: dict[str, Agent] = {}
        self.agents: Mapping[str, Agent] = MappingProxyType(self._agents)
        for agent in agents:
            self._admit(agent)
        everybody = list(self._agents.values())
        self.topology = (network or Network.complete()).compile(everybody, self.seed, self.episode)
        for agent in everybody:
            behaviour = getattr(agent, "run", None)
            if behaviour is not None:
                self._start(agent, behaviour())

    @property
    def now(self) -> float:
        """Simulated time."""
        return self.env._now

    def run(self, until: float, log: str | Path | EventLog | None = None) -> None:
        """Let time pass until ``until``. Events at that very moment belong to the next call.

        Args:
            until: end, in simulated time.
            log: folder of the run that is written; an earlier run there is replaced, any other folder refused.
                To write several worlds or calls into one run, open an :class:`EventLog` and pass it.

        Raises:
            AgentError: an agent's code failed. The log holds what happened before.
            WorldError: an agent waits for an answer that nobody gives here (see :meth:`advance`).
            LogError: the folder is no run's.
        """
        if log is None:
            self._run(until)
        elif isinstance(log, EventLog):
            log.attach(self)
            self._run(until)
        else:
            if self.log is not None:
                raise WorldError("this world has run with a log before: open one EventLog and pass it to each run")
            with EventLog(log, seed=self.seed, overwrite=True) as own:
                own.attach(self)
                self._run(until)

    def advance(self, until: float) -> list[Question]:
        """Let time pass until the clock can't move without answers from outside, or until ``until``.

        Returns:
            The open questions, first asked first: answer each of them, then call again. Empty at ``until``.

        Raises:
            AgentError: an agent's code failed.
            WorldError: a question of an earlier call is unanswered, or ``until`` lies in the past.
        """
        if not until >= self.now:
            raise WorldError(f"a world can't run until t={until!r}: it is t={self.now:g} already")
        self.env.pause_after = min((question.due for question in self._questions), default=float("inf"))
        try:
            self.env.run_before(until)
        except CatallaxyError:
            raise
        except Exception as error:
            raise self._diagnose(error) from error
        return [question for question in self._questions if question.due < until]

    def _run(self, until: float) -> None:
        questions = self.advance(until)
        if questions:
            raise WorldError(
                f"{questions[0].agent} waits for a decision at t={questions[0].asked_at:g} and nobody answers: "
                f"give it a policy, or drive this world with advance()"
            )

    def _admit(self, agent: Agent) -> None:
        if not isinstance(agent, Agent):
            raise WorldError(f"a world's agents must be Agents, got {agent!r}")
        name = getattr(agent, "name", None)
        if name is None:
            raise WorldError(f"a {type(agent).__name__} has no name: its __init__ must call super().__init__(name)")
        if name in self._agents:
            raise WorldError(f"two agents have the name {name!r}; names must be unique in a world")
        if hasattr(agent, "world"):
            raise WorldError(f"{agent} lives in another world already: make new agents for each world")
        agent._join(self, len(self._agents))
        self._agents[name] = agent

    def _start(self, agent: Agent, behaviour: Generator[simpy.Event, Any, Any]) -> simpy.Process:
        if not hasattr(behaviour, "throw"):
            raise AgentError(f"{agent}: a behaviour must be a generator, with a yield in it, got {behaviour!r}")
        return _Behaviour(self.env, agent, behaviour)

    def _withdraw(self, question: Question) -> None:
        if question in self._questions:
            self._questions.remove(question)

    def _diagnose(self, error: Exception) -> AgentError:
        """Whose fault an exception is that came out of the event loop."""
        process = self.env.failed if self.env.failed is not None else self.env.active_process
        if isinstance(process, _Behaviour):
            return failure(process.agent, error, f"in its process {process.name}")
        return AgentError(f"the world failed at t={self.now:g}: {type(error).__name__}: {error}")


class _Behaviour(simpy.Process):
    """A SimPy process that knows whose it is."""

    def __init__(self, env: Clock, agent: Agent, generator: Generator[simpy.Event, Any, Any]) -> None:
        super().__init__(env, generator)
        self.agent = agent
