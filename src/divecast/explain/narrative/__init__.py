"""One forecast told as a paragraph, with the facts that its numbers are from."""
