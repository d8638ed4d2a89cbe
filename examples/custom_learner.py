"""A learner of your own: tabular Q-learning in continuous time (Bradtke & Duff, 1994), on a queue to be served.

A server chooses after every arrival and departure whether to work slowly or fast. Waiting customers cost 1 each per
unit of time, working fast costs 4. Run it: python examples/custom_learner.py
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from gymnasium.spaces import Discrete

from catallaxy.agents import LearningAgent
from catallaxy.engine import World
from catallaxy.learners import Acted, Trainer, TrajectoryBuffer, discounts

ARRIVALS, SPEEDS, EFFORTS, ROOM = 0.8, (1.0, 2.0), (0.0, 4.0), 15


class Server(LearningAgent):
    family = "servers"
    discount_rate = 0.05
    observation_space = Discrete(ROOM + 1)  # customers present; a row of ROOM + 1 numbers, one of them 1
    action_space = Discrete(2)

    def run(self) -> Any:
        customers, self.cost = 0, 0.0
        while True:
            speed = yield self.decide(customers)
            rate = customers + EFFORTS[speed]
            self.flow(-rate)
            arrival = self.rng.exponential(1 / ARRIVALS)
            departure = self.rng.exponential(1 / SPEEDS[speed]) if customers else np.inf
            self.cost += rate * min(arrival, departure)
            yield self.sleep(min(arrival, departure))
            customers = min(customers + 1, ROOM) if arrival < departure else customers - 1


class QLearning:
    """Q[s, a] moves towards R + exp(-rho D) max Q[s', .]; a share of the actions is drawn at random."""

    def __init__(self, states: int, actions: int, exploring: float = 0.2) -> None:
        self.q, self.visits = np.zeros((states, actions)), np.zeros((states, actions))
        self.exploring = exploring

    def act(self, observations: Any, noise: Any = None) -> Acted:
        values = self.q[observations.argmax(1)]
        chosen = values.argmax(1)
        if noise is not None:  # uniforms from the agents' own streams
            share = noise[:, 0] / self.exploring
            chosen = np.where(share < 1, (share * values.shape[1]).astype(int) % values.shape[1], chosen)
        raw = chosen[:, None].astype(np.float32)
        return Acted(raw.astype(np.float64), raw, np.zeros(len(raw), np.float32), values.max(1).astype(np.float32))

    def update(self, buffer: TrajectoryBuffer) -> dict[str, float]:
        batch = buffer.transitions()
        states, actions = batch.observation.argmax(1), batch.raw[:, 0].astype(int)
        carried = discounts(batch.elapsed, batch.rate)
        surprises = []
        for row in np.flatnonzero((batch.next_row >= 0) | batch.terminated):
            place = states[row], actions[row]
            after = 0.0 if batch.terminated[row] else carried[row] * self.q[states[batch.next_row[row]]].max()
            self.visits[place] += 1
            surprise = batch.reward[row] + after - self.q[place]
            self.q[place] += surprise / self.visits[place] ** 0.6
            surprises.append(surprise)
        return {"losses/value": float(np.mean(np.square(surprises)))}

    def state_dict(self) -> dict[str, Any]:
        return {"q": self.q.copy(), "visits": self.visits.copy()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self.q, self.visits = np.array(state["q"]), np.array(state["visits"])


def make_world(episode: int) -> World:
    return World([Server("server")], seed=1, episode=episode)


def measure(policy: Any, episodes: int = 20, until: float = 500.0) -> str:
    """Give the cost per unit of time in fresh episodes, with its standard error."""
    costs = []
    for episode in range(episodes):
        world = World([server := Server("server")], seed=2, episode=episode)
        server.policy = policy
        world.run(until)
        costs.append(server.cost / until)
    return f"{np.mean(costs):.2f} +- {np.std(costs, ddof=1) / np.sqrt(episodes):.2f}"


def main() -> None:
    learner = QLearning(ROOM + 1, len(SPEEDS))

    def learned(agent: LearningAgent, observation: int) -> Any:
        return learner.act(np.float32([agent.row(observation)])).actions[0]

    print("cost per unit of time")
    print("  always slow      ", measure(lambda agent, customers: 0))
    print("  always fast      ", measure(lambda agent, customers: 1))
    print("  before learning  ", measure(learned))
    for _ in Trainer(make_world, {"servers": learner}, horizon=200.0, decisions=60_000, rollout=2000, worlds=16):
        pass
    print("  after learning   ", measure(learned))
    print("fast with this many customers:", np.flatnonzero(learner.q.argmax(1)).tolist())


if __name__ == "__main__":
    main()
