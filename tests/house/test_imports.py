"""Imports run only downward and in no circle, and stay cheap at the door."""

import ast
import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import networkx
import pytest

ROOT = Path(__file__).parents[2]
FLOORS = {"engine": 1, "agents": 3, "learners": 4, "market": 4, "calibrate": 5, "app": 6}


def modules() -> dict[str, Path]:
    """Every module of the package by its full name."""
    found = {}
    for folder in FLOORS:
        for path in sorted((ROOT / folder).rglob("*.py")):
            parts = list(path.relative_to(ROOT).with_suffix("").parts)
            parts[0] = "catallaxy" if folder == "app" else f"catallaxy.{folder}"
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def executed_imports(tree: ast.AST) -> Iterator[ast.Import | ast.ImportFrom]:
    """The imports that run when the module is imported: not those in functions or for type checkers."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node
        elif isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            continue
        elif not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield from executed_imports(node)


def all_imports(tree: ast.AST) -> Iterator[ast.Import | ast.ImportFrom]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom))


def targets(node: ast.Import | ast.ImportFrom, module: str, path: Path, known: Mapping[str, Path]) -> Iterator[str]:
    """The package's own modules that an import statement in `module` names."""
    if isinstance(node, ast.Import):
        bases, names = [alias.name for alias in node.names], []
    else:
        base = node.module or ""
        if node.level:
            package = module.split(".") if path.name == "__init__.py" else module.split(".")[:-1]
            kept = package[: len(package) - node.level + 1]
            base = ".".join([*kept, base] if base else kept)
        bases, names = [base], [alias.name for alias in node.names]
    for base in bases:
        submodules = [f"{base}.{name}" for name in names if f"{base}.{name}" in known]
        yield from submodules
        if base in known and len(submodules) < max(len(names), 1):
            yield base


def floor_of(module: str) -> str:
    folder = module.split(".")[1] if module.count(".") else "app"
    return folder if folder in FLOORS else "app"


def faults(known: Mapping[str, Path]) -> list[str]:
    """Everything that is wrong with the package's imports, in words."""
    found, graph = [], networkx.DiGraph()
    for module, path in known.items():
        tree = ast.parse(path.read_text(encoding="utf-8"))
        graph.add_edges_from(
            (module, to) for node in executed_imports(tree) for to in targets(node, module, path, known)
        )
        for node in all_imports(tree):
            for target in targets(node, module, path, known):
                here, there = floor_of(module), floor_of(target)
                if here != there and FLOORS[there] >= FLOORS[here]:
                    found.append(f"{path.name}:{node.lineno}: {module} (floor {here}) imports {target} (floor {there})")
                relative = isinstance(node, ast.ImportFrom) and node.level > 0
                if relative and here != there:
                    found.append(f"{path.name}:{node.lineno}: {module} must import {target} absolutely")
                if not relative and known[target].parent == path.parent:
                    found.append(f"{path.name}:{node.lineno}: {module} must import {target} relatively")
    graph.remove_edges_from(networkx.selfloop_edges(graph))
    found += [f"circle: {' -> '.join([*circle, circle[0]])}" for circle in networkx.simple_cycles(graph)]
    return found


def test_imports_run_only_downward_and_in_no_circle():
    assert faults(modules()) == []


@pytest.mark.parametrize(
    ("path", "text", "fault"),
    [
        (
            "engine/a.py",
            "from catallaxy.agents import x",
            "a.py:1: catallaxy.engine.a (floor engine) imports cat",
        ),
        (
            "learners/a.py",
            "def f():\n    import catallaxy.market.b",
            "a.py:2: catallaxy.learners.a (floor learn",
        ),
        ("market/b.py", "from .c import d", "circle: catallaxy.market."),
        (
            "market/b.py",
            "from catallaxy.market import c",
            "b.py:1: catallaxy.market.b must import cat",
        ),
    ],
)
def test_a_wrong_import_is_found(tmp_path: Path, path: str, text: str, fault: str):
    files = {"agents/__init__.py": "", "market/b.py": "", "market/c.py": "from . import b", path: text}
    known = {}
    for name, source in files.items():
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(source)
        known["catallaxy." + name.removesuffix(".py").removesuffix("/__init__").replace("/", ".")] = file
    assert any(found.startswith(fault) for found in faults(known)), faults(known)


def loaded_after(code: str) -> set[str]:
    script = f"{code}\nimport json, sys\nprint(json.dumps(list(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return {name.split(".")[0] for name in json.loads(done.stdout.splitlines()[-1])}


def test_importing_catallaxy_loads_nothing_heavy():
    heavy = {"torch", "numpy", "pyarrow", "simpy", "networkx", "gymnasium", "rich", "cyclopts"}
    assert not loaded_after("import catallaxy") & heavy


def test_help_loads_nothing_heavy():
    code = "from catallaxy.command import main\ntry:\n    main(['--help'])\nexcept SystemExit:\n    pass"
    assert not loaded_after(code) & {"torch", "numpy", "pyarrow", "simpy", "networkx", "gymnasium", "matplotlib"}


@pytest.mark.parametrize("name", ["engine", "agents", "market.dealer", "config", "ask"])
def test_worlds_and_logs_need_no_torch(name: str):
    assert "torch" not in loaded_after(f"import catallaxy.{name}")


def test_everything_that_catallaxy_offers_is_there():
    import catallaxy

    assert set(catallaxy.__all__) <= set(dir(catallaxy))
    for name in catallaxy.__all__:
        assert getattr(catallaxy, name) is not None
    with pytest.raises(AttributeError, match="module 'catallaxy' has no attribute 'Wrold'"):
        _ = catallaxy.Wrold
