"""Accounts, which every market shares (:mod:`catallaxy.market.account`)."""

from catallaxy.market.account import NANO, Account, Statement, on_grid

__all__ = ["NANO", "Account", "Statement", "on_grid"]
