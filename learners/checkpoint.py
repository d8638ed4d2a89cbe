"""Checkpoints: plain tensors, numbers and strings in one file, written whole or not at all, loaded without pickle."""

from __future__ import annotations

import os
import pickle
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

from .errors import CheckpointError
from .learner import Learner
from .mirror import Mirror
from .policy import policy_for
from .spec import spec_from_state

FORMAT = "catallaxy checkpoint"
VERSION = 1
_ARRAY = "__array__"  # key that marks a tensor as an array of NumPy's


def save_checkpoint(
    path: str | Path,
    learners: Mapping[str, Learner],
    progress: Mapping[str, Any] | None = None,
    about: Mapping[str, Any] | None = None,
) -> None:
    """Write the learners' states, and whatever else is to be known when going on, to ``path``.

    Args:
        path: the file; its folder is made. An earlier file is replaced only once the new one is complete.
        learners: by family.
        progress: numbers, strings, arrays and nests of these.
        about: what is learned, in numbers, strings and nests of these: who goes on from here must learn the same.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    content = {
        "format": FORMAT,
        "version": VERSION,
        "learners": {family: _plain(learner.state_dict(), family) for family, learner in learners.items()},
        "progress": _plain(progress or {}, "progress"),
        "about": _plain(about or {}, "about"),
    }
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        with partial.open("wb") as file:
            torch.save(content, file)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def load_checkpoint(
    path: str | Path, learners: Mapping[str, Learner], about: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Give ``learners`` the states of `save_checkpoint` and return its ``progress``.

    Raises:
        CheckpointError: the file is none, is damaged, or is of other learners or ``about`` something else; says what
            differs.
    """
    content = _read(Path(path))
    if about and (known := content.get("about")) and (told := differences(_plain(about, "about"), known)):
        raise CheckpointError(f"{path} is of another training: {'; '.join(told)}")
    stored = content["learners"]
    if stored.keys() != learners.keys():
        raise CheckpointError(
            f"{path} holds learners for the families {', '.join(stored) or 'none'}, not {', '.join(learners) or 'none'}"
        )
    for family, learner in learners.items():
        try:
            learner.load_state_dict(stored[family])
        except CheckpointError as error:
            raise CheckpointError(f"{path}: {error}") from None
        except (KeyError, RuntimeError, TypeError, ValueError) as error:
            raise CheckpointError(f"{path}: the state of {family!r} does not fit: {error}") from error
    progress: dict[str, Any] = content["progress"]
    return progress


def load_policies(path: str | Path) -> dict[str, Mirror]:
    """Return each family's policy, ready to act, without a learner; an agent takes it as its ``policy``.

    Raises:
        CheckpointError: the file is none or is damaged, or a learner has no policy of this package.
    """
    policies = {}
    for family, state in _read(Path(path))["learners"].items():
        try:
            stored = state["policy"]
            policy = policy_for(
                spec_from_state(state["spec"]), hidden=stored["hidden"], memory=stored.get("memory", 0),
                window=stored.get("window", 1), by_type=stored.get("by_type", 0), generator=torch.Generator(),
            )  # fmt: skip
            policy.load_state(stored)
        except (KeyError, RuntimeError, TypeError, ValueError) as error:
            raise CheckpointError(f"{path}: the policy of family {family!r} can't be read: {error!r}") from error
        policies[family] = policy.averaged()
    return policies


def differences(mine: Any, other: Any, where: str = "") -> list[str]:
    """Say in words where ``other`` differs from ``mine``: two nests of mappings and lists, as from a JSON file."""
    if isinstance(mine, Mapping) and isinstance(other, Mapping):
        pairs = [(f"{where}.{key}".lstrip("."), mine.get(key), other.get(key)) for key in {**mine, **other}]
    elif isinstance(mine, list) and isinstance(other, list) and len(mine) == len(other):
        pairs = [(f"{where}[{place}]", *pair) for place, pair in enumerate(zip(mine, other, strict=True))]
    elif mine == other or (mine != mine and other != other):  # NaN is NaN
        return []
    else:
        return [f"{where} is {other!r}, not {mine!r}"]
    return [told for place, one, another in pairs for told in differences(one, another, place)]


def _read(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise CheckpointError(f"{path}: there is no such file")
    if not zipfile.is_zipfile(path):
        raise CheckpointError(f"{path} is no checkpoint, or a truncated one ({path.stat().st_size} bytes)")
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, EOFError, ValueError, OSError, zipfile.BadZipFile) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise CheckpointError(f"{path} can't be read as a checkpoint: {reason}") from error
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise CheckpointError(f"{path} was not written as a checkpoint of this package")
    if content.get("version") != VERSION:
        raise CheckpointError(
            f"{path} is of checkpoint version {content.get('version')!r}, this package reads {VERSION}"
        )
    restored: dict[str, Any] = _arrays(content)
    return restored


def _arrays(value: Any) -> Any:
    """Turn marked tensors back into arrays."""
    if isinstance(value, dict):
        return value[_ARRAY].numpy() if _ARRAY in value else {key: _arrays(item) for key, item in value.items()}
    return [_arrays(item) for item in value] if isinstance(value, list) else value


def _plain(value: Any, where: str) -> Any:
    """Turn NumPy's arrays and numbers into what can be loaded without pickle."""
    if isinstance(value, torch.Tensor):
        return value.detach().clone()
    if isinstance(value, np.ndarray):
        return {_ARRAY: torch.from_numpy(value.copy())}
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, Mapping):
        return {key: _plain(item, f"{where}.{key}") for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item, f"{where}[{place}]") for place, item in enumerate(value)]
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise CheckpointError(f"{where}: a {type(value).__name__} can't be saved; use tensors, arrays, numbers and strings")
