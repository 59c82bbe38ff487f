"""Mutants: what the tests are worth, by what they notice (`make mutants`).

A seeded sample of the product's lines is changed, one line at a time, and the tests that run the line must fail.
No library does that for this tree: mutmut copies and rewrites the whole of it and reaches functions only, through a
variable that tests here clear; cosmic-ray and mutatest write each mutant to the disk and start one command with all tests.

`line_map` records which test runs which line; `changes` finds what can be changed; `sample` chooses; `trials` orders a mutant's
tests and judges; `running` forks a child for each attempt, `child` is that child; `hook/` reaches the processes that tests start.
What lies in tui/installed is executed from where a test has installed it, out of reach, and is left out.
"""
