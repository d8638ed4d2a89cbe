"""What shops learn reaches what can be computed: the targets of examples/paper_market/targets.py, one seed each."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

PATH = Path(__file__).parents[3] / "examples" / "paper_market" / "targets.py"


@pytest.fixture(scope="module")
def targets() -> ModuleType:
    spec = importlib.util.spec_from_file_location("paper_market_targets", PATH)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.slow
def test_a_shop_learns_a_stock_within_two_per_cent_of_the_optimum(targets: ModuleType) -> None:
    found = targets.stock(seed=1)
    assert found["part of the optimum"] >= 0.98
    low, high = found["played"]
    assert low - 0.05 <= found["learned"] <= high + 0.05


@pytest.mark.slow
def test_a_shop_with_one_day_learns_the_critical_fractile(targets: ModuleType) -> None:
    found = targets.newsvendor(seed=1)
    assert abs(found["learned order"] - found["best order"]) <= 1
    assert found["part of the optimum"] >= 0.98


@pytest.mark.slow
@pytest.mark.parametrize("shops", [1, 2])
def test_a_monopolist_and_two_equal_shops_learn_their_prices(targets: ModuleType, shops: int) -> None:
    found = targets.bertrand(shops, seed=1)
    assert abs(found["off by"]) <= 0.05


@pytest.mark.slow
@pytest.mark.parametrize("shops", [2, 3, 5])
def test_shops_under_logit_demand_learn_the_nash_prices(targets: ModuleType, shops: int) -> None:
    found = targets.nash(shops, seed=1)
    assert abs(found["off by"]) <= 0.05
    assert found["gain of the learned best response"] <= 0.03
    assert found["gain of the exact best response"] <= 0.03


def test_the_markets_of_the_targets_can_be_played(targets: ModuleType) -> None:
    """A few decisions, so that the fast tests notice when they break."""
    assert set(targets.bertrand(2, decisions=1024)) >= {"learned", "equilibria", "off by"}
    assert len(targets.stock(decisions=512)["orders"]) == 25
