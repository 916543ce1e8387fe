"""What HTTP servers have in common: access, limits of connections, a pool that computes, refusals and answers."""
