"""A learner of your own: evolution strategies on a linear policy. Run it: python learner.py."""

from pathlib import Path

import numpy as np

from catallaxy.config import load
from catallaxy.learners import Acted, Trainer, policy_specs
from catallaxy.market.dealer import build

SCENARIO = Path(__file__).with_name("scenario.toml")


class Evolution:
    """Each rollout tries disturbed weights, and the weights move towards the disturbances that earned more."""

    def __init__(self, spec, step=0.05, noise=0.2, tries=16):
        self.low, self.high = np.array(spec.low), np.array(spec.high)
        self.weights = np.zeros((spec.observation_size + 1, spec.action_size))
        self.step, self.noise, self.tries = step, noise, tries
        self.updates, self.rewards = 0, []

    def disturbance(self, update):
        return self.noise * np.random.default_rng(update).standard_normal(self.weights.shape)

    def act(self, observations, noise=None):
        weights = self.weights if noise is None else self.weights + self.disturbance(self.updates)
        seen = np.tanh(observations.astype(np.float64))
        raw = np.tanh(np.einsum("nd,da->na", seen, weights[:-1]) + weights[-1]).astype(np.float32)
        actions = self.low + (self.high - self.low) * (raw.astype(np.float64) + 1.0) / 2.0
        nothing = np.zeros(len(raw), np.float32)
        return Acted(actions, raw, nothing, nothing)

    def update(self, buffer):
        reward = float(np.mean(buffer.transitions().reward))
        self.rewards.append(reward)
        self.updates += 1
        if len(self.rewards) == self.tries:
            better = (np.array(self.rewards) - np.mean(self.rewards)) / (np.std(self.rewards) + 1e-12)
            tried = [self.disturbance(update) for update in range(self.updates - self.tries, self.updates)]
            self.weights = self.weights + self.step / (self.tries * self.noise) * np.einsum("t,tij->ij", better, tried)
            self.rewards = []
        return {"losses/reward": reward}

    def state_dict(self):
        return {"weights": self.weights.copy(), "updates": self.updates, "rewards": list(self.rewards)}

    def load_state_dict(self, state):
        self.weights, self.updates = np.array(state["weights"]), int(state["updates"])
        self.rewards = list(state["rewards"])


def make_world(episode):
    return build(load(SCENARIO).scenario, seed=1, episode=episode)


def main():
    learner = Evolution(policy_specs(make_world(0))["makers"])
    horizon = load(SCENARIO).scenario.duration
    trainer = Trainer(make_world, {"makers": learner}, horizon=horizon, decisions=20_000, rollout=500, worlds=4)
    for progress in trainer:
        if progress.update % 10 == 0:
            print(f"{progress.decisions:,} decisions: reward {progress.rewards['makers']:.3f} per minute")


if __name__ == "__main__":
    main()
