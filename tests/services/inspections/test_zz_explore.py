import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
import pytest
from services.aws import athena, insights
from services.aws.errors import AwsError
from services.inspections.base import Look
from services.inspections.registry import INSPECTIONS, make
from services.inspections.windows import window
from services.models.verdict import Verdict
from tests.conftest import Embedded
from tests.services.inspections.looking import context
from tests.services.inspections.replaying import Replay, without
from tests.services.aws.canned import failure
from services.models.problem import ProblemKind

MONDAY = datetime(2026, 1, 19, 0, 0, tzinfo=UTC)

@pytest.mark.scenario("ordinary-day", history=3*24*3600.0, origin=MONDAY)
async def test_explore(embedded: Embedded, monkeypatch) -> None:
    monkeypatch.setattr(insights, "PAUSES", (0.001,))
    monkeypatch.setattr(athena, "PAUSES", (0.001,))
    async with context(embedded) as made:
        for kind in INSPECTIONS:
            now = made.clock.now()
            replay = Replay(made.reader)
            ctx = replace(made, reader=replay)
            since, gap = window(make(ctx, kind.id), None, now, made.calendar)
            async def one():
                c = replace(ctx, memory={})
                try:
                    return await make(c, kind.id).look(Look(since=since, until=now, gap=gap))
                except AwsError as e:
                    return None
            t=time.time()
            base = await one()
            base = await one()
            print(f"\n== {kind.id} {base.verdict} {time.time()-t:.2f}s")
            assert base.verdict is Verdict.NORMAL, base.summary
            def strip(f): 
                d=f.model_dump(mode="json", exclude={"cost","read_at"}); d["remarks"]=[r for r in d["remarks"] if " requests to " not in r]; return d
            ops = list(replay.seen)
            for op in ops:
                def deny(s,o,a,op=op):
                    if (s,o)==op: raise failure(ProblemKind.ACCESS_DENIED)
                replay.change=deny
                f=await one()
                if f is not None and f.verdict is Verdict.NORMAL: print("  DENIED NORMAL", op, f.summary[:90], f.remarks[:2])
            for path in replay.paths():
                replay.change=without(path)
                try: f=await one()
                except Exception as e:
                    print("  CRASH", path, repr(e)[:200]); continue
                if f is not None and f.verdict is Verdict.NORMAL:
                    same = strip(f)==strip(base)
                    if not same: print("  ABSENT NORMAL", path)
            print(f"  {len(replay.paths())} paths {time.time()-t:.2f}s")
