# Varnish 6 or newer in front of the public service. The worker tells it what is out of
# date: PURGED_CACHES=varnish, VARNISH_URLS=http://127.0.0.1:6081
vcl 4.1;

import std;

backend public { .host = "127.0.0.1"; .port = "8001"; }

# Who may ban: the machine that the workers and the courier run on, and nobody else.
acl newsroom { "127.0.0.1"; "::1"; }

sub vcl_recv {
    if (req.method == "BAN") {
        if (client.ip !~ newsroom) {
            return (synth(403, "Only the newsroom bans."));
        }
        if (!req.http.X-Ban-Keys) {
            return (synth(400, "Say in X-Ban-Keys what to ban."));
        }
        # Of the object alone, so that Varnish's own thread can walk through them.
        if (std.ban("obj.http.Surrogate-Key ~ " + req.http.X-Ban-Keys)) {
            return (synth(200, "Banned"));
        }
        return (synth(400, std.ban_error()));
    }
    # Pages are the same for everyone.
    unset req.http.Cookie;
    unset req.http.Authorization;
}

sub vcl_backend_error {
    set beresp.http.Cache-Control = "no-store";
}

sub vcl_deliver {
    unset resp.http.Surrogate-Key;
}
