"""DeepDIVE by the interfaces of other libraries; thin, and imported only when asked for."""
