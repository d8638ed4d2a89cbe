"""Two dealers who compete, learned by TorchRL: the world as a PettingZoo environment, one shared policy by IPPO.

Both decide at the same times, once a minute, so every step of the parallel environment is a decision of both.
Needs `pip install 'catallaxy[examples]'`. Run it: python examples/adapters/torchrl_dealers.py
"""

from __future__ import annotations

import math
import sys
import warnings
from functools import partial
from typing import Any

import torch
from quoting import HORIZON, RATE, Dealer, judged, make_world
from tensordict.nn import NormalParamExtractor, TensorDictModule
from torch import nn
from torchrl.envs import PettingZooWrapper, RewardScaling, TransformedEnv
from torchrl.modules import ProbabilisticActor, TanhNormal
from torchrl.objectives import ClipPPOLoss, ValueEstimators

from catallaxy.learners.adapters import WorldParallelEnv

GAMMAS = {"bold": 0.01, "careful": 0.05}  # the type is part of what the shared policy sees
GROUP = "dealers"


class Single(nn.Module):
    """Observations are float64, as the world counts; networks are float32."""

    def forward(self, rows: torch.Tensor) -> torch.Tensor:
        return rows.float()


def network(outputs: int, *more: nn.Module) -> nn.Module:
    return nn.Sequential(
        Single(), nn.Linear(2, 64), nn.Tanh(), nn.Linear(64, 64), nn.Tanh(), nn.Linear(64, outputs), *more
    )


def main(rollouts: int = 12, episodes: int = 50) -> None:
    torch.manual_seed(0)
    torch.set_num_threads(1)  # networks this small gain nothing by more
    world = WorldParallelEnv(partial(make_world, GAMMAS, 0), HORIZON)
    warnings.filterwarnings("ignore", "PettingZoo in TorchRL is tested")  # with an older one
    env = PettingZooWrapper(world, group_map={GROUP: list(GAMMAS)}, seed=0)
    env = TransformedEnv(env, RewardScaling(0.0, 0.1, in_keys=[(GROUP, "reward")]))  # for the critic's sake
    seen, done, spec = (GROUP, "observation"), (GROUP, "action"), env.full_action_spec_unbatched[GROUP, "action"]
    net = TensorDictModule(network(4, NormalParamExtractor()), [seen], [(GROUP, "loc"), (GROUP, "scale")])
    bounds = {"low": spec.space.low[0], "high": spec.space.high[0]}
    actor = ProbabilisticActor(
        net, spec=env.full_action_spec_unbatched, in_keys=[(GROUP, "loc"), (GROUP, "scale")], out_keys=[done],
        distribution_class=TanhNormal, distribution_kwargs=bounds, return_log_prob=True,
    )  # fmt: skip
    critic = TensorDictModule(network(1), [seen], [(GROUP, "state_value")])
    loss = ClipPPOLoss(
        actor,
        critic,
        clip_epsilon=0.2,
        entropy_coeff=0.0,
        normalize_advantage=True,
        normalize_advantage_exclude_dims=(-2,),
    )
    loss.set_keys(
        reward=(GROUP, "reward"), action=done, value=(GROUP, "state_value"), done=(GROUP, "done"),
        terminated=(GROUP, "terminated"), advantage=(GROUP, "advantage"), value_target=(GROUP, "value_target"),
        sample_log_prob=actor.log_prob_keys[0],
    )  # fmt: skip
    # Steps are a minute each, so one discount for every step is right.
    loss.make_value_estimator(ValueEstimators.GAE, gamma=math.exp(-RATE), lmbda=0.8)
    optimizer = torch.optim.Adam(loss.parameters(), lr=1e-3)

    def learned(agent: Dealer, observation: Any) -> Any:
        """What has been learned, as a policy for an agent."""
        loc, scale = net.module(torch.tensor([agent.row(observation)]))
        return TanhNormal(loc, scale, **bounds).deterministic_sample[0].detach().double().numpy()

    def tell(when: str) -> None:
        print(when, judged(GAMMAS, learned, episodes))

    print(f"earned a minute, {episodes} episodes, +- 95 %")
    print("  half-spread 0.6, no skew ", judged(GAMMAS, lambda agent, observation: (0.6, 0.0), episodes))
    tell("  before learning          ")
    for _ in range(rollouts):
        with torch.no_grad():
            batch = env.rollout(400, actor, break_when_any_done=False)
            loss.value_estimator(
                batch, params=loss.critic_network_params, target_params=loss.target_critic_network_params
            )
        for _ in range(10):
            for part in batch[torch.randperm(len(batch))].split(100):
                values = loss(part)
                optimizer.zero_grad()
                (values["loss_objective"] + values["loss_critic"]).backward()
                for part_of in (actor, critic):  # apart, else the critic's large gradients would stifle the actor's
                    nn.utils.clip_grad_norm_(part_of.parameters(), 0.5)
                optimizer.step()
    tell("  after learning           ")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
