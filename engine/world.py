"""A world: agents on a network in simulated time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from math import inf, nextafter
from pathlib import Path
from time import monotonic, sleep
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from .agent import Agent
from .behaviour import Behaviour, bad_yield
from .clock import Clock
from .departure import leave
from .errors import AgentError, CatallaxyError, WorldError, failure, meant
from .inspection import forgotten_yields
from .log import EventLog, Recorder
from .network import Network
from .outages import Schedule
from .streams import check_seed

if TYPE_CHECKING:
    from .replay import WorldMaker
    from .waiting import Question


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
        departed: those that have left, by name.
        everybody: both, by index.
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
        self.log: Recorder | None = None
        self._questions: dict[Question, None] = {}
        self._agents: dict[str, Agent] = {}
        self._departed: dict[str, Agent] = {}
        self.agents: Mapping[str, Agent] = MappingProxyType(self._agents)
        self.departed: Mapping[str, Agent] = MappingProxyType(self._departed)
        self.everybody: list[Agent] = []
        if isinstance(agents, Agent):
            raise WorldError(f"a world's agents must be a list or the like, got {agents!r} alone")
        if network is not None and not isinstance(network, Network):
            raise WorldError(f"a world's network must be a Network, such as Network.complete(), got {network!r}")
        for agent in agents:
            self._admit(agent)
        network = network or Network.complete()
        self.topology = network.compile(self.everybody, self.seed, self.episode)
        for agent in self.everybody:
            self._start(agent)
        if network.outages:
            self.topology.schedule = Schedule(self, network.outages)

    @staticmethod
    def resume(folder: str | Path, at: float, make_world: WorldMaker, *, episode: int | None = None) -> World:
        """The world of a recorded run as it was at time ``at``; see :func:`catallaxy.engine.replay.resume`."""
        from .replay import resume

        return resume(folder, at, make_world, episode=episode)

    @property
    def now(self) -> float:
        """Simulated time."""
        return self.env._now

    def run(self, until: float, log: str | Path | Recorder | None = None, *, pace: float | None = None) -> None:
        """Let time pass until ``until``. Events at that very moment belong to the next call.

        Args:
            until: end, in simulated time.
            log: folder of the run that is written; an earlier run there is replaced, any other folder refused.
                To write several worlds or calls into one run, open an :class:`EventLog` and pass it; a
                :class:`MemoryLog` keeps the events in memory.
            pace: seconds of real time that a unit of simulated time takes at least; as fast as possible by default.

        Raises:
            AgentError: an agent's code failed. The log holds what happened before.
            WorldError: an agent waits for an answer that nobody gives here (see :meth:`advance`).
            LogError: the folder is no run's.
        """
        if log is None:
            self._run(until, pace)
        elif isinstance(log, Recorder):
            log.attach(self)
            self._run(until, pace)
        else:
            if self.log is not None:
                raise WorldError("this world has run with a log before: open one EventLog and pass it to each run")
            with EventLog(log, seed=self.seed, overwrite=True) as own:
                own.attach(self)
                self._run(until, pace)

    def advance(self, until: float) -> list[Question]:
        """Let time pass until the clock can't move without answers from outside, or until ``until``.

        Returns:
            The open questions, first asked first: answer them, then call again. Empty at ``until``.

        Raises:
            AgentError: an agent's code failed.
            WorldError: ``until`` lies in the past.
        """
        if not isinstance(until, float | int | np.number):
            raise WorldError(f"until must be a number, got {until!r}")
        if not until >= self.now:
            raise WorldError(f"a world can't run until t={until!r}: it is t={self.now:g} already")
        env, questions = self.env, self._questions
        while True:
            due = min((question.due for question in questions), default=inf)
            env.pause_after = due
            self._happen(env.run_before, until)
            due = min((question.due for question in questions), default=inf)
            if env.pause_after >= min(due, until):  # else a question that held the clock has been withdrawn
                return [question for question in questions if question.due < until]

    @property
    def peek(self) -> float:
        """Time of the next event; infinity if nothing is left to happen."""
        return self.env.peek()

    def step(self) -> float:
        """Let the next event happen; returns the time, which is its time now.

        Raises:
            AgentError: an agent's code failed.
            WorldError: nothing is left to happen, or an open question holds the clock (see :meth:`advance`).
        """
        self._refuse_questions([question for question in self._questions if question.due < self.peek])
        if self.peek == inf:
            raise WorldError(f"nothing is left to happen in this world at t={self.now:g}")
        self._happen(self.env.step)
        return self.now

    # -- who takes part ------------------------------------------------------------------------------------------

    def add(
        self,
        agent: Agent,
        neighbours: Iterable[Agent | str] | None = None,
        *,
        reached_by: Iterable[Agent | str] | None = None,
    ) -> None:
        """Let ``agent`` join now: from now on it can be reached, and its process runs.

        Args:
            agent: an agent of no world, with a name that nobody has or had here.
            neighbours: whom it can reach; they reach it, too, unless the network is directed.
            reached_by: who can reach it, in a directed network. Without both the network's own rule says who, if it has
                one (complete, Erdos-Renyi with a probability, per type): the same links as if it had been here before.

        Raises:
            WorldError: it can't be in this world, or somebody named is not here.
            NetworkError: the network can't say whom it is linked to, or leaves nothing to say.
        """
        linked, linked_from = (
            None if names is None else [self._find(name) for name in names] for names in (neighbours, reached_by)
        )
        self.topology.check_admission(agent, linked, linked_from)
        self._admit(agent)
        if self.log is not None:
            self.log.joined(agent)
        self.topology.admit(agent, linked, linked_from)
        self._start(agent)

    def remove(self, agent: Agent | str) -> None:
        """Let ``agent`` leave now. Its processes end where they wait, its open questions are withdrawn.

        Messages under way to it, and those sent to it later, are dropped and logged in the table ``drops``; whoever
        asked it something goes on without its reply. What it has published can still be read.

        Raises:
            WorldError: no such agent is here.
        """
        agent = self._find(agent)
        leave(agent)
        del self._agents[agent.name]
        self._departed[agent.name] = agent
        self.topology.version += 1

    def _find(self, agent: Agent | str) -> Agent:
        name = agent if isinstance(agent, str) else agent.name
        found = self._agents.get(name)
        if found is None or (isinstance(agent, Agent) and found is not agent):
            why = ": it has left" if name in self._departed else meant(name, self._agents)
            raise WorldError(f"{name!r} is not in this world at t={self.now:g}{why}")
        return found

    # -- inside --------------------------------------------------------------------------------------------------

    def _run(self, until: float, pace: float | None) -> None:
        if pace is not None:
            self._keep_pace(until, pace)
        self._refuse_questions(self.advance(until))

    def _keep_pace(self, until: float, pace: float) -> None:
        """Run until ``until``, no event sooner than the wall clock allows at ``pace`` seconds a unit of time."""
        if not 0 <= pace < inf:
            raise WorldError(f"pace must be a finite number of seconds and not negative, got {pace!r}")
        began, start = monotonic(), self.now
        while (time := self.peek) < until:
            sleep(max(0.0, began + (time - start) * pace - monotonic()))
            self._refuse_questions(self.advance(nextafter(time, inf)))
        if until < inf:
            sleep(max(0.0, began + (until - start) * pace - monotonic()))

    def _happen(self, go_on: Callable[..., None], *arguments: float) -> None:
        """Let the environment go on; what goes wrong is named."""
        try:
            go_on(*arguments)
        except CatallaxyError:
            raise
        except Exception as error:
            raise self._diagnose(error) from error

    def _refuse_questions(self, questions: list[Question]) -> None:
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
        if hasattr(agent, "world"):
            raise WorldError(f"{agent} lives in another world already: make new agents for each world")
        if name in self._agents:
            raise WorldError(f"two agents have the name {name!r}; names must be unique in a world")
        if name in self._departed:
            raise WorldError(f"an agent with the name {name!r} has left this world; give the new one another")
        if forgotten := forgotten_yields(type(agent)):
            raise AgentError(f"{agent} makes something to wait for and does not wait: write {forgotten[0]}")
        agent._join(self, len(self.everybody))
        self.everybody.append(agent)
        self._agents[name] = agent

    def _start(self, agent: Agent) -> None:
        behaviour = getattr(agent, "run", None)
        if behaviour is not None:
            Behaviour(agent, behaviour())

    def _diagnose(self, error: Exception) -> AgentError:
        """Whose fault an exception is that came out of the event loop."""
        process = self.env.failed if self.env.failed is not None else self.env.active_process
        if isinstance(process, Behaviour):
            return bad_yield(process, error) or failure(process.agent, error, f"in its process {process.name}")
        return AgentError(f"the world failed at t={self.now:g}: {type(error).__name__}: {error}")
