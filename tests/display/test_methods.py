"""The methods page says what the registries say."""

from analysis.display.methods import PAGE, methods_page


def test_page_is_the_generated_one(repository):
    expected = "python -m analysis.display.methods writes it anew"
    assert (repository / PAGE).read_text(encoding="utf-8") == methods_page(), expected
