"""Payments: from an approval to money in the payee's account, and the books that prove it.

One document per claim, its book: a double-entry ledger (`ledger`) and the claim's payment orders
(`state`), changed together in one write. The bank is called over HTTP (`bank`) with the order's
id as end-to-end id and idempotency key, so that no crash and no lost answer moves money twice.
Where the bank gave no usable answer it is asked, for as long as it takes; nothing is assumed.
"""
