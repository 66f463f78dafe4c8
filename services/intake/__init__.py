"""Intake (报案与受理): takes the first notice of loss, asks once for what is missing, and knows
every claim's path through the network.

It owns claims until they are submitted, the documents, the register of policy numbers it has
heard of, and the path: what every service said of a claim, when, and because of what.
"""
