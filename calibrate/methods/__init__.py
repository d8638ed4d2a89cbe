"""The calibrators, by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ..calibrator import Calibrator, Setting
from ..errors import CalibrationError
from .amortised import Amortised, AmortisedConfig
from .bayesian import COMPOSITE, NAIVE, Bayesian, BayesianConfig
from .evolution import Evolution, EvolutionConfig
from .kalman import EnsembleKalman, KalmanConfig
from .posterior import Posterior, PosteriorConfig
from .reinforcement import IMAGINING, INFORMED, Reinforcement, ReinforcementConfig
from .simple import Prior, RandomSearch
from .surrogate import Surrogate, SurrogateConfig

RECOMMENDED = "surrogate"

METHODS: Mapping[str, Callable[[Setting, int], Calibrator]] = {
    "surrogate": lambda setting, seed: Surrogate(setting),
    "kalman": lambda setting, seed: EnsembleKalman(setting),
    "amortised": lambda setting, seed: Amortised(setting),
    "npe": lambda setting, seed: Posterior(setting),
    "rl": lambda setting, seed: Reinforcement(setting, INFORMED, seed=seed),
    "rl-model": lambda setting, seed: Reinforcement(setting, IMAGINING, seed=seed),
    "rl-talk": lambda setting, seed: Reinforcement(setting, seed=seed),
    "bo": lambda setting, seed: Bayesian(setting),
    "bo-ei": lambda setting, seed: Bayesian(setting, NAIVE),
    "bo-composite": lambda setting, seed: Bayesian(setting, COMPOSITE),
    "cma": lambda setting, seed: Evolution(setting),
    "random": lambda setting, seed: RandomSearch(setting),
    "prior": lambda setting, seed: Prior(setting),
}
"""What `--method` names; each is made from its setting and a seed."""


def make_calibrator(name: str, setting: Setting, seed: int) -> Calibrator:
    """A calibrator by its name.

    Raises:
        CalibrationError: there is none of that name.
    """
    if name not in METHODS:
        raise CalibrationError(f"there is no method {name!r}; there are {', '.join(METHODS)}")
    return METHODS[name](setting, seed)


__all__ = [
    "COMPOSITE",
    "IMAGINING",
    "INFORMED",
    "METHODS",
    "NAIVE",
    "RECOMMENDED",
    "Amortised",
    "AmortisedConfig",
    "Bayesian",
    "BayesianConfig",
    "EnsembleKalman",
    "Evolution",
    "EvolutionConfig",
    "KalmanConfig",
    "Posterior",
    "PosteriorConfig",
    "Prior",
    "RandomSearch",
    "Reinforcement",
    "ReinforcementConfig",
    "Surrogate",
    "SurrogateConfig",
    "make_calibrator",
]
