"""Product files and the other data: a mistake is refused with the file and what is wrong in it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from services.claims.datafiles import BadDataFile
from services.claims.products import FOLDER, load_products
from services.claims.rulebook import FOLDER as RULES
from services.claims.rulebook import load_rulebook


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copytree(FOLDER, tmp_path, dirs_exist_ok=True)
    for name in ("desks", "scorecard", "triage"):
        shutil.copy(RULES / f"{name}.yaml", tmp_path / "rules.yaml")
        (tmp_path / "rules").mkdir(exist_ok=True)
        (tmp_path / "rules.yaml").rename(tmp_path / "rules" / f"{name}.yaml")
    return tmp_path


def change(file: Path, old: str, new: str) -> None:
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new), "utf-8")


def test_the_products_that_are_sold_are_sound() -> None:
    assert set(load_products()) == {"accident", "critical-illness", "health", "home", "motor"}


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("insurer_share: 100", "insurer_share: 101", "less than or equal to 100"),
        ("insurer_share: 100", "insurer_share: 0", "greater than 0"),
        ("minor: 20000000", "minor: 0", "own-damage: the limit is not more than 0"),
        ("minor: 50000,", "minor: 20000000,", "own-damage: the deductible is not"),
        ("minor: 50000,", "minor: -1,", "own-damage: the deductible is not"),
        ("minor: 50000,", "minor: 500.5,", "valid integer"),
        ("minor: 50000, currency: CNY", "minor: 50000, currency: USD", "different currencies"),
        ("code: third-party", "code: own-damage", "own-damage is listed twice"),
        ("kinds: [motor]\ncov", "kinds: [motor, home]\ncov", "do not agree about home"),
        ("kinds: [motor]\ncov", "kinds: [boat]\ncov", "kinds.0"),
        ("code: motor\n", "code: lorry\n", "not the name of the file"),
        ("deductible:", "deductable:", "Extra inputs are not permitted"),
        ("en: Own damage", "en: ''", "at least 1 character"),
        ("en: Own damage", "en: Own damage\n    en: Hull", "said twice"),
        ("coverages:", "coverages: []\nx:", "coverages"),
        ("zh: 机动车辆保险", "zh: [", "expected"),
    ],
)
def test_a_product_file_with_a_mistake_is_refused(
    folder: Path, old: str, new: str, reason: str
) -> None:
    change(folder / "motor.yaml", old, new)
    with pytest.raises(BadDataFile, match=reason) as refused:
        load_products(folder)
    assert refused.value.file.name == "motor.yaml"
    assert str(refused.value).startswith("motor.yaml: ")


def test_a_file_that_is_not_text_is_refused(folder: Path) -> None:
    (folder / "boat.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(BadDataFile, match=r"boat\.yaml"):
        load_products(folder)


def test_a_folder_without_products_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadDataFile, match="no product file"):
        load_products(tmp_path)


@pytest.mark.parametrize(
    ("file", "old", "new", "reason"),
    [
        ("scorecard", "high_from: 60", "high_from: 30", "high_from is not above low_below"),
        ("scorecard", "measure: injury", "measure: mood", "features.5.measure"),
        ("scorecard", "    at_most: 30\n", "", "neither at_least nor at_most"),
        ("triage", "standard: 5", "standard: 0", "working_days.standard"),
        ("triage", "since: 2015-11-01", "since: soon", "since"),
        ("desks", "tracks: [standard]\n  staff: [Sun", "tracks: [complex]\n  staff: [Sun", "home"),
        ("desks", "tracks: [standard]", "tracks: [fast]", "tracks.0"),
        ("desks", "staff: [Sun Li, Wu Hao]", "staff: []", "staff"),
    ],
)
def test_a_rule_file_with_a_mistake_is_refused(
    folder: Path, file: str, old: str, new: str, reason: str
) -> None:
    change(folder / "rules" / f"{file}.yaml", old, new)
    with pytest.raises(BadDataFile, match=reason) as refused:
        load_rulebook("Asia/Shanghai", folder=folder / "rules")
    assert refused.value.file.name == f"{file}.yaml"
