"""HTTP service that forecasts the rows in a request; it keeps no data."""
