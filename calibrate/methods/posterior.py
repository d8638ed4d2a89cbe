"""Neural posterior estimation (Greenberg, Nonnenmacher & Macke, 2019), by the package `sbi`."""

from __future__ import annotations

from contextlib import redirect_stdout
from io import StringIO
from typing import Any
from warnings import catch_warnings, filterwarnings

import attrs
import numpy as np
import numpy.typing as npt

from catallaxy.engine import Stream

from ..calibrator import Recommendation, Setting
from ..errors import CalibrationError
from ..surrogate import to_learn, told
from .held import HeldDraws

Floats = npt.NDArray[np.float64]

DRAWS = 512
FEWEST = 48
"""Compositions below which no density is estimated."""
EDGE = 1e-3
"""Compositions are kept so far within the cube before their logit is taken."""


@attrs.frozen
class PosteriorConfig:
    """What neural posterior estimation can be told.

    Attributes:
        hold: iterations for which each composition is played: the targets are compared with mean measures, so that the
            posterior is not as wide as one episode's noise makes it.
        epochs: of training, at most.
    """

    hold: int = attrs.field(default=8, validator=attrs.validators.ge(1))
    epochs: int = attrs.field(default=200, validator=attrs.validators.ge(1))


class Posterior(HeldDraws):
    """Plays draws from the prior, and estimates the density of compositions given measures by a masked flow.

    The flow is told how much agents had still to learn when a composition was played, and is asked as of now; targets
    are as uncertain in what it learns from as they are (`told`). Compositions are their logits, so that the posterior
    stays within the cube. Recommends the posterior's mean; draws are the posterior's.
    """

    def __init__(self, setting: Setting, config: PosteriorConfig | None = None) -> None:
        _sbi()
        self.config = config or PosteriorConfig()
        super().__init__(setting, self.config.hold)

    def recommend(self, rng: Stream) -> Recommendation:
        """Train the flow on all compositions so far, and draw from it at the targets."""
        if len(self.memory) < FEWEST:
            return Recommendation(np.full(self.setting.size, 0.5), np.asarray(rng.random((DRAWS, self.setting.size))))
        draws = self._draw(rng)
        return Recommendation(draws.mean(axis=0), draws)

    def _draw(self, rng: Stream) -> Floats:
        import torch

        memory, targets = self.memory, self.setting.targets
        inside = np.clip(memory.points, EDGE, 1.0 - EDGE)
        uncertain = told(targets, np.zeros(len(targets.values)))
        shown = targets.errors(memory.measures + uncertain * rng.standard_normal(memory.measures.shape))
        asked = np.zeros(len(uncertain) + 1)  # no error, and nothing left to learn
        with torch.random.fork_rng(devices=[]):  # sbi draws from the global generator
            torch.manual_seed(int(rng.integers(2**31)))
            inference = _sbi()(show_progress_bars=False, tracker=_Silent())
            inference.append_simulations(
                torch.from_numpy(np.log(inside / (1.0 - inside)).astype(np.float32)),
                torch.from_numpy(np.column_stack([shown, to_learn(memory.spent)]).astype(np.float32)),
            )
            with redirect_stdout(StringIO()), catch_warnings():
                filterwarnings("ignore", "Maximum number of epochs")
                flow = inference.train(max_num_epochs=self.config.epochs)
            with torch.no_grad():
                drawn = flow.sample((DRAWS,), condition=torch.from_numpy(asked[None].astype(np.float32)))
        return np.asarray(1.0 / (1.0 + np.exp(-drawn.numpy().reshape(DRAWS, -1).astype(np.float64))))


class _Silent:
    """Keeps sbi from writing a folder of logs."""

    log_dir = None

    def log_metric(self, name: str, value: float, step: int | None = None) -> None: ...

    def log_metrics(self, metrics: dict[str, float], step: int | None = None) -> None: ...

    def log_params(self, params: dict[str, Any]) -> None: ...

    def add_figure(self, name: str, figure: Any, step: int | None = None) -> None: ...

    def flush(self) -> None: ...


def _sbi() -> Any:
    try:
        from sbi.inference import NPE
    except ImportError:
        raise CalibrationError(
            "neural posterior estimation needs the package sbi: pip install 'catallaxy[npe]'"
        ) from None
    return NPE
