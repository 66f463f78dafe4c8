"""A mail provider: a real SMTP server that keeps what it accepts, and an HTTP view of it.

The newest messages are kept in memory (CLAIMPATH_MAIL_KEEP, default 10,000), of at most 10 MiB
each. A message without a Message-ID is never counted as a duplicate.

Two mailboxes always refuse, whatever the domain and the settings: `bounce` answers 550 (mailbox
unavailable) and `full` answers 452 (mailbox full). The rest is set by `PUT /sandbox/mail/settings`,
which replaces all settings:

| setting    | meaning                                                                        |
|------------|--------------------------------------------------------------------------------|
| reject     | share of addresses that answer 550 to RCPT, every time: the mailbox is gone    |
| defer      | share of deliveries answered 451 after DATA; nothing is kept, try again        |
| lost_after | share of deliveries kept, then the connection is closed before the 250         |
| seed       | with the address (reject) or Message-ID and attempt (others) it chooses who    |

A message without a Message-ID is drawn by its content. The numbering of attempts starts again
whenever settings are put. Deferring is drawn before losing.
"""
