"""Those that race: each module has ``enter(name)``, which returns one of its entries."""
