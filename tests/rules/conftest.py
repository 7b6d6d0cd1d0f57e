"""Profiles of the property tests: a quick slice by default, ``--hypothesis-profile=long`` for a long run.

The long run is started on this folder, so that this file is read before the profile is looked up::

    pytest tests/rules/test_invariants.py --hypothesis-profile=long
"""

from hypothesis import HealthCheck, settings

settings.register_profile("long", max_examples=100_000, deadline=None, suppress_health_check=list(HealthCheck))
