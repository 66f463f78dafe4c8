"""Policies over HTTP: one by one, in bulk, from CSV; and the products they can be of."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal
from uuid import uuid4

from fastapi import APIRouter, Header, Request, Response
from pydantic import BaseModel

from services.claims.bulk import Registrar, csv_rows
from services.claims.lookup import find
from services.claims.policy import Policy, RegisterPolicy, faults
from services.claims.products import Coverage, Product, Products
from shared.contracts.claims import PolicyRegistered
from shared.http import Commands, IdempotencyKey
from shared.ndjson import lines_of, streamed, whole
from shared.problems import Problem, missing
from shared.runtime import Door
from shared.store import Documents

OptionalKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=200,
        description="Names this import: the same rows under the same key count once.",
    ),
]
ROWS = (
    "One JSON line per row comes back, in order: "
    '{"line", "policy_number", "status": "registered" | "unchanged" | "refused" | "failed", '
    '"errors": [{"field", "message"}]}. `failed` means that a server was away: send the row again.'
)


class Registered(BaseModel):
    """The version that holds the content that was sent."""

    policy_number: str
    version: int
    status: Literal["registered", "unchanged"]


class VersionView(BaseModel):
    """One version of a policy, with its terms as sold."""

    version: int
    product: str
    customer: str
    starts: date
    ends: date
    effective: date
    coverages: tuple[Coverage, ...]


class PolicyView(BaseModel):
    """A policy with all its versions, oldest first."""

    policy_number: str
    versions: list[VersionView]


def policy_routes(
    commands: Commands, door: Door[Any], policies: Documents, products: Products
) -> APIRouter:
    """The routes under /policies and /products."""
    routes = APIRouter(tags=["policies"])

    @routes.get("/products")
    async def list_products() -> list[Product]:
        """What can be insured, as the product files state it. Amounts are in minor units."""
        return list(products.values())

    @routes.post("/policies", status_code=201)
    async def register_policy(
        policy: RegisterPolicy, key: IdempotencyKey, response: Response
    ) -> Registered:
        """Registers a policy, or its next version, which must take effect later.

        200 with `unchanged` if that very content is registered already.
        """
        if wrong := faults(products, policy):
            raise Problem(422, "invalid", "; ".join(f"{f}: {m}" for f, m in wrong), wrong)
        number = policy.policy_number
        message = commands.message("register-policy", key, policy, number)
        said = [f for f in await commands.ask(door, message) if isinstance(f, PolicyRegistered)]
        response.headers["Location"] = f"/claims/policies/{number}"
        if said:
            return Registered(policy_number=number, version=said[0].version, status="registered")
        response.status_code = 200
        known = await _policy(policies, number)
        place = [version.asked for version in known.versions].index(policy)
        return Registered(policy_number=number, version=place + 1, status="unchanged")

    @routes.get("/policies/{number}")
    async def show_policy(number: str) -> PolicyView:
        """A policy with its history."""
        return _view(number, await _policy(policies, number))

    return routes


def import_routes(commands: Commands, door: Door[Any], products: Products) -> APIRouter:
    """The routes that register many policies at once."""
    routes = APIRouter(tags=["policies"])

    @routes.post("/policies/bulk", description=f"Registers JSON lines of policies. {ROWS}")
    async def register_many(request: Request, key: OptionalKey = None) -> Response:
        registrar = Registrar(commands, door, products, key or str(uuid4()))
        return streamed(registrar.each_line(await lines_of(request)))

    @routes.post(
        "/policies/import",
        description=(
            "Registers a CSV in UTF-8 with a header: policy_number, product, customer, starts, "
            f"ends and optionally effective; dates as YYYY-MM-DD. {ROWS}"
        ),
    )
    async def import_csv(request: Request, key: OptionalKey = None) -> Response:
        registrar = Registrar(commands, door, products, key or str(uuid4()))
        return streamed(registrar.each_row(csv_rows(await whole(request))))

    return routes


async def _policy(policies: Documents, number: str) -> Policy:
    found = (await find(policies, {number})).get(number)
    if found is None:
        raise missing(f"policy {number}")
    return found


def _view(number: str, policy: Policy) -> PolicyView:
    return PolicyView(
        policy_number=number,
        versions=[
            VersionView(
                version=place,
                coverages=version.coverages,
                **version.asked.model_dump(exclude={"coverages", "policy_number"}),
            )
            for place, version in enumerate(policy.versions, start=1)
        ],
    )
