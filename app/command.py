"""The `catallaxy` command: what each verb takes. What it does is in the module that it imports when it is called."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import App, CycloptsError, Parameter
from cyclopts.validators import Number

# Matrices here are small: BLAS threads would cost more than they give, many times more on a busy machine.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

DIFFERS, FAILED, INTERRUPTED = 1, 2, 130
"""Exit codes: a run that is not the same again; something that the caller can mend; Ctrl-C."""

app = App(
    name="catallaxy",
    help="Markets of heterogeneous, learning agents in continuous time.\n\n"
    "Start with: catallaxy train examples/fx_hourly/scenario.toml --out runs/demo",
    help_format="plaintext",
    version=lambda: __import__("catallaxy").__version__,
)

Out = Annotated[Path, Parameter(help="Folder to write the run to.")]
Seed = Annotated[
    int, Parameter(help="Root of all random streams; the same seed gives the same run.", validator=Number(gte=0))
]
Force = Annotated[bool, Parameter(help="Replace an earlier run in that folder.", negative=(), show_default=False)]
Quiet = Annotated[bool, Parameter(help="Print nothing but errors.", negative=(), show_default=False)]
Positive = Number(gt=0)


@app.command(usage="catallaxy run SCENARIO --out DIR [OPTIONS]")
def run(
    scenario: Annotated[Path, Parameter(help="Scenario file (TOML).")],
    /,
    *,
    out: Out,
    policy: Annotated[Path | None, Parameter(help="Checkpoint whose policy the learning agents follow.")] = None,
    seed: Seed = 0,
    episodes: Annotated[int, Parameter(help="How many episodes to play.", validator=Positive)] = 1,
    force: Force = False,
    quiet: Quiet = False,
) -> None:
    """Play a scenario and log every message.

    Without --policy the learning agents act by their market's baseline. The log is in OUT/events, one Arrow file per
    kind of event.

    Example: catallaxy run examples/fx_hourly/scenario.toml --out runs/one --policy runs/demo
    """
    from .simulate import simulate

    simulate(scenario, out, policy=policy, seed=seed, episodes=episodes, force=force, quiet=quiet)


@app.command(usage="catallaxy train SCENARIO --out DIR [OPTIONS]")
def train(
    scenario: Annotated[Path, Parameter(help="Scenario file (TOML).")],
    /,
    *,
    out: Out,
    seed: Seed = 0,
    decisions: Annotated[
        int | None, Parameter(help="Decisions to learn from, instead of the scenario's number.", validator=Positive)
    ] = None,
    workers: Annotated[
        int | None, Parameter(help="Processes to gather in; the result is the same for any.", validator=Positive)
    ] = None,
    force: Force = False,
    quiet: Quiet = False,
) -> None:
    """Let the agents of a scenario learn, and judge what they have learned.

    Ctrl-C stops after the update under way and leaves a run whose checkpoint can be used. A second one stops at once.

    Example: catallaxy train examples/fx_hourly/scenario.toml --out runs/demo
    """
    from .train import train as learn

    learn(scenario, out, seed=seed, decisions=decisions, workers=workers, force=force, quiet=quiet)


@app.command(usage="catallaxy score INSTANCE [OPTIONS]")
def score(
    instance: Annotated[Path, Parameter(help="Instance file (TOML) of a dealer who quotes and hedges at ticks.")],
    /,
    *,
    decisions: Annotated[int, Parameter(help="Decisions to learn from.", validator=Positive)] = 10_000_000,
    seed: Seed = 0,
    out: Out = Path("runs/score"),
    workers: Annotated[
        int, Parameter(help="Processes to gather in; the result is the same for any.", validator=Positive)
    ] = 1,
    force: Force = False,
    quiet: Quiet = False,
) -> None:
    """Let a dealer learn an instance that can be solved exactly, and score what it has learned against the optimum.

    The score is 0 for the best fixed half-spread and hedge, 1 for the optimum. OUT/policy.csv holds what was learned,
    OUT/scores.json the scores.

    Example: catallaxy score examples/score/dealer.toml --decisions 10000000 --seed 0 --out runs/score
    """
    from .score import score as judge

    judge(instance, out, decisions=decisions, seed=seed, workers=workers, force=force, quiet=quiet)


@app.command(usage="catallaxy log DIR [QUERY] [OPTIONS]")
def log(
    directory: Annotated[Path, Parameter(name="DIR", help="Folder of a run.")],
    query: Annotated[
        str | None, Parameter(help="A SELECT over the run's tables; without one the tables are listed.")
    ] = None,
    /,
    *,
    csv: Annotated[bool, Parameter(help="Print comma-separated values.", negative=(), show_default=False)] = False,
    json: Annotated[bool, Parameter(help="Print a JSON array of objects.", negative=(), show_default=False)] = False,
    limit: Annotated[int, Parameter(help="Rows of the printed table; 0 for all.", validator=Number(gte=0))] = 40,
) -> None:
    """Ask a run's log a question in SQL (DuckDB).

    Tables of events go by their names, those of metrics by metrics.NAME.

    Example: catallaxy log runs/demo "SELECT sender, count(*) AS fills FROM fills GROUP BY sender"
    """
    from .ask import ask

    if csv and json:
        raise SystemExit(_fail("choose one of --csv and --json"))
    style: Literal["table", "csv", "json"] = "csv" if csv else "json" if json else "table"
    ask(directory, query, style=style, limit=limit)


World = Annotated[
    str | None,
    Parameter(
        help="What makes the worlds, module:function or file.py:function, called with (seed, episode); not "
        "needed for what `catallaxy run` has written."
    ),
]


@app.command(usage="catallaxy verify DIR [OPTIONS]")
def verify(
    directory: Annotated[Path, Parameter(name="DIR", help="Folder of a run.")], /, *, world: World = None
) -> None:
    """Run again what a run has recorded: prove its log, or name the first event that differs, and why.

    Exits with 0 if every event is the same, with 1 if not.

    Example: catallaxy verify runs/one
    """
    from .replay import prove

    if not prove(directory, world=world).equal:
        sys.exit(DIFFERS)


@app.command(usage="catallaxy replay DIR --live AGENT=module:Class --out DIR [OPTIONS]")
def replay(
    directory: Annotated[Path, Parameter(name="DIR", help="Folder of a run.")],
    /,
    *,
    live: Annotated[
        list[str],
        Parameter(help="Agent that acts anew: NAME=module:Class, or NAME to keep its own behaviour.", negative=()),
    ],
    out: Out,
    world: World = None,
    episode: Annotated[int | None, Parameter(help="Which episode, if the run has several.")] = None,
    force: Force = False,
) -> None:
    """Play a recorded run with some agents acting anew, against what all others did then.

    The tape does not react: the recorded agents do what they did, whatever the live ones do now.

    Example: catallaxy replay runs/one --live "maker 1=mymaker:Maker" --out runs/counterfactual
    """
    from .replay import replay as play

    agents: dict[str, str] = {}
    for agent in live:
        name, _, made_by = agent.partition("=")
        agents[name] = made_by
    play(directory, live=agents, out=out, world=world, episode=episode, force=force)


@app.command(usage="catallaxy bench [messages|log|network|ticks]")
def bench(
    suite: Annotated[
        Literal["messages", "log", "network", "ticks"] | None, Parameter(help="What to measure; all by default.")
    ] = None,
    /,
) -> None:
    """Measure what the engine costs on this machine, beside SimPy Stores and a bare heap.

    CPU time, medians of several rounds in one process. Compare ratios: absolute times drift.

    Example: catallaxy bench messages
    """
    from .bench.suites import SUITES

    for name in SUITES if suite is None else (suite,):
        for line in SUITES[name]():
            print(f"{name:9}  {line.what:50} {line.value:>12}  {line.target and 'target ' + line.target}".rstrip())


def main(tokens: Sequence[str] | None = None) -> None:
    """Run the command line and exit: 0 done, 2 for what the caller can mend (one message, no traceback), 130 Ctrl-C."""
    try:
        app(tokens, exit_on_error=False, result_action="return_none")
    except CycloptsError:  # it has printed its message
        sys.exit(FAILED)
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        sys.exit(INTERRUPTED)
    except BrokenPipeError:  # the reader of our output has seen enough, as in `catallaxy log ... | head`
        sys.stderr.close()
        sys.exit(0)
    except Exception as error:
        from catallaxy.engine import CatallaxyError

        if not isinstance(error, CatallaxyError):
            raise
        sys.exit(_fail(str(error)))


def _fail(message: str) -> int:
    print(f"catallaxy: {message}", file=sys.stderr)
    return FAILED
