"""What a test set can separate, checked by simulating the test itself."""

from __future__ import annotations

from math import inf, isnan

import numpy as np
import pytest
from scipy import stats

from nlpwb.errors import InputError
from nlpwb.evaluation.power import (
    connor,
    mcnemar_power,
    median_discordance,
    smallest_separable,
    smallest_separable_folds,
)
from nlpwb.evaluation.significance import corrected_t_p, mcnemar_p

from .cases import predictions


@pytest.mark.parametrize(("n", "discordance"), [(60, 0.3), (500, 0.15), (2000, 0.05), (40, 0.02)])
def test_mcnemar_finds_the_smallest_separable_difference_with_the_power(n, discordance):
    """20,000 simulated comparisons at that difference; also where it exceeds the observed discordance."""
    d = smallest_separable(n, discordance=discordance, power=0.8)
    share = max(d, discordance)
    outcome = [(share + d) / 2, (share - d) / 2, 1 - share]
    b, c, _ = np.random.default_rng(n).multinomial(n, outcome, size=20_000).T
    assert (mcnemar_p(b, c) < 0.05).mean() == pytest.approx(0.8, abs=0.012)


@pytest.mark.parametrize("power", [0.6, 0.8, 0.95])
def test_for_many_documents_it_is_connors_formula(power):
    exact = smallest_separable(20_000, discordance=0.2, power=power)
    assert exact == pytest.approx(connor(20_000, discordance=0.2, power=power), rel=0.01)


def test_connors_formula_gives_back_its_sample_size():
    """n = (1.96 sqrt(psi) + .8416 sqrt(psi - d²))² / d²."""
    d = connor(300, discordance=0.2)
    n = ((1.959964 * np.sqrt(0.2) + 0.841621 * np.sqrt(0.2 - d**2)) / d) ** 2
    assert n == pytest.approx(300, rel=1e-5)


def test_power_is_the_level_at_no_difference_and_1_at_a_large_one():
    assert mcnemar_power(0.0, 400, discordance=0.2) <= 0.05
    assert mcnemar_power(0.2, 400, discordance=0.2) == pytest.approx(1.0)
    assert mcnemar_power(0.0, 400, discordance=0.0) == 0.0


def test_more_documents_separate_more():
    found = [smallest_separable(n, discordance=0.1) for n in (100, 1000, 10_000)]
    assert found[0] > found[1] > found[2]


def test_five_documents_separate_nothing():
    """The smallest p of five documents is 2/2^5 > .05; six can, if everything differs."""
    assert smallest_separable(5, discordance=0.2) == inf
    assert smallest_separable(6, discordance=0.2) <= 1.0


def test_the_median_discordance_is_over_pairs_and_seeds():
    """Shares 1/4 and 1/4 of three pairs by accident of design, 2/4 for the third."""
    truth = [0, 0, 0, 0]
    a, b, c = ([0, 0, 0, 0], [1, 0, 0, 0], [1, 1, 0, 0])
    three = [predictions(truth, x, labels=2) for x in (a, b, c)]
    assert median_discordance(three) == 0.25
    assert median_discordance(three[:1] + three[2:]) == 0.5
    both = predictions(truth, [a, c], labels=2)
    assert median_discordance([three[0], both]) == 0.25
    assert isnan(median_discordance(three[:1]))


@pytest.mark.parametrize("folds", [3, 10, 50])
def test_the_corrected_t_test_finds_the_smallest_separable_difference_with_the_power(folds):
    """Differences of folds as Nadeau and Bengio assume them: correlated by n_test / (n_test + n_train)."""
    test_size, train_size, sd = 20, 80, 0.03
    d = smallest_separable_folds(sd, folds, test_size=test_size, train_size=train_size)
    # s² estimates the variance within folds; a common part of variance n_test/n_train · s² comes on top.
    rng = np.random.default_rng(folds)
    common = rng.normal(0, sd * np.sqrt(test_size / train_size), (20_000, 1))
    differences = d + common + rng.normal(0, sd, (20_000, folds))
    p = corrected_t_p(differences, test_size=test_size, train_size=train_size)
    assert (p < 0.05).mean() == pytest.approx(0.8, abs=0.012)


def test_many_folds_approach_the_normal_formula():
    """Without overlap, d = (1.96 + .84) sd / sqrt(J)."""
    d = smallest_separable_folds(0.1, 4000, test_size=0, train_size=1)
    z = stats.norm.ppf(0.975) + stats.norm.ppf(0.8)
    assert d == pytest.approx(z * 0.1 / np.sqrt(4000), rel=1e-3)


def test_folds_that_do_not_vary_separate_anything_and_one_fold_nothing():
    assert smallest_separable_folds(0.0, 5, test_size=1, train_size=4) == 0.0
    with pytest.raises(InputError, match="two folds at least"):
        smallest_separable_folds(0.1, 1, test_size=1, train_size=4)
