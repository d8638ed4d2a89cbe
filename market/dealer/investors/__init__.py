"""Investors: they buy, sell or do nothing at times of their own, from makers or on the exchange.

`catallaxy.market.dealer` offers what a user needs of it.
"""
