"""Scenarios: what is refused, and that files give the same as code."""

from pathlib import Path

import attrs
import pytest

from catallaxy.agents import Normal
from catallaxy.config import ConfigError, load
from catallaxy.market.goods import CustomerGroup, GoodsScenario, Learned, PriceTaker, ShopGroup, SupplierGroup, build
from catallaxy.strict import plain, structure

EXAMPLES = Path(__file__).parents[3] / "examples" / "paper_market"


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"shops": [ShopGroup("A"), ShopGroup("A")]}, "two agents would be called 'A'"),
        ({"shops": [ShopGroup("mill")]}, "two agents would be called 'mill'"),
        ({"shops": [ShopGroup("A", supplier="moon")]}, "shop A has the supplier 'moon', but there is only mill"),
        ({"shops": [ShopGroup("A", links=["Zoe"])]}, "shop A is linked to 'Zoe', who is no customer; there are"),
        ({"suppliers": [SupplierGroup("mill", Normal(1.0, 1.0, low=0.0))]}, "must be bounded"),
    ],
)
def test_parts_that_do_not_fit_together_are_refused(fields: dict[str, object], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        GoodsScenario(**fields)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("make", "complaint"),
    [
        (lambda: ShopGroup(cost=0.0), "'cost' must be > 0, but is drawn from"),
        (lambda: ShopGroup(connectivity=1.2), r"'connectivity' must lie in \[0, 1\]"),
        (lambda: ShopGroup(price=-1.0), "price"),
        (lambda: CustomerGroup(needs_per_day=0.0), "needs_per_day"),
    ],
)
def test_impossible_values_are_refused(make: object, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        make()  # type: ignore[operator]


@pytest.mark.parametrize("name", ["scenario.toml", "large.toml"])
def test_a_scenario_survives_the_way_through_plain_data(name: str) -> None:
    scenario = load(EXAMPLES / name).scenario
    again, faults = structure(plain(scenario), GoodsScenario)
    assert faults == []
    assert again == scenario


def test_the_slides_market_has_its_network() -> None:
    world = build(load(EXAMPLES / "scenario.toml").scenario, 0)
    known = {
        name: [other for other in world.agents[name].neighbours() if other in "XYZ"]
        for name in ("Alice", "Bob", "Carl")
    }
    assert known == {"Alice": ["X", "Z"], "Bob": ["Y", "Z"], "Carl": ["X", "Y"]}


def test_policies_go_to_agents_groups_and_families_in_this_order() -> None:
    scenario = GoodsScenario(
        shops=(ShopGroup("s", 2), ShopGroup("t")),
        customers=(CustomerGroup("c", 2, policy=PriceTaker(1.0)), CustomerGroup("d", policy=Learned())),
    )
    one, two, three = (PriceTaker(number) for number in (2.0, 3.0, 4.0))
    world = build(scenario, 0, 0, {"s_1": one, "s": two, "customers": three, "c_2": None})
    given = {name: agent.policy for name, agent in world.agents.items() if hasattr(agent, "policy")}
    assert given == {"s_1": one, "s_2": two, "t": None, "c_1": PriceTaker(1.0), "c_2": None, "d": three}
    with pytest.raises(ValueError, match="a policy is given for 'u', which is no agent, group or family"):
        build(scenario, 0, 0, {"u": one})


def test_a_file_with_faults_is_refused_with_all_of_them(tmp_path: Path) -> None:
    path = tmp_path / "bad.toml"
    path.write_text(
        'market = "goods"\n[[shops]]\nname = "A"\nprise = 5.0\npolicy = { kind = "cost-puls" }\n'
        "[decisions]\nlowest_price = 2.0\n"
    )
    with pytest.raises(ConfigError) as caught:
        load(path)
    for part in ("did you mean 'price'?", "did you mean 'cost-plus'?", "lowest_price must be below highest_price"):
        assert part in str(caught.value)


def test_more_shops_and_customers_redraw_nobodys_links() -> None:
    small = GoodsScenario(
        shops=(ShopGroup("s", 3, connectivity=0.5),), customers=(CustomerGroup("c", 20, policy=PriceTaker()),)
    )
    large = attrs.evolve(small, shops=(ShopGroup("s", 5, connectivity=0.5),))
    one, other = (build(scenario, 3) for scenario in (small, large))
    for number in range(1, 21):
        known, more = (
            [name for name in world.agents[f"c_{number}"].neighbours() if name in ("s_1", "s_2", "s_3")]
            for world in (one, other)
        )
        assert known == more
