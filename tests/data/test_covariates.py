"""Covariates given by name."""

import pytest

import divecast
from divecast.data import Covariate, as_covariates
from divecast.errors import ConfigError


def test_a_name_is_a_shared_covariate_known_ahead():
    price = Covariate("price", known_ahead=False, per_series=True)
    assert as_covariates(["temperature", price]) == (Covariate("temperature", True, False), price)
    assert as_covariates([]) == ()
    assert divecast.Covariate is Covariate


@pytest.mark.parametrize("wrong", ["price", 3, ["price", Covariate("price")], [3]])
def test_what_is_no_list_of_different_covariates_is_refused(wrong):
    with pytest.raises(ConfigError) as caught:
        as_covariates(wrong)
    assert caught.value.argument == "covariates"
