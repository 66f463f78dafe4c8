"""Intake as a process."""

import sys

from services.intake import api, uploads
from services.intake.checklists import load_checklists
from services.intake.decide import POLICY, claim_decider
from services.intake.desk import IntakeDesk
from services.intake.progress import load_promises
from services.intake.recorder import Recorder
from services.intake.report import Sealer
from shared import ndjson
from shared.contracts import BY_TYPE
from shared.contracts.base import Service
from shared.contracts.claims import PolicyRegistered
from shared.sealing import Seal
from shared.service import Process
from shared.settings import Settings


def main() -> int:
    """Wires the service and runs it until it is told to stop."""
    settings = Settings()
    process = Process(Service.INTAKE, settings)
    checklists = load_checklists()
    door, claims = process.door(claim_decider(checklists))
    policy_door, policies = process.door(POLICY)
    journal = process.journal("path", index="claim")
    recorder = Recorder(journal)
    process.hear(
        list(Service),
        {fact: [recorder] for fact in BY_TYPE.values()} | {PolicyRegistered: [policy_door]},
    )
    seal = Sealer(Seal(settings.keys, Service.NOTIFICATIONS), Seal(settings.keys, Service.PAYMENTS))
    desk = IntakeDesk(
        door,
        claims,
        policies,
        process.store.files("uploads"),
        recorder,
        process.commands,
        checklists,
        load_promises(),
        seal,
    )
    longer = {"/documents/": uploads.MOST_UPLOAD, "/claims/bulk": ndjson.MOST_BODY}
    return process.serve(process.app(api.routes(desk, recorder, checklists), longer=longer))


if __name__ == "__main__":
    sys.exit(main())
