"""What every test has in common."""

from hypothesis import settings

# A slow machine is no fault: nothing that is measured by the clock belongs into these tests.
settings.register_profile("any machine", deadline=None)
settings.load_profile("any machine")
