"""A bank that moves money when asked, once per idempotency key, and fails as banks fail.

The number of the creditor's account decides what becomes of a transfer. A rejection carries the
external status reason code of ISO 20022:

| account ends in | outcome  | reason                                                        |
|-----------------|----------|---------------------------------------------------------------|
| 0001            | rejected | AC04 the account is closed                                    |
| 0002            | rejected | AC01 the account number is unknown                            |
| 0003            | rejected | AC06 the account is blocked                                   |
| 0004            | rejected | BE01 the creditor's name does not belong to the account       |
| 0009            | rejected | AM09 the amount is not the one agreed                         |
| anything else   | settled  |                                                               |

A key repeated with the same body gets the first answer again. A key repeated with another body
is refused (422). An end-to-end id known under another key is refused (409). In none of these
does money move again.

What fails, and how often, is set by `PUT /sandbox/bank/settings`, which replaces all settings:

| setting     | range   | meaning                                                            |
|-------------|---------|--------------------------------------------------------------------|
| delay_ms    | 0-60000 | mean latency before the transfer, drawn from an exponential        |
| errors      | 0-1     | share answered 503 before anything moved                           |
| lost_before | 0-1     | share whose connection is closed before anything moved             |
| lost_after  | 0-1     | share whose money moved, then the connection is closed             |
| away        | bool    | transfers, look-ups and the statement answer 503                   |
| hang_s      | 0-600   | the money moves at once, the answer comes this many seconds later  |
| seed        | >= 0    | with the idempotency key and the attempt's number it chooses who   |

The modes are drawn independently, in the order errors, lost_before, lost_after. The numbering of
attempts starts again whenever settings are put. Health, settings and totals answer even while
the bank is away: they are the test's view, not the payer's.
"""
