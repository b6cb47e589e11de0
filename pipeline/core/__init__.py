"""The pure core: no I/O, no clock, no randomness, no Faust; in the order of the flow.

steps       from the bytes of a record to an interaction, or a rejection with one reason
admission   an interaction becomes rows of the archive and messages for actors (message)
partition   messages reach actors block by block; what they touch becomes rows
actor       one identifier: what it heard, and where each interaction belongs (evidence, identity)
customer    the fold of one customer's touchpoints: session, journey, friction, metric, window
derived     the fold as rows (row), and what differs between two folds
oracle      the same answer in plain loops, written after the contract of meaning alone, to compare with
"""
