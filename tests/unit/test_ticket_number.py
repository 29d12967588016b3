"""A ticket's number as people write, say and type it."""

from __future__ import annotations

import pytest
from tests.conftest import NIGHT

from sulku_kernel.errors import InputError
from sulku_tickets.domain.ticket_number import parse_ticket_number, ticket_number


def test_a_number_has_the_year_and_at_least_six_digits():
    assert ticket_number(123, NIGHT) == "S26-000123"
    assert ticket_number(12_345_678, NIGHT) == "S26-12345678"


@pytest.mark.parametrize("typed", ["S26-000123", "s26-123", "S26000123"[:3] + "-000123", "#123", "123", " 00123 "])
def test_every_way_to_type_it_means_the_ticket(typed):
    assert parse_ticket_number(typed) == 123


@pytest.mark.parametrize("typed", ["", "0", "S26-", "S26-0", "12a", "-1", "S2-1", "１２３", "1" * 40, "S26-1; DROP"])
def test_what_is_no_number_is_refused_in_words(typed):
    with pytest.raises(InputError, match="is not a ticket number") as refused:
        parse_ticket_number(typed)
    assert "S26-000123" in refused.value.next_step
