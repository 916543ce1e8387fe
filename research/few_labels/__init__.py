"""How well labels are inferred where few windows have one."""
