"""The documents that are uploaded for claims that are made up."""

import pytest

from claimpath.lines import ClaimLine
from claimpath.stand_ins import document, payee
from services.intake.uploads import checked
from tests.unit.cli.stories import CHECKLISTS, a_sample

ITEMS = sorted({item["code"] for items in CHECKLISTS.values() for item in items})
REJECTED = ("0001", "0002", "0003", "0004", "0009")


def a_claim(key: str) -> ClaimLine:
    return next(a_sample().claims(1)).claim.model_copy(update={"key": key})


@pytest.mark.parametrize("item", ITEMS)
def test_intake_finds_the_bytes_to_be_what_they_say(item: str) -> None:
    file = document("key", item)
    assert checked(file.content, file.media_type, None) == file.media_type


def test_all_three_formats_are_there() -> None:
    types = {document("key", item).media_type for item in ITEMS}
    assert types == {"application/pdf", "image/jpeg", "image/png"}


def test_the_same_claim_and_item_have_the_same_document() -> None:
    assert document("key", "photos") == document("key", "photos")
    assert document("key", "photos") != document("other", "photos")
    assert document("key", "photos") != document("key", "identity")


def test_the_bank_settles_the_account_that_stands_in() -> None:
    accounts = [payee(a_claim(f"key-{number}")).account for number in range(50)]
    assert len(set(accounts)) == 50
    assert not any(account.endswith(REJECTED) for account in accounts)
