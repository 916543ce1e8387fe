"""The network: from windows to distributions."""
