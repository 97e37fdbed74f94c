"""Whose address is believed."""

from cms.addresses import address_of


def test_a_proxy_is_believed_only_if_it_is_ours(rf, settings):
    request = rf.get(
        "/", REMOTE_ADDR="10.0.0.1", HTTP_X_FORWARDED_FOR="203.0.113.9, 198.51.100.7"
    )

    assert address_of(request) == "10.0.0.1"
    settings.TRUSTED_PROXIES = 1
    assert address_of(request) == "198.51.100.7"
    settings.TRUSTED_PROXIES = 3
    assert address_of(request) == "10.0.0.1"
