"""What is built is what is in the folders."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = ("engine", "agents", "learners", "market", "calibrate", "app")


def tracked() -> set[str]:
    """Files of the package under version control, by their place in the wheel."""
    listed = subprocess.run(["git", "ls-files", "-z", *FOLDERS], cwd=ROOT, capture_output=True, text=True)
    names = listed.stdout.split("\0")[:-1] if listed.returncode == 0 else []
    if not names:  # an unpacked archive
        names = [
            str(path.relative_to(ROOT))
            for folder in FOLDERS
            for path in (ROOT / folder).rglob("*")
            if path.is_file() and path.suffix != ".pyc"
        ]
    return {f"catallaxy/{name.removeprefix('app/')}" for name in names if (ROOT / name).is_file()}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from a copy so that nothing is left behind in the folders."""
    source, built = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    subprocess.run(["cp", "-r", *[str(ROOT / name) for name in ("pyproject.toml", "LICENSE")], str(source)], check=True)
    if (ROOT / "README.md").exists():
        subprocess.run(["cp", str(ROOT / "README.md"), str(source)], check=True)
    for folder in FOLDERS:
        if (ROOT / folder).exists():
            subprocess.run(["cp", "-r", str(ROOT / folder), str(source)], check=True)
    command = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "-q",
        "--no-deps",
        "--no-build-isolation",
        "-w",
        str(built),
        str(source),
    ]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    (path,) = built.glob("catallaxy-*.whl")
    return path


def test_the_wheel_holds_every_module_and_data_file(wheel: Path):
    with zipfile.ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if ".dist-info/" not in name}
        licence = [name for name in archive.namelist() if name.endswith("licenses/LICENSE")]
    assert tracked() - held == set(), "missing in the wheel: see [tool.setuptools] in pyproject.toml"
    assert licence


def test_the_wheel_works_without_the_folders(wheel: Path, tmp_path: Path):
    code = f"import sys; sys.path.insert(0, {str(wheel)!r}); import catallaxy.command as c; print(c.__file__)"
    code += "; c.main(['--help'])"
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert str(wheel) in done.stdout
    assert "train" in done.stdout
