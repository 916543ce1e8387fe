"""Speed of a fit, of an import, of the explorer; size of the page."""
