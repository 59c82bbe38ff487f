import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any

from botocore.loaders import Loader
from botocore.model import ServiceModel
from botocore.validate import validate_parameters

from services.aws.client.errors import BY_KIND, AwsError
from services.models.problem import Problem, ProblemKind

Answers = Callable[[dict[str, Any]], Any]


@cache
def model(service: str) -> ServiceModel:
    return ServiceModel(Loader().load_service_model(service, "service-2"), service)


def failure(kind: ProblemKind, summary: str = "refused", detail: str = "") -> AwsError:
    problem = Problem(kind=kind, summary=summary, detail=detail, at=datetime(2026, 4, 1, tzinfo=UTC))
    return BY_KIND[kind](problem)


class Canned:
    """`answers[operation]` is an answer, an error, a list of pages, or a function of the parameters."""

    def __init__(self, **answers: Any) -> None:
        subscription = {"SubscriptionArn": "arn:aws:sns:ap-northeast-1:123456789012:ops:1"}
        self.answers = {"ListSubscriptionsByTopic": {"Subscriptions": [subscription]}} | answers
        self.calls: list[tuple[str, dict[str, Any], str | None]] = []

    def asked(self, operation: str) -> list[dict[str, Any]]:
        return [params for name, params, _region in self.calls if name == operation]

    async def read(self, service: str, operation: str, /, **options: Any) -> dict[str, Any]:
        async for page in self.pages(service, operation, **options):
            return page
        raise AssertionError(operation)

    async def pages(
        self,
        service: str,
        operation: str,
        /,
        *,
        region: str | None = None,
        required: Sequence[str] = (),
        timeout: float = 20.0,
        **params: Any,
    ) -> AsyncIterator[dict[str, Any]]:
        shape = model(service).operation_model(operation)
        if shape.input_shape is not None:
            validate_parameters(params, shape.input_shape)
        assert set(required) <= set(shape.output_shape.members)
        self.calls.append((operation, params, region))
        answer = self.answers[operation]
        if callable(answer):
            answer = answer(params)
        for page in answer if isinstance(answer, list) else [answer]:
            if isinstance(page, AwsError):
                raise page
            assert all(key in page for key in required), f"the script lacks {required}"
            yield page


class SlowStart(Canned):
    def __init__(self, **answers: Any) -> None:
        super().__init__(**answers)
        self.asking = asyncio.Event()
        self.may_answer = asyncio.Event()

    async def read(self, service: str, operation: str, /, **options: Any) -> dict[str, Any]:
        if operation == "StartQuery":
            self.asking.set()
            await self.may_answer.wait()
        return await super().read(service, operation, **options)


def script(*answers: Any) -> Answers:
    pending = list(answers)
    return lambda _params: pending.pop(0) if len(pending) > 1 else pending[0]


class Pauses:
    def __init__(self) -> None:
        self.slept: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.slept.append(seconds)
        await asyncio.sleep(0)
