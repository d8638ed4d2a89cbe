"""Ticks: published once, read by any number of agents through their links' lag; views of what is shown."""

import pytest

from catallaxy.engine import (
    Agent,
    CatallaxyError,
    ExponentialLatency,
    LinkError,
    Message,
    Network,
    Outage,
    ViewError,
    World,
    WorldError,
    on,
)
from catallaxy.engine.feed import Feed


class Price(Message):
    value: float


class Venue(Agent):
    def __init__(self, name="venue", step=1.0):
        super().__init__(name)
        self.step = step

    def run(self):
        while True:
            self.publish(Price(value=self.now))
            yield self.sleep(self.step)


def reads_at(*times):
    def reads(self):
        for time in times:
            yield self.sleep(time - self.now)
            price = self.latest("venue", Price)
            self.seen.append(None if price is None else price.value)

    return reads


def test_everybody_sees_the_newest_with_the_lag_of_their_own_link(note):
    lags = {"near": 0.0, "middle": 0.25, "far": 2.5}
    network = Network.complete(latency=lambda sender, receiver: lags.get(receiver, 0.0))
    readers = [note(name, reads_at(0.1, 0.3, 3.2, 3.5, 4.0)) for name in lags]
    world = World([Venue(), *readers], network, seed=0)
    world.run(until=4.5)
    assert [reader.seen for reader in readers] == [
        [0.0, 0.0, 3.0, 3.0, 4.0],
        [None, 0.0, 2.0, 3.0, 3.0],
        [None, None, 0.0, 1.0, 1.0],
    ]


def test_a_published_message_knows_who_and_when(note):
    def reads(self):
        yield self.sleep(2.5)
        price = self.latest("venue", Price)
        self.seen += [price.sender, price.sent_at, price.sequence]

    reader = note("reader", reads)
    World([Venue(), reader], seed=0).run(until=4.0)
    assert reader.seen == ["venue", 2.0, 3]


def test_nothing_published_is_none_and_no_link_is_refused(note):
    def reads(self):
        self.seen.append(self.latest("other", Price))
        self.latest("venue", Price)
        yield

    network = Network.from_graph(__import__("networkx").Graph([("other", "reader")]))
    reader = note("reader", reads)
    with pytest.raises(LinkError, match="Venue 'venue' has no link to 'reader' at t=0"):
        World([Venue(), note("other"), reader], network, seed=0).run(until=1.0)
    assert reader.seen == [None]


def test_a_publication_costs_no_event_whoever_reads(note):
    def events(readers):
        world = World([Venue(), *(note(f"r{i}") for i in range(readers))], seed=0)
        world.run(until=100.5)
        return next(world.env._eid)

    assert events(1) == events(500)


def test_reading_does_not_disturb_the_latencies_of_messages(note):
    class Hears(Agent):
        def __init__(self, name):
            super().__init__(name)
            self.times = []

        @on(Price)
        def hear(self, price):
            self.times.append(self.now)

    def sends(self):
        for n in range(10):
            self.publish(Price(value=n))
            self.send("H", Price(value=n))
            yield self.sleep(1.0)

    def run(reading):
        hears = Hears("H")
        world = World([note("S", sends), hears], Network.complete(latency=ExponentialLatency(0.5)), seed=0)
        for time in range(1, 20):
            world.run(until=time)
            if reading:
                hears.latest("S", Price)
        return hears.times

    assert run(True) == run(False)


def test_subscribers_are_sent_what_is_published(note, tmp_path, read):
    class Follows(Agent):
        def __init__(self, name):
            super().__init__(name)
            self.heard = []

        def run(self):
            yield self.sleep(0.5)
            self.subscribe("venue", Price)
            self.subscribe("venue", Price)
            yield self.sleep(3.0)
            self.unsubscribe("venue", Price)

        @on(Price)
        def hear(self, price):
            self.heard.append((self.now, price.value))

    followers = [Follows("A"), Follows("B")]
    network = Network.complete(latency=0.25)
    World([Venue(), *followers, note("reader")], network, seed=0).run(until=9.0, log=tmp_path / "run")
    assert followers[0].heard == followers[1].heard == [(1.25, 1.0), (2.25, 2.0), (3.25, 3.0)]
    rows = read(tmp_path / "run", "prices")
    published = {row["sequence"] for row in rows if row["receiver"] is None}
    assert all(row["cause"] in published for row in rows if row["receiver"] is not None)
    assert (len(rows), len(published)) == (15, 9)


