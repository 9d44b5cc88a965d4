"""Which documents train and which test: reproducible, stratified, and without the same text on both sides.

Places are given by hashes of the texts and a seed, never by position, so the same rows land in the same part whatever the order
of the file. Rows that share a text (up to case and white space), or a group, move together; every label keeps its share, within
one row where such bundles allow it. With ``strata`` in the place of labels (sets of labels, ranges of numbers) each of these
keeps its share as nearly as documents that belong to several allow it (:mod:`nlpwb.data.strata`).
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

from nlpwb.data.bundles import Bundle, bundles
from nlpwb.data.corpus import Corpus
from nlpwb.data.fingerprint import text_hash
from nlpwb.data.strata import Strata, deal
from nlpwb.errors import InputError, UsageError


@dataclass(frozen=True)
class Split:
    """Indices into a corpus, rising in each part: the documents to train on and those to test on."""

    name: str
    train: list[int]
    test: list[int]


def holdout(corpus: Corpus, *, test_size: float, seed: int, strata: Strata | None = None) -> Split:
    """One split with the share ``test_size`` of the documents in its test part.

    Raises UsageError for a share that is not between 0 and 1; InputError for a corpus that cannot be split: fewer than two
    labels, a label whose rows cannot stand on both sides, fewer than two groups.
    """
    if not 0 < test_size < 1:
        raise UsageError(f"--test-size must be between 0 and 1, got {test_size:g}")
    kinds = _kinds(corpus, strata)
    found = bundles(corpus if kinds is None else replace(corpus, labels=kinds))
    _check(corpus, found, parts=2, option="a test part", labelled=strata is None)
    if kinds is None:
        assert strata is not None, "sets of labels"
        lot = f"holdout {seed}"
        test, train = deal(found, strata, [test_size, 1 - test_size], draw=partial(_draw, seed=lot))
        if not test or not train:
            raise InputError(
                f"{corpus.name} has too few different documents for a test part of {test_size:g}; "
                "add some, or choose another --test-size"
            )
        return Split("holdout", train, test)
    rows = Counter(kinds)
    wanted = _apportion({label: n * test_size for label, n in rows.items()}, rows)
    targets = [wanted, {label: n - wanted[label] for label, n in rows.items()}]
    test, train = _assign(found, targets, seed=f"holdout {seed}")
    return Split("holdout", train, test)


def folds(
    corpus: Corpus, *, k: int, repeats: int, seed: int, strata: Strata | None = None
) -> list[Split]:
    """``repeats`` times ``k`` splits, in each repeat every document being tested once.

    Raises UsageError for k below 2 or repeats below 1; InputError where a label, or the groups, do not reach k parts.
    """
    if k < 2:
        raise UsageError(f"--folds must be at least 2, got {k}")
    if repeats < 1:
        raise UsageError(f"--repeats must be at least 1, got {repeats}")
    kinds = _kinds(corpus, strata)
    found = bundles(corpus if kinds is None else replace(corpus, labels=kinds))
    _check(corpus, found, parts=k, option=f"--folds {k}", labelled=strata is None)
    targets = _fold_targets(kinds or (), k)
    splits = []
    for repeat in range(repeats):
        lot = f"folds {seed} {repeat}"
        parts = (
            _assign(found, targets, seed=lot)
            if kinds is not None or strata is None
            else deal(found, strata, [1 / k] * k, draw=partial(_draw, seed=lot))
        )
        for fold, test in enumerate(parts):
            train = sorted(i for other, part in enumerate(parts) if other != fold for i in part)
            name = f"fold {fold + 1} of {k}" + (f", repeat {repeat + 1}" if repeats > 1 else "")
            splits.append(Split(name, train, test))
    return splits


def _kinds(corpus: Corpus, strata: Strata | None) -> list[str] | None:
    """The one thing that each document is: its label, or the range in which its number stands; None where they have several."""
    if strata is None:
        return corpus.labels if corpus.labels is not None else [""] * len(corpus.texts)
    kinds = [kind for names in strata if len(names) == 1 for kind in names]
    return kinds if len(kinds) == len(corpus.texts) else None


def _fold_targets(kinds: Sequence[str], k: int) -> list[dict[str, int]]:
    """How many rows of each label each of k folds is to have: the folds are as long as each other, within one row."""
    targets: list[dict[str, int]] = [{} for _ in range(k)]
    first = 0  # the fold that takes the first row left over, so that the folds are equally long
    for label, n in sorted(Counter(kinds).items()):
        for fold in range(k):
            targets[fold][label] = n // k + ((fold - first) % k < n % k)
        first = (first + n) % k
    return targets


def subset(
    train: Sequence[int],
    labels: Sequence[str] | None,
    *,
    n: int,
    seed: int,
    texts: Sequence[str] | None = None,
) -> list[int]:
    """``n`` of the indices in ``train``, rising; the choice for a smaller n lies inside the choice for a larger one.

    ``labels`` and ``texts`` are those of the whole corpus. Each label is there once before any is there twice, then all keep
    their shares; None leaves them out of account. With ``texts`` the choice does not depend on the order of the rows. Raises
    UsageError where n is below 1 or above ``len(train)``.
    """
    if not 1 <= n <= len(train):
        raise UsageError(
            f"a training subset must have between 1 and {len(train):,} documents, got {n:,}"
        )
    strata: dict[str, list[int]] = {}
    for i in train:
        strata.setdefault(labels[i] if labels is not None else "", []).append(i)
    order: list[tuple[float, bytes, int]] = []
    for members in strata.values():
        drawn = sorted(
            (_draw(text_hash(texts[i]) if texts else b"%d" % i, f"subset {seed}"), i)
            for i in members
        )
        for rank, (key, i) in enumerate(drawn):
            # the first of each label goes before all; the others are spread evenly over the order
            order.append(((rank + 0.5) / len(drawn) if rank else 0.0, key, i))
    order.sort()
    return sorted(i for _, _, i in order[:n])


def _assign(found: list[Bundle], targets: list[dict[str, int]], *, seed: str) -> list[list[int]]:
    """Indices for each part such that every label reaches its target there, as far as bundles can be dealt out.

    Bundles of several rows go first, the larger before the smaller (by powers of two, so that the seed still decides among
    those of similar size), each to the part where it overshoots least and is needed most. Single rows fill what is left.
    """
    left = [dict(target) for target in targets]
    parts: list[list[int]] = [[] for _ in targets]
    singles: dict[str, list[tuple[bytes, int]]] = {}
    several: list[tuple[int, bytes, Bundle]] = []
    for bundle in found:
        key = _draw(bundle.key, seed)
        if len(bundle.rows) == 1:
            singles.setdefault(bundle.labels[0], []).append((key, bundle.rows[0]))
        else:
            several.append((-len(bundle.rows).bit_length(), key, bundle))
    several.sort(key=lambda item: item[:2])
    for _, key, bundle in several:
        counts = Counter(bundle.labels)
        part = min(
            range(len(parts)),
            key=lambda p: (*_cost(counts, left[p], targets[p]), _draw(key, str(p))),
        )
        parts[part].extend(bundle.rows)
        for label, count in counts.items():
            left[part][label] -= count
    for label, drawn in singles.items():
        drawn.sort()
        room = [max(0, part[label]) for part in left]
        shares = _apportion(
            {str(p): len(drawn) * r / max(1, sum(room)) for p, r in enumerate(room)}, None
        )
        start = 0
        for p, rows in enumerate(parts):
            rows.extend(i for _, i in drawn[start : start + shares[str(p)]])
            start += shares[str(p)]
        assert start == len(drawn)
    return [sorted(part) for part in parts]


def _cost(
    counts: Counter[str], left: dict[str, int], target: dict[str, int]
) -> tuple[float, float]:
    """How far a bundle overshoots a part, and (negative) how much of that part is still to be filled."""
    over = sum(max(0, count - max(0, left[label])) for label, count in counts.items())
    need = sum(count * left[label] / max(1, target[label]) for label, count in counts.items())
    return over, -need


def _apportion(shares: dict[str, float], rows: Counter[str] | None) -> dict[str, int]:
    """Whole numbers next to the shares with the same sum, by largest remainder.

    With ``rows``, no label gets none or all of its rows.
    """
    whole = {label: int(share) for label, share in shares.items()}
    missing = round(sum(shares.values())) - sum(whole.values())
    by_remainder = sorted(shares, key=lambda label: (whole[label] - shares[label], label))
    for label in by_remainder[:missing]:
        whole[label] += 1
    if rows is not None:
        whole = {label: min(max(count, 1), rows[label] - 1) for label, count in whole.items()}
    return whole


def _check(corpus: Corpus, found: list[Bundle], *, parts: int, option: str, labelled: bool) -> None:
    """Raise InputError where some label (if ``labelled``), or the groups, cannot stand in so many parts."""
    if corpus.groups is not None and len(set(corpus.groups)) < parts:
        raise InputError(
            f"{corpus.name} has too few groups for {option}: {len(set(corpus.groups))} of the {parts} needed; "
            "choose another --group-col"
        )
    if corpus.labels is not None and labelled:
        labels = Counter(corpus.labels)
        if len(labels) < 2:
            only = next(iter(labels))
            raise InputError(
                f"{corpus.name} has one label only ({only!r}, {len(corpus):,} rows), so there is nothing to "
                "tell apart; name another label column with --label, or add rows of other labels"
            )
        reach = Counter(label for bundle in found for label in set(bundle.labels))
        rarest = min(reach, key=lambda label: (reach[label], label))
        if labels[rarest] == 1:
            row = corpus.rows[corpus.labels.index(rarest)]
            raise InputError(
                f"{corpus.name}: label {rarest!r} has one row (line {row}), which cannot both train and test; "
                "add rows of this label, or leave it out"
            )
        if reach[rarest] < parts:
            grouped = corpus.groups is not None
            what = "stands in too few groups" if grouped else "has too few different texts"
            raise InputError(
                f"{corpus.name}: label {rarest!r} {what} for {option}: {reach[rarest]} of the {parts} needed; "
                "add rows of this label, or leave it out"
            )
    elif len(found) < parts:
        raise InputError(
            f"{corpus.name} has too few different documents for {option}: {len(found)} of the {parts} needed; add some"
        )


def _draw(key: bytes, seed: str) -> bytes:
    """The lot of a row: as good as random, and the same in every run."""
    return hashlib.blake2b(key, key=hashlib.sha256(seed.encode()).digest(), digest_size=16).digest()
