"""Block elimination against LAPACK on chains."""

import numpy as np
import pytest

from catallaxy.market.reference.linear import BlockTridiagonal, solve_in_blocks


@pytest.mark.parametrize("n", [1, 5, 96, 101, 203])
def test_block_elimination_agrees_with_a_direct_solution(n):
    rng = np.random.default_rng(n)
    laws = rng.dirichlet(np.ones(n), size=(2, n))
    system, right = np.eye(n) - 0.999 * laws, rng.normal(size=(2, n, 3))
    np.testing.assert_allclose(solve_in_blocks(system, right), np.linalg.solve(system, right), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize(("n", "width"), [(1, 1), (10, 3), (64, 8), (65, 64), (50, 80)])
def test_block_tridiagonal_solution_agrees_with_a_direct_one(n, width):
    rng = np.random.default_rng(n)
    matrix = np.triu(np.tril(rng.random((n, n)), width), -width)
    matrix = np.diag(matrix.sum(axis=1) + 0.1) - matrix
    right = rng.normal(size=(n, 2))
    np.testing.assert_allclose(BlockTridiagonal(matrix, width).solve(right), np.linalg.solve(matrix, right), rtol=1e-9)
