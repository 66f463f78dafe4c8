"""Small programs that stand where the outside world begins: a bank and a mail provider.

A sandbox speaks the real protocol, fails in the ways the real one fails when it is told to, and
keeps its own record of what it did, so that a test can ask the outside what happened.
It is an outside program: nothing in here imports the product.
"""
