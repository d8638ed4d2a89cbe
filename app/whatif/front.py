"""What `catallaxy whatif` does."""

from __future__ import annotations

import json as encoding
from collections.abc import Mapping, Sequence
from pathlib import Path

from catallaxy.engine import EventLog

from ..config import load
from ..display import console
from ..metrics import write_metrics
from ..plots.canvas import drawn
from ..runs import check_vacant
from .figure import draw
from .intervention import Intervention, InterventionError
from .study import WhatIf, ask
from .words import sentences, show


def whatif(
    path: Path,
    *,
    changes: Mapping[str, Sequence[str]],
    policy: Path | None,
    adapt: int,
    episodes: int,
    seed: int,
    workers: int,
    out: Path | None,
    json: bool,
    force: bool,
    quiet: bool,
) -> None:
    """Answer a what-if on the screen and, if `out` is given, into a run folder.

    The folder then holds `results.json`, `whatif.png` and, in `metrics/`, every arm's measures.

    Raises:
        CatallaxyError: the scenario, the intervention, the policy or the folder can't be used.
    """
    intervention = Intervention.parse(**changes)
    if not intervention.describe():
        raise InterventionError("nothing is changed: say what with --set, --live, --cut, --remove or --add")
    study = load(path, learning=bool(adapt))
    if out is not None:
        check_vacant(out, force=force)
    screen = console(quiet=quiet or json)
    question = WhatIf(study, intervention, policy, adapt, episodes, seed, workers)
    answer, tables = ask(question, screen)
    if json:
        print(encoding.dumps(answer.describe(), indent=2))
    else:
        show(answer, screen)
    if out is None:
        return
    described = {**study.describe(), "whatif": intervention.describe(), "adapt": adapt, "episodes": episodes}
    with EventLog(out, seed=seed, scenario=described, overwrite=force):
        for name, table in tables.items():
            write_metrics(out, name, table.to_pylist())
        results = {**answer.describe(), "in_words": sentences(answer)}
        (out / "results.json").write_text(encoding.dumps(results, indent=2) + "\n", encoding="utf-8")
    with drawn(out / "whatif.png", "what changed", screen) as path:
        draw(answer, path)
