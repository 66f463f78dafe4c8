"""The texts: complete in both languages, exact in amounts and dates, loud when broken."""

import shutil
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from jinja2 import TemplateNotFound, UndefinedError

from services.notifications import samples
from services.notifications.content import Paid
from services.notifications.state import Letter
from services.notifications.templates import FOLDER, NAMES, Text, Texts
from shared.contracts.base import Language
from shared.money import Money

COMPANY = {Language.CHINESE: "示例保险公司", Language.ENGLISH: "Example Insurance"}
ZH, EN = Language.CHINESE, Language.ENGLISH


def texts(folder: Path = FOLDER, zone: str = "Asia/Shanghai") -> Texts:
    return Texts(COMPANY, ZoneInfo(zone), "https://claims.example/", folder)


def preview(name: str, language: Language) -> Text:
    return texts().preview(name, language)[0]


def paid(amount: Money, at: datetime = samples.AT) -> Letter:
    return Letter(id="l", cause="c", at=at, content=Paid(amount=amount, reference="T-1"))


def test_every_template_exists_in_both_languages_and_renders() -> None:
    texts().check()


def test_there_is_no_template_that_nothing_renders() -> None:
    files = {path.name for path in FOLDER.glob("[a-z]*.j2")}
    assert files == {f"{name}.{language}.txt.j2" for name in NAMES for language in Language}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("language", Language)
def test_every_letter_has_a_subject_a_greeting_the_claim_and_the_ways_to_be_heard(
    name: str, language: Language
) -> None:
    for text in texts().preview(name, language):
        assert "CLM-2026-000042" in text.subject
        assert text.body.startswith(
            {ZH: "尊敬的客户，您好：\n\n", EN: "Dear customer,\n\n"}[language]
        )
        assert "https://claims.example/intake/claims/CLM-2026-000042" in text.body
        assert "https://claims.example/feedback/complaints" in text.body
        assert COMPANY[language] in text.body
        assert "\n\n\n" not in text.body


@pytest.mark.parametrize("name", NAMES)
def test_chinese_letters_are_chinese_and_english_ones_english(name: str) -> None:
    assert not any("\u4e00" <= letter <= "\u9fff" for letter in preview(name, EN).body)
    assert "Dear" not in preview(name, ZH).body


def test_a_missing_variable_fails_loudly(tmp_path: Path) -> None:
    folder = copied(tmp_path)
    with (folder / "paid.en.txt.j2").open("a") as file:
        file.write("{{ account_number }}")
    with pytest.raises(UndefinedError, match="account_number"):
        texts(folder).check()


def test_a_missing_translation_fails_loudly(tmp_path: Path) -> None:
    folder = copied(tmp_path)
    (folder / "denied.zh.txt.j2").unlink()
    with pytest.raises(TemplateNotFound, match=r"denied\.zh"):
        texts(folder).check()


def copied(to: Path) -> Path:
    return Path(shutil.copytree(FOLDER, to / "templates"))


# ---- what a decision letter must hold -------------------------------------------------------


def test_an_approval_holds_amount_reason_calculation_date_and_the_ways_to_contest() -> None:
    body = preview("approved", ZH).body
    assert "赔付金额：¥4,250.00" in body
    assert "出险日保单有效" in body
    assert "1. 核定损失金额（按维修发票）：¥5,000.00" in body
    assert "2. 扣除保单约定的免赔额 ¥750.00：¥4,250.00" in body
    assert "最迟于2026年3月20日汇入" in body
    assert "如果您不同意这一决定" in body


def test_an_approval_in_english_says_the_same() -> None:
    text = preview("approved", EN)
    assert text.subject.startswith("Our decision: we pay CNY 4,250.00")
    assert "1. Loss as assessed from the repair invoice: CNY 5,000.00" in text.body
    assert "by 20 March 2026 at the latest" in text.body
    assert "If you do not agree" in text.body


def test_only_an_automatic_decision_is_explained_as_one() -> None:
    automatic, by_a_person = texts().preview("approved", ZH)
    assert "《个人信息保护法》第二十四条" in automatic.body
    assert "《个人信息保护法》" not in by_a_person.body


def test_a_denial_holds_its_reasons_and_that_nothing_is_paid() -> None:
    body = preview("denied", EN).body
    assert "The day of loss lies outside the period of insurance." in body
    assert "We pay: CNY 0.00" in body
    assert "two years (five for life insurance)" in body


def test_a_referral_names_the_owner_and_the_date() -> None:
    body = preview("referred", EN).body
    assert "Who has it: Complex claims desk" in body
    assert "You will have an answer by: 15 March 2026" in body


def test_a_closing_letter_asks_for_a_verdict() -> None:
    for text in texts().preview("closed", EN):
        assert "https://claims.example/feedback/surveys/CLM-2026-000042" in text.body


def test_a_document_request_counts_one_item_as_one() -> None:
    assert "共2项" in preview("documents-asked", ZH).subject
    assert "2 items" in preview("documents-asked", EN).subject


# ---- amounts, dates, names ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("money", "language", "shown"),
    [
        (Money(minor=4_250_00), ZH, "¥4,250.00"),
        (Money(minor=4_250_00), EN, "CNY 4,250.00"),
        (Money(minor=5), ZH, "¥0.05"),
        (Money(minor=-500_00), ZH, "-¥500.00"),
        (Money(minor=-500_00), EN, "CNY -500.00"),
        (Money(minor=1_234_567_89, currency="USD"), ZH, "USD 1,234,567.89"),
        (Money(minor=10**15), EN, "CNY 10,000,000,000,000.00"),
    ],
)
def test_amounts_are_exact_in_both_languages(money: Money, language: Language, shown: str) -> None:
    assert f" {shown} " in f" {texts().render(samples.file(language), paid(money)).subject} "


@pytest.mark.parametrize(
    ("zone", "language", "shown"),
    [
        ("Asia/Shanghai", ZH, "2026年3月11日"),
        ("Asia/Shanghai", EN, "11 March 2026"),
        ("Europe/London", EN, "10 March 2026"),
    ],
)
def test_the_insurer_s_time_zone_decides_the_day(zone: str, language: Language, shown: str) -> None:
    late = datetime(2026, 3, 10, 16, 30, tzinfo=UTC)
    letter = paid(Money(minor=1), late)
    assert shown in texts(zone=zone).render(samples.file(language), letter).body


def test_a_known_name_stands_in_the_greeting() -> None:
    letter = paid(Money(minor=1))
    assert texts().render(samples.file(ZH), letter, "王芳").body.startswith("尊敬的王芳，您好：\n")
    assert texts().render(samples.file(EN), letter, "Wang Fang").body.startswith("Dear Wang Fang,")
