"""Synthetic records of keyed services: the same again, all lawful, and what is made of them is what slow truths say."""

from pathlib import Path

from schemas.periods import parse_month
from streams.embedded.admission import admit_files
from streams.proof.recount_services import recounted_service
from synthetic.services import Made, generate_services

YEAR = parse_month("2017-01"), parse_month("2017-12")


def generated(folder: Path, seed: int = 1) -> Made:
    return generate_services(150, YEAR, seed, folder, lambda _done, _total: None)


def test_the_same_options_give_the_same_bytes(tmp_path: Path) -> None:
    first, again, other = (generated(tmp_path / name, seed) for name, seed in (("a", 1), ("b", 1), ("c", 2)))
    assert [one.read_bytes() for one in first.files] == [one.read_bytes() for one in again.files]
    assert [one.read_bytes() for one in first.files[:4]] != [one.read_bytes() for one in other.files[:4]]


def test_all_of_them_are_lawful_and_answered_as_the_slow_truths_say(tmp_path: Path) -> None:
    made = generated(tmp_path)
    balances = admit_files(made.files, tmp_path / "store", 0)
    assert [balance.applied for balance in balances.values()] == [
        made.records[0], sum(made.records[1:4]), made.records[4],
    ]  # fmt: skip
    verdict = recounted_service("social-reports", made.files, tmp_path / "store")
    assert verdict.compared > 20
    assert verdict.differences == []
