"""A dealer learned by Stable-Baselines3: the world as a Gymnasium environment, PPO from another library.

Needs `pip install 'catallaxy[examples]'`. Run it: python examples/adapters/stable_baselines3_dealer.py
"""

from __future__ import annotations

import sys
from functools import partial
from typing import Any

import numpy as np
import torch
from gymnasium.wrappers import RescaleAction
from quoting import HORIZON, RATE, Dealer, judged, make_world
from stable_baselines3 import PPO

from catallaxy.learners.adapters import AgentEnv

GAMMAS = {"Z": 0.05}


def main(steps: int = 8_192, episodes: int = 50) -> None:
    torch.set_num_threads(1)  # networks this small gain nothing by more
    env = RescaleAction(AgentEnv(partial(make_world, GAMMAS, 0), HORIZON), -1.0, 1.0)
    # Steps are a minute each, so one discount for all is right; else each step's own is in info["discount"].
    model = PPO(
        "MlpPolicy", env, n_steps=1024, batch_size=128, learning_rate=2e-3, gamma=float(np.exp(-RATE)), gae_lambda=0.8,
        policy_kwargs={"log_std_init": -1.0}, seed=0, device="cpu",
    )  # fmt: skip

    def learned(agent: Dealer, observation: Any) -> Any:
        """What the model has learned, as a policy for an agent; it acts in [-1, 1]."""
        raw = model.predict(np.array(agent.row(observation)), deterministic=True)[0]
        low, high = agent.action_space.low, agent.action_space.high
        return np.clip(low + (raw + 1) / 2 * (high - low), low, high)

    print(f"earned a minute, {episodes} episodes, +- 95 %")
    print("  half-spread 0.6, no skew ", judged(GAMMAS, lambda agent, observation: (0.6, 0.0), episodes)["Z"])
    print("  before learning          ", judged(GAMMAS, learned, episodes)["Z"])
    model.learn(steps)
    print("  after learning           ", judged(GAMMAS, learned, episodes)["Z"])


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
