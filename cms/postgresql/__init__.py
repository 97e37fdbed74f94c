"""Django's PostgreSQL, which never waits for ever and may read from replicas."""
