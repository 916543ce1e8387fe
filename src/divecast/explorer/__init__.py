"""HTTP server with a fitted model and its data: the explorer's page and the requests it sends."""
