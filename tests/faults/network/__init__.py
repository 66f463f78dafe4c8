"""Harm done to the real network, and an audit of what is left: docs/faults.md has the table.

`ground` is the network and what can be done to it, `load` hands claims in, `quiet` waits until all
work is done, `evidence` reads stores, topics, bank and mailbox, `audit` judges them, and
`experiment` puts these together. No finding rests on what a service says of itself.
"""
