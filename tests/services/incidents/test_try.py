import pytest, time
from tests.conftest import Embedded
from tests.services.incidents.waves import ALARM, live, moment, wave
from tests.services.incidents.first_wave.test_reading import context
from services.incidents.weighing import assess
from services.incidents.facts import Facts
from services.incidents.recovery import recovery_checks
P=[pytest.param(a, id=n, marks=pytest.mark.scenario(n, history=12600)) for n,a in [("alb-5xx", ALARM), ("ecs-cpu","ecs-cpu-high"), ("rds-storage","rds-storage-low"), ("bad-deploy",ALARM)]]
@pytest.mark.parametrize("name", P)
async def test_x(name, embedded):
    live(embedded, 8)
    async with context(embedded) as console:
        a=await moment(console,name)
        t=time.time(); e=await wave(console,a); dt=time.time()-t
        t=time.time(); x=assess(e,console.runbook); da=time.time()-t
        print("\n##",name, f"{dt:.2f}s assess {da*1000:.0f}ms", e.requests, "onset",x.onset, "alarm",a.since, x.word, x.why, x.next_look and x.next_look.signal)
        for r in e.readings:
            if r.problem or r.omitted or r.cut: print("   ",r.source, r.requests, r.problem and r.problem.summary, r.omitted, r.cut)
        for c in x.causes[:4]:
            print("  ",c.id,c.score,c.is_root,"effects",c.effects,c.impossible)
            for w in c.supporting: print("       +",w.counts,w.signal.id,w.signal.value,w.signal.at and w.signal.at.time())
            for w in c.opposing[:2]: print("       ",w.counts,w.signal.id,w.signal.value)
            print("       ?",[ (w.signal.id,w.signal.why) for w in c.unseen][:5])
        for k in recovery_checks(Facts(e,console.runbook)): print("   rec",k.title,k.value,k.is_met)
