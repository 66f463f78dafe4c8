"""Rows of CSV."""

from __future__ import annotations

import pytest

from services.claims.bulk import csv_rows
from shared.problems import Problem

HEADER = "policy_number,product,customer,starts,ends"
ROW = "P-1,motor,C-1,2026-01-01,2026-12-31"
CELLS = dict(zip(HEADER.split(","), ROW.split(","), strict=True))


def rows(*lines: str) -> list[object]:
    return [row for _, row in csv_rows("\r\n".join(lines).encode())]


def test_a_row_is_read_by_the_names_of_its_columns_in_any_order() -> None:
    turned = ",".join(reversed(HEADER.split(",")))
    cells = ",".join(reversed(ROW.split(",")))
    assert rows(HEADER, ROW) == rows(turned, cells) == [CELLS]


def test_rows_carry_the_line_they_end_on() -> None:
    body = f"{HEADER}\n{ROW}\n{ROW}\n".encode()
    assert [line for line, _ in csv_rows(body)] == [2, 3]


def test_a_byte_order_mark_is_no_part_of_the_header() -> None:
    assert list(csv_rows(b"\xef\xbb\xbf" + f"{HEADER}\n{ROW}".encode())) == [(2, CELLS)]


def test_an_empty_effective_date_is_none_at_all() -> None:
    assert rows(f"{HEADER},effective", f"{ROW},") == [CELLS]


@pytest.mark.parametrize("row", ["P-1,motor", f"{ROW},more"])
def test_a_row_of_another_width_than_the_header_is_refused_alone(row: str) -> None:
    wrong, right = rows(HEADER, row, ROW)
    assert isinstance(wrong, str)
    assert right == CELLS


def test_after_a_broken_quote_the_rest_is_refused() -> None:
    first, rest = rows(HEADER, ROW, 'P-2,"mo"tor,C,2026-01-01,2026-12-31', ROW)
    assert first == CELLS
    assert isinstance(rest, str)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"policy_number,product\n",
        f"{HEADER},colour\n".encode(),
        f"{HEADER},product\n".encode(),
        "policy_number,产品".encode("gbk"),
    ],
)
def test_a_file_with_other_columns_or_not_in_utf8_is_refused(body: bytes) -> None:
    with pytest.raises(Problem) as refused:
        csv_rows(body)
    assert refused.value.status == 422
