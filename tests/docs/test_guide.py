"""The guide builds without a warning, and holds every page."""

import re
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"
sphinx = pytest.importorskip("sphinx.cmd.build", reason="the guide needs sphinx: pip install 'catallaxy[docs]'")


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::PendingDeprecationWarning")
def test_the_guide_builds_without_a_warning_and_without_a_network(tmp_path: Path, capfd: pytest.CaptureFixture[str]):
    code = sphinx.main(
        ["-q", "-W", "--keep-going", "-b", "html", "-d", str(tmp_path / "d"), str(DOCS), str(tmp_path / "o")]
    )
    assert code == 0, capfd.readouterr().err
    page = (tmp_path / "o" / "index.html").read_text(encoding="utf-8")
    assert not re.search(r"<(script|link|img)[^>]+(src|href)=\"(https?:)?//", page)
    reference = (tmp_path / "o" / "reference" / "index.html").read_text(encoding="utf-8")
    for name in ("catallaxy.engine.World", "catallaxy.learners.PPO", "catallaxy.calibrate.Calibration"):
        assert f'id="{name}"' in reference
