"""Links listed by others: graphs of networkx, tables in files."""

import networkx as nx
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from catallaxy.engine import (
    Agent,
    ConstantLatency,
    ExponentialLatency,
    Network,
    NetworkError,
    World,
)

from .test_network import links_of


def test_a_graph_of_names_or_places():
    names = World([Agent("a"), Agent("b"), Agent("c")], Network.from_graph(nx.Graph([("a", "c")])), seed=0)
    places = World([Agent("a"), Agent("b"), Agent("c")], Network.from_graph(nx.Graph([(0, 2)])), seed=0)
    assert links_of(names) == links_of(places) == {("a", "c"), ("c", "a")}


def test_a_directed_graph_gives_a_directed_network():
    world = World([Agent("a"), Agent("b")], Network.from_graph(nx.DiGraph([("a", "b")])), seed=0)
    assert links_of(world) == {("a", "b")}
    with pytest.raises(NetworkError, match="say directed=True"):
        World([Agent("a"), Agent("b")], Network.from_graph(lambda rng: nx.DiGraph([("a", "b")])), seed=0)


def test_edges_have_latencies_of_their_own():
    graph = nx.Graph()
    graph.add_edge("a", "b", latency=2.0)
    graph.add_edge("a", "c", latency=ExponentialLatency(1.0))
    graph.add_edge("b", "c")
    world = World([Agent("a"), Agent("b"), Agent("c")], Network.from_graph(graph, latency=0.5), seed=0)
    assert world.agents["b"].links["a"].latency == ConstantLatency(2.0)
    assert world.agents["c"].links["a"].latency == ExponentialLatency(1.0)
    assert world.agents["c"].links["b"].latency == ConstantLatency(0.5)


def test_a_graph_of_strangers_is_refused():
    for node in ("Zoe", 3, -1):
        with pytest.raises(NetworkError, match=f"the graph's node {node!r} is no agent of this world"):
            World([Agent("a"), Agent("b")], Network.from_graph(nx.Graph([("a", node)])), seed=0)
    with pytest.raises(NetworkError, match="the network names 'Zoe', which is no agent"):
        World([Agent("a")], Network.bipartite(["a"], ["Zoe"]), seed=0)


CSV = "source,target,latency\na,b,0.5\n\na,007,\n"


@pytest.mark.parametrize("how", ["csv", "parquet", "table"])
def test_an_edge_table(tmp_path, how):
    rows = {"source": ["a", "a"], "target": ["b", "007"], "latency": [0.5, None]}
    if how == "csv":
        table = tmp_path / "edges.csv"
        table.write_text(CSV)
    elif how == "parquet":
        table = tmp_path / "edges.parquet"
        pq.write_table(pa.table(rows), table)
    else:
        table = pa.table(rows)
    world = World([Agent("a"), Agent("b"), Agent("007")], Network.from_table(table, latency=3.0), seed=0)
    assert links_of(world) == {("a", "b"), ("b", "a"), ("a", "007"), ("007", "a")}
    assert world.agents["b"].links["a"].delay == 0.5
    assert world.agents["007"].links["a"].delay == 3.0
    one_way = World([Agent("a"), Agent("b"), Agent("007")], Network.from_table(table, directed=True), seed=0)
    assert links_of(one_way) == {("a", "b"), ("a", "007")}


@pytest.mark.parametrize(
    ("text", "line", "fault"),
    [
        ("source,target\na,b\n\na,Zoe\n", 4, "'Zoe' is no agent of this world"),
        ("source,target\na,b\na,\n", 3, "target is empty; it must be an agent's name"),
        ("source,target,latency\na,b,1\na,c,soon\n", 3, "latency must be a finite number and not negative, got 'soon'"),
        ("source,target,latency\na,b,-1\n", 2, "latency must be a finite number and not negative, got '-1'"),
        ("source,target,latency\na,b,nan\n", 2, "latency must be a finite number and not negative, got 'nan'"),
        ("source,target\na,b\na,b,c\n", 3, "can't be read"),
    ],
)
def test_a_bad_row_of_a_table_is_named_by_file_and_line(tmp_path, text, line, fault):
    path = tmp_path / "edges.csv"
    path.write_text(text)
    with pytest.raises(NetworkError) as caught:
        World([Agent("a"), Agent("b"), Agent("c")], Network.from_table(path), seed=0)
    assert f"{path}:{line}" in str(caught.value)
    assert fault in str(caught.value)


def test_an_unreadable_table_is_named(tmp_path):
    with pytest.raises(NetworkError, match=r"edges\.csv does not exist"):
        Network.from_table(tmp_path / "edges.csv")
    path = tmp_path / "edges.csv"
    path.write_text("from,to\na,b\n")
    with pytest.raises(NetworkError, match=r"edges\.csv has no column 'source'; it has: from, to"):
        Network.from_table(path)
    assert links_of(World([Agent("a"), Agent("b")], Network.from_table(path, source="from", target="to"), seed=0))
    with pytest.raises(NetworkError, match=r"must be a \.csv or \.parquet file"):
        Network.from_table(tmp_path / "edges.xlsx")
    bad = tmp_path / "edges.parquet"
    bad.write_text("no")
    with pytest.raises(NetworkError, match=r"edges\.parquet can't be read"):
        Network.from_table(bad)
