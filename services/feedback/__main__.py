"""Feedback as a process: `python -m services.feedback`."""

import sys
from collections.abc import Mapping, Sequence
from typing import Any

from services.feedback.api import complaint_routes, survey_routes
from services.feedback.decide import COMPLAINT, SURVEY
from services.feedback.office import read_office
from shared.contracts.base import Service
from shared.contracts.claims import ClaimClosed
from shared.decider import Message
from shared.service import Process
from shared.settings import Settings

settings = Settings()
process = Process(Service.FEEDBACK, settings)
office = read_office(settings.time_zone)


async def with_office(messages: Sequence[Message]) -> Mapping[str, Mapping[str, Any]]:
    """Every complaint is decided with the same office."""
    return {message.id: {"office": office} for message in messages}


survey_door, surveys = process.door(SURVEY, indexes=["state.stage"])
complaint_door, complaints = process.door(COMPLAINT, indexes=["state.stage"], lookup=with_office)
process.hear([Service.CLAIMS], {ClaimClosed: [survey_door]})
sys.exit(
    process.serve(
        process.app(
            survey_routes(process.commands, survey_door, surveys, settings.time_zone),
            complaint_routes(process.commands, complaint_door, complaints),
        )
    )
)
