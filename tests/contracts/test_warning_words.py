"""May what a contract warns of stand on page 1? A word that no report may hold would keep the whole report from being published."""

import pytest

from pipelines.contracts import Contract, load_contracts
from pipelines.publish.danish import words_to_avoid

CONTRACTS = [
    pytest.param(contract, id=f"{kind}-{name}")
    for kind in ("source", "table")
    for name, contract in load_contracts(kind).items()
]


@pytest.mark.parametrize("contract", CONTRACTS)
def test_no_warning_holds_a_word_that_reports_avoid(contract: Contract) -> None:
    avoided = {rule.explanation: words_to_avoid(rule.explanation) for rule in contract.expectations}
    assert {explanation: words for explanation, words in avoided.items() if words} == {}
