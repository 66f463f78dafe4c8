"""The contracts: every fact that may travel between services, by its CloudEvents type.

Each module is owned by the service it is named after. A change may only add; what breaks a
reader becomes a new version of the type. `tests/contracts` holds a snapshot of every schema.
"""

from collections.abc import Mapping
from types import MappingProxyType

from shared.contracts import claims, feedback, intake, notifications, payments
from shared.contracts.base import Fact, Service

BY_PRODUCER: Mapping[Service, tuple[type[Fact], ...]] = MappingProxyType(
    {
        Service.INTAKE: intake.FACTS,
        Service.CLAIMS: claims.FACTS,
        Service.PAYMENTS: payments.FACTS,
        Service.NOTIFICATIONS: notifications.FACTS,
        Service.FEEDBACK: feedback.FACTS,
    }
)

BY_TYPE: Mapping[str, type[Fact]] = MappingProxyType(
    {fact.type: fact for facts in BY_PRODUCER.values() for fact in facts}
)
