"""Demonstration enterprises: the same from the same seed, codes that check, nowhere but where they are put."""

from collections import Counter
from random import Random

from anlan.domains.enterprises import rules
from anlan.domains.enterprises.demo import DemoPlace, enterprises

PLACES = [
    DemoPlace("220102001001", "南街社区", "220102", "南关区", "city", 125.33, 43.86, "长春市"),
    DemoPlace("220171001001", "临河社区", "220102", "南关区", "zone", 125.39, 43.85, "长春市"),
    DemoPlace("220182100201", "城子村村委会", "220182", "榆树市", "town", 126.4, 44.9),
]


def test_same_seed_same_enterprises() -> None:
    assert list(enterprises(Random(7), PLACES, 50)) == list(enterprises(Random(7), PLACES, 50))
    assert list(enterprises(Random(7), PLACES, 50)) != list(enterprises(Random(8), PLACES, 50))


def test_codes_check_and_lie_in_the_synthetic_range() -> None:
    made = list(enterprises(Random(7), PLACES, 400))
    assert len({one.credit_code for one in made}) == len({one.name for one in made}) == 400
    for one in made:
        assert rules.credit_code_fault(one.credit_code) == ""
        assert one.credit_code[8:11] == "DEM"
        assert rules.is_industry_code(one.industry)
        assert abs(one.longitude - one.place.longitude) < 0.01
    assert max(Counter(one.industry for one in made).values()) < 80
