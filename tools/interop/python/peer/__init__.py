"""A small Python peer that speaks pyacq's wire protocols, written for nodeacq's interop tests.

It follows docs/protocol/{rpc,stream,log}.md and needs pyzmq, msgpack and numpy only.
"""
