"""Notifications: tells the customer, in Chinese or English, and keeps the proof that it did.

It hears what happens to a claim and writes one letter for each thing the customer must know. A
letter goes out by e-mail where the sealed contact holds an address, and stands in the in-app inbox
in any case. That it was delivered, or bounced, is itself a fact: the time for supplements in the
30 days of Insurance Law Art. 23 runs from the delivery of the document request (Interpretation II
Art. 15), and only a recorded delivery proves it.
"""