def test_one_cannot_subscribe_without_a_link(note):
    world = World([Venue(), note("reader")], Network.erdos_renyi(0.0), seed=0)
    with pytest.raises(LinkError, match="Note 'reader' can't see 'venue' at t=0: it has no link to here"):
        world.agents["reader"].subscribe("venue", Price)


def test_a_failed_link_shows_what_had_come_through_until_then(note):
    reader = note("reader", reads_at(2.1, 2.9, 4.9, 5.1, 6.1))
    network = Network.complete(latency=0.5, outages=Outage("venue", "reader", start=2.75, end=5.0))
    World([Venue(), reader], network, seed=0).run(until=9.0)
    assert reader.seen == [1.0, 2.0, 2.0, 4.0, 5.0]


def test_what_one_published_that_left_can_still_be_read(note):
    world = World([Venue(), note("reader")], Network.complete(latency=0.5), seed=0)
    world.run(until=3.25)
    world.remove("venue")
    assert world.agents["reader"].latest("venue", Price).value == 2.0
    world.run(until=9.0)
    assert world.agents["reader"].latest("venue", Price).value == 3.0


@pytest.mark.parametrize("latency", [3.0, ExponentialLatency(2.0)])
def test_a_feed_keeps_what_the_slowest_link_still_sees_and_no_more(note, latency):
    venue = Venue(step=0.01)
    world = World([venue, note("reader")], Network.complete(latency=latency), seed=0)
    world.run(until=500.0)
    (feed,) = venue._feeds.values()
    lag = venue.links["reader"].lag
    assert len(feed) < 2_500
    assert world.agents["reader"].latest("venue", Price).value == pytest.approx(500.0 - lag, abs=0.0101)


def test_forgetting_changes_nothing_that_is_still_asked_for():
    feed, whole = Feed(), Feed()
    for n in range(5_000):
        whole.append(n * 0.1, n)
        if feed.append(n * 0.1, n):
            feed.forget(n * 0.1 - 7.0)
        assert feed.at(n * 0.1 - 7.0) == whole.at(n * 0.1 - 7.0)
        assert feed.at(n * 0.1) == n


class Maker(Agent):
    visible = ("spread", "size")

    def __init__(self, name):
        super().__init__(name)
        self.spread, self.cash = 1.0, 100.0

    @property
    def size(self):
        return 2 * self.spread


def test_a_view_shows_what_is_declared_and_nothing_else(note):
    world = World([Maker("M"), note("A"), note("B")], Network.bipartite(["A"], ["M"]), seed=0)
    view = world.agents["A"].view("M")
    assert (view.spread, view.size, dir(view)) == (1.0, 2.0, ["size", "spread"])
    world.agents["M"].spread = 3.0
    assert view.spread == 3.0
    with pytest.raises(
        ViewError, match=r"Note 'A' can't see 'cash' of Maker 'M' at t=0: what it shows is spread, size"
    ):
        _ = view.cash
    assert getattr(view, "cash", None) is None
    with pytest.raises(ViewError, match="a view is for reading"):
        view.spread = 0.0
    with pytest.raises(LinkError, match="Note 'B' can't see 'M' at t=0: it has no link to here"):
        world.agents["B"].view("M")


def test_an_agent_shows_nothing_unless_it_says_so(note):
    world = World([Maker("M"), note("A")], seed=0)
    with pytest.raises(CatallaxyError, match=r"what it shows is nothing \(Note\.visible\)"):
        _ = world.agents["M"].view("A").seen


def test_visible_is_a_tuple():
    with pytest.raises(WorldError, match=r"Wrong\.visible must be a tuple of names, got 'spread'"):

        class Wrong(Agent):
            visible = "spread"
