"""A second order book, written to be seen to be right: one list of orders, sorted anew for whatever is asked."""

from __future__ import annotations

from typing import Any

Result = dict[str, Any]


class SimpleBook:
    """Orders as dictionaries: number, owner, side, price, size and stamp, the time of coming to rest."""

    def __init__(self, self_trade: str) -> None:
        self.self_trade = self_trade
        self.orders: list[dict[str, Any]] = []
        self.numbers = 0
        self.stamps = 0

    def queue(self, side: int) -> list[dict[str, Any]]:
        """A side's orders in their order of priority."""
        mine = [order for order in self.orders if order["side"] == side]
        return sorted(mine, key=lambda order: (-side * order["price"], order["stamp"]))

    def new(self, owner: Any, side: int, price: int | None, size: int, lifetime: str) -> Result:
        self.numbers += 1
        return self.enter(self.numbers, owner, side, price, size, lifetime)

    def enter(self, number: int, owner: Any, side: int, price: int | None, size: int, lifetime: str) -> Result:
        trades: list[tuple[int, Any, int, int, int]] = []
        prevented: list[tuple[int, Any, int, int]] = []
        willing = [order for order in self.queue(-side) if price is None or (price - order["price"]) * side >= 0]
        result = {"number": number, "trades": trades, "prevented": prevented, "open": 0, "lapsed": size}
        if lifetime == "post" and willing:
            return result
        if lifetime == "fok" and self.available(owner, willing) < size:
            return result
        left, stopped, lost = size, False, 0
        for order in willing:
            if left == 0 or stopped:
                break
            if order["owner"] == owner and self.self_trade != "allow":
                if self.self_trade == "cancel-incoming":
                    stopped = True
                    continue
                taken = min(left, order["size"]) if self.self_trade == "decrement" else order["size"]
                order["size"] -= taken
                prevented.append((order["number"], owner, taken, order["size"]))
                if self.self_trade == "decrement":
                    left -= taken
                    lost += taken
                stopped = self.self_trade == "cancel-both"
            else:
                taken = min(left, order["size"])
                order["size"] -= taken
                left -= taken
                trades.append((order["number"], order["owner"], order["price"], taken, order["size"]))
        self.orders = [order for order in self.orders if order["size"] > 0]
        if left and not stopped and price is not None and lifetime in ("day", "post"):
            self.stamps += 1
            self.orders.append(
                {"number": number, "owner": owner, "side": side, "price": price, "size": left, "stamp": self.stamps}
            )
            result["open"] = left
            left = 0
        result["lapsed"] = left + lost
        return result

    def available(self, owner: Any, willing: list[dict[str, Any]]) -> int:
        """What others would give an order that comes in, up to where self-trade prevention stops it."""
        total = 0
        for order in willing:
            if order["owner"] != owner or self.self_trade == "allow":
                total += order["size"]
            elif self.self_trade != "cancel-resting":
                break
        return total

    def find(self, number: int) -> dict[str, Any] | None:
        return next((order for order in self.orders if order["number"] == number), None)

    def cancel(self, number: int) -> int:
        order = self.find(number)
        assert order is not None
        self.orders.remove(order)
        return int(order["size"])

    def replace(self, number: int, price: int, size: int) -> Result:
        order = self.find(number)
        assert order is not None
        if price == order["price"] and size <= order["size"]:
            order["size"] = size
            return {"number": number, "trades": [], "prevented": [], "open": size, "lapsed": 0}
        self.orders.remove(order)
        return self.enter(number, order["owner"], order["side"], price, size, "day")
