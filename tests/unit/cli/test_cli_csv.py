"""How a row of the motor data set becomes a claim and a policy."""

import os
from datetime import date, datetime
from pathlib import Path

import pytest

from claimpath.csv_claims import COLUMNS, ZONE, last_anniversary, read_csv
from claimpath.lines import ClaimLine, PolicyLine, Unreadable, Wish
from deploy.local.trouble import Trouble
from services.claims.policy import RegisterPolicy, faults
from services.claims.products import load_products
from services.intake.report import BulkLine
from shared.money import Money

USUAL = {
    "policy_number": "521585",
    "policy_bind_date": "10/17/2014",
    "policy_csl": "250/500",
    "policy_deductable": "1000",
    "incident_date": "1/25/2015",
    "incident_hour_of_the_day": "5",
    "incident_type": "Single Vehicle Collision",
    "bodily_injuries": "1",
    "police_report_available": "YES",
    "total_claim_amount": "71610",
}
DATA = Path(os.environ.get("CLAIMPATH_DATA") or Path(__file__).parents[4] / "shared" / "data")
WHOLE = DATA / "auto_insurance_claims_1000" / "insurance_claims.csv"


def read(**changes: str) -> list[Wish | Unreadable]:
    row = USUAL | changes
    return list(read_csv([",".join(row), ",".join(row.values())]))


def claim(**changes: str) -> ClaimLine:
    (wish,) = read(**changes)
    assert isinstance(wish, Wish)
    return wish.claim


def policy(**changes: str) -> PolicyLine:
    found = claim(**changes).policy
    assert found is not None
    return found


def test_the_amount_in_dollars_is_taken_as_yuan() -> None:
    assert claim(total_claim_amount="5070").claimed == Money(minor=507_000, currency="CNY")


def test_the_loss_is_at_the_hour_stated_where_the_insurer_is() -> None:
    assert claim().loss_at == datetime(2015, 1, 25, 5, tzinfo=ZONE)


def test_the_key_names_the_policy_and_the_hour() -> None:
    assert claim().key == "csv-521585-2015-01-25T05"


def test_several_vehicles_are_a_third_party() -> None:
    assert claim(incident_type="Multi-vehicle Collision").circumstances.third_party
    assert not claim(incident_type="Vehicle Theft").circumstances.third_party


def test_one_bodily_injury_is_an_injury() -> None:
    assert claim(bodily_injuries="1").circumstances.injury
    assert not claim(bodily_injuries="0").circumstances.injury


def test_an_unknown_police_report_is_none() -> None:
    assert claim(police_report_available="YES").circumstances.police_report
    assert not claim(police_report_available="?").circumstances.police_report


def test_the_deductible_and_the_limit_per_accident_are_the_policys_own() -> None:
    own_damage, third_party = policy().coverages
    assert own_damage.deductible == Money(minor=100_000)
    assert third_party.limit == Money(minor=50_000_000)


@pytest.mark.parametrize(
    ("bound", "loss", "starts"),
    [
        (date(2014, 10, 17), date(2015, 1, 25), date(2014, 10, 17)),
        (date(1992, 5, 4), date(2015, 1, 25), date(2014, 5, 4)),
        (date(1992, 1, 25), date(2015, 1, 25), date(2015, 1, 25)),
        (date(2000, 2, 29), date(2015, 2, 28), date(2015, 2, 28)),
        (date(2000, 2, 29), date(2015, 2, 27), date(2014, 2, 28)),
        (date(2015, 2, 22), date(2015, 2, 2), date(2015, 2, 22)),
    ],
)
def test_a_policy_year_starts_on_the_last_anniversary(
    bound: date, loss: date, starts: date
) -> None:
    assert last_anniversary(bound, loss) == starts


def test_a_policy_year_ends_on_the_day_before_the_next_anniversary() -> None:
    assert policy(policy_bind_date="5/4/1992").ends == date(2015, 5, 3)


@pytest.mark.parametrize(
    ("column", "cell", "reason"),
    [
        ("incident_date", "2015-01-25", "is not a date as month/day/year"),
        ("policy_bind_date", "2/30/2014", "is not a date as month/day/year"),
        ("incident_hour_of_the_day", "24", "is not a whole number from 0 to 23"),
        ("total_claim_amount", "a lot", "is not an amount"),
        ("total_claim_amount", "0", "nothing is claimed"),
        ("total_claim_amount", "-5", "is not an amount in whole cents"),
        ("total_claim_amount", "NaN", "is not an amount in whole cents"),
        ("policy_deductable", "", "is empty"),
        ("policy_csl", "500", "is not two limits in thousands"),
        ("police_report_available", "MAYBE", "is not YES, NO or ?"),
    ],
)
def test_a_row_that_cannot_be_mapped_is_told_with_its_line(
    column: str, cell: str, reason: str
) -> None:
    (told,) = read(**{column: cell})
    assert isinstance(told, Unreadable)
    assert told.line == 2
    assert told.reason.startswith(f"{column}: ")
    assert reason in told.reason


def test_a_row_that_cannot_be_mapped_stops_no_other() -> None:
    good, bad = ",".join(USUAL.values()), ",".join((USUAL | {"bodily_injuries": "?"}).values())
    told = list(read_csv([",".join(USUAL), bad, good]))
    assert [type(each) for each in told] == [Unreadable, Wish]


def test_a_row_that_is_too_short_is_told() -> None:
    (told,) = read_csv([",".join(USUAL), "521585"])
    assert told == Unreadable(2, "incident_date: is empty")


def test_a_file_without_our_columns_is_refused_whole() -> None:
    with pytest.raises(Trouble, match=f"lacks the columns {', '.join(COLUMNS[1:])}"):
        list(read_csv(["policy_number,colour", "1,red"]))


@pytest.mark.skipif(not WHOLE.exists(), reason="the data set is not beside the repository")
def test_every_row_of_the_whole_file_is_mapped() -> None:
    with WHOLE.open(newline="") as lines:
        wishes = list(read_csv(lines))
    products = load_products()
    assert len(wishes) == 1_000
    for wish in wishes:
        assert isinstance(wish, Wish)
        assert wish.policy is not None
        BulkLine.model_validate(wish.claim.row())
        assert not faults(products, RegisterPolicy.model_validate(wish.policy.row()))
    assert len({wish.claim.key for wish in wishes if isinstance(wish, Wish)}) == 1_000
