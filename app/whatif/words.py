"""An answer as a person reads it: a few plain sentences, and a table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import median

from rich.console import Console
from rich.table import Table

from catallaxy.market.measures import Interval

from ..numbers import with_reach
from .answer import EVERYBODY, Answer, Effect

REASONS = 3
"""How many of the others' reactions are told."""


def show(answer: Answer, screen: Console) -> None:
    """Print an answer: in words, then all effects."""
    for line in sentences(answer):
        screen.print(line)
    screen.print()
    screen.print(table(answer))
    saved = [effect.saved for effect in answer.effects if effect.saved is not None]
    gain = f", which makes their variance {median(saved):.2g} times smaller (median)" if saved else ""
    screen.print(
        f"means over {answer.episodes} episodes with 95 % intervals; differences are paired: the same episodes with "
        f"and without the intervention{gain}",
        style="dim",
    )


def sentences(answer: Answer) -> list[str]:
    """What happens, in plain words: to those that the intervention is about, then why adaptation changes it."""
    lines = [f"What if: {'; '.join(answer.intervention)}"]
    targeted = list(dict.fromkeys(effect.subject.name for effect in answer.effects if effect.subject.targeted))
    for name in targeted or [EVERYBODY]:
        effects = answer.of(name)
        if effects:
            lines.append(f"If nobody reacts: {name}: {_list(effects, 'unchanged')}.")
            if answer.decisions:
                lines.append(f"Once the others have adapted: {name}: {_list(effects, 'adapted')}.")
    if answer.decisions:
        lines.append(_reasons(answer))
    return lines


def table(answer: Answer) -> Table:
    """All effects, a row for each subject and measure."""
    columns = ["who", "measure", "before", "after, others unchanged"]
    grid = Table(*columns, *(["after, others adapted", "due to adaptation"] if answer.decisions else []))
    last = ""
    for effect in answer.effects:
        who = effect.subject.name if effect.subject.name != last else ""
        if who and last:
            grid.add_section()
        last = effect.subject.name
        row = [who, effect.measure.replace("_", " "), _number(effect.before), _change(effect.unchanged)]
        if answer.decisions:
            row += [_change(effect.adapted), _change(effect.adaptation)]
        grid.add_row(*row)
    return grid


def _list(effects: Sequence[Effect], which: str) -> str:
    told = []
    for effect in effects:
        change: Interval | None = getattr(effect, which)
        if change is None:
            told.append(f"{_name(effect)} not there to compare")
        elif change.low == change.high == 0.0:
            told.append(f"{_name(effect)} exactly the same")
        elif not change.excludes_zero:
            told.append(f"{_name(effect)} not measurably different ({_change(change)})")
        else:
            told.append(f"{_name(effect)} {_way(change)} {_size(change, effect.before)}")
    return ", ".join(told)


def _reasons(answer: Answer) -> str:
    """Why adaptation changes the answer: the others' strongest reactions."""
    reactions = sorted(_reactions(answer), key=lambda pair: -pair[0])[:REASONS]
    if not reactions:
        return "Adaptation changes nothing that can be told from chance: more decisions or episodes may."
    told = ", ".join(
        f"{effect.subject.name}'s {_name(effect)} {_way(effect.adaptation)} {_size(effect.adaptation, effect.before)}"
        for _, effect in reactions
        if effect.adaptation is not None
    )
    return f"The answers differ because the others react: by adaptation alone {told}."


def _reactions(answer: Answer) -> Iterator[tuple[float, Effect]]:
    for effect in answer.effects:
        change = effect.adaptation
        if change is None or not change.excludes_zero or effect.subject.targeted or effect.subject.name == EVERYBODY:
            continue
        scale = abs(effect.before.mean) if effect.before and effect.before.mean else 1.0
        yield abs(change.mean) / scale, effect


def _way(change: Interval) -> str:
    return "up" if change.mean > 0 else "down"


def _name(effect: Effect) -> str:
    return effect.measure.replace("_", " ")


def _size(change: Interval, before: Interval | None) -> str:
    text = with_reach(abs(change.mean), _reach(change))
    share = 100.0 * abs(change.mean) / abs(before.mean) if before and before.mean else 0.0
    return f"{text} ({share:.3g} %)" if 0.0 < share < 1000.0 else text


def _number(value: Interval | None) -> str:
    return "" if value is None else with_reach(value.mean, _reach(value))


def _change(value: Interval | None) -> str:
    if value is None:
        return ""
    if value.low == value.high == 0.0:
        return "exactly 0"
    return f"{with_reach(value.mean, _reach(value), '+')}{'' if value.excludes_zero else ' (n.s.)'}"


def _reach(value: Interval) -> float:
    return (value.high - value.low) / 2.0
