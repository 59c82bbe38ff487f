import pytest
@pytest.fixture(autouse=True)
def light(monkeypatch):
    from services.alarms import values
    from services.models.dashboards import MetricWidget
    old = values.drawn_series
    def drawn(alarms, view, region):
        if view is None: return {}
        m = {values._metric(t.query) for w in view.dashboard.widgets if isinstance(w, MetricWidget) for t in w.traces}
        return old([a for a in alarms if any(q.metric and values._metric(q) in m for q in a.queries)], view, region)
    monkeypatch.setattr(values, "drawn_series", drawn)
    def unshown(self):
        o, v = self._alarms(), self._view()
        if o.value is None or (v.value is None and v.problem is None): return ()
        al = [a for a in o.value.alarms[:30] if values.has_one_value(a)]
        d = drawn(al, v.value, self._region)
        return tuple(a for a in al if a.id not in d)
    monkeypatch.setattr(values.AlarmValues, "_unshown", unshown)
