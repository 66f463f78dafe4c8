"""Feedback: what the customer thinks of the service, and what is done about complaints.

Two kinds of documents. A *survey* per claim, invited when the claim closes: five SERVPERF
dimensions and a comment (Cronin & Taylor 1992). A *complaint*, numbered, acknowledged with a
named handler and a date, and answered with a decision (银行业保险业消费投诉处理管理办法, 2020).
The customers' own words are stored here and never published.
"""
