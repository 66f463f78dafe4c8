"""Payments as a process: `python -m services.payments`."""

import sys

from services.payments.api import ledger_routes, order_routes
from services.payments.bank import Bank
from services.payments.decide import BOOK
from services.payments.settings import PaymentsSettings
from shared.contracts.base import Service
from shared.contracts.claims import ClaimApproved, ClaimDenied, LossAssessed, WithdrawalAccepted
from shared.sealing import Opener
from shared.service import Process

settings = PaymentsSettings()
process = Process(Service.PAYMENTS, settings)
bank = Bank(settings.bank, Opener(settings.keys, Service.PAYMENTS), process.clock)
door, books = process.door(BOOK, indexes=["state.orders.stage"], caller=bank)
process.hear(
    [Service.CLAIMS],
    {fact: [door] for fact in (LossAssessed, ClaimApproved, ClaimDenied, WithdrawalAccepted)},
)
process.at_end(bank.close)
sys.exit(process.serve(process.app(ledger_routes(books), order_routes(books))))
