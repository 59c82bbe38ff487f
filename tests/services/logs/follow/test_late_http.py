from collections import Counter

from tests.services.logs.follow.test_follow_http import STREAMS, create, following, now_ms, put, writer

MINUTE = 60_000
LATE = (1, 5, 14, 40, 90)  # Minutes


async def test_lines_late_by_minutes_and_hours_all_appear_marked(empty_aws):
    async with writer(empty_aws) as client:
        await create(client)
        await put(
            client,
            STREAMS[0],
            *((now_ms(empty_aws) - index * 1_000, f"first {index}") for index in range(300)),
        )
        async with following(empty_aws) as watched:
            expected = Counter(watched.texts)
            for turn in range(3):
                # Lines on time, so that the others are late.
                on_time = [(now_ms(empty_aws) - index, f"on time {turn} {index}") for index in range(20)]
                await put(client, STREAMS[1], *on_time)
                await watched.advance(5)
                late = [
                    (now_ms(empty_aws) - minutes * MINUTE, f"late {turn} by {minutes}") for minutes in LATE
                ]
                await put(client, STREAMS[2 + turn], *late)
                expected.update(text for _at, text in on_time + late)
                for _round in range(30):
                    await watched.advance(25)
            assert Counter(watched.texts) == expected
            marked = {f"late {turn} by {minutes}" for turn in range(3) for minutes in LATE}
            assert marked <= watched.late
            stats = watched.batches[-1].stats
            assert (stats.lateness, stats.incomplete_from) == (6000.0, None)
            assert stats.complete_to == now_ms(empty_aws) - 120_000
