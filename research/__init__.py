"""Studies of divecast: how it was measured, and the scripts that write the pages of results."""
