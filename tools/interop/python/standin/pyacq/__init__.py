"""Stands where pyacq would, so that nodeacq can start a Python child by the name it knows."""
