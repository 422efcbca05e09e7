"""What all tests share: how hypothesis goes about its examples."""

from hypothesis import HealthCheck, settings

# An example has no deadline, and may take long to make up: on a machine at work both say how busy that is.
settings.register_profile("rmosh", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("rmosh")
