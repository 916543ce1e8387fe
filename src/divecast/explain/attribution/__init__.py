"""Attribution of forecasts to the components of the code."""
