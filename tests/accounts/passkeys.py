"""An authenticator in software: what a phone or a security key does for a passkey.

Real keys, real signatures, the real formats; only the browser between is left out.
"""

import hashlib
import json
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from fido2 import cbor
from fido2.cose import ES256

PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40


def b64(data):
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(text):
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


class Authenticator:
    def __init__(self, origin="https://testserver"):
        self.origin = origin
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.credential_id = secrets.token_bytes(32)
        self.counter = 0

    def _client_data(self, kind, challenge):
        return json.dumps(
            {"type": kind, "challenge": challenge, "origin": self.origin}
        ).encode()

    def _authenticator_data(self, rp_id, flags, attested=b""):
        self.counter += 1
        return (
            hashlib.sha256(rp_id.encode()).digest()
            + bytes([flags])
            + self.counter.to_bytes(4, "big")
            + attested
        )

    def create(self, options, *, passwordless=True):
        """Answer `navigator.credentials.create`."""
        options = options["publicKey"]
        self.user_handle = options["user"]["id"]
        public = cbor.encode(dict(ES256.from_cryptography_key(self.key.public_key())))
        attested = (
            bytes(16)
            + len(self.credential_id).to_bytes(2, "big")
            + self.credential_id
            + public
        )
        data = self._authenticator_data(
            options["rp"]["id"], PRESENT | VERIFIED | ATTESTED, attested
        )
        statement = cbor.encode({"fmt": "none", "attStmt": {}, "authData": data})
        return {
            "type": "public-key",
            "id": b64(self.credential_id),
            "rawId": b64(self.credential_id),
            "response": {
                "clientDataJSON": b64(
                    self._client_data("webauthn.create", options["challenge"])
                ),
                "attestationObject": b64(statement),
            },
            "clientExtensionResults": {"credProps": {"rk": passwordless}},
        }

    def get(self, options):
        """Answer `navigator.credentials.get`."""
        options = options["publicKey"]
        client = self._client_data("webauthn.get", options["challenge"])
        data = self._authenticator_data(options["rpId"], PRESENT | VERIFIED)
        signed = data + hashlib.sha256(client).digest()
        return {
            "type": "public-key",
            "id": b64(self.credential_id),
            "rawId": b64(self.credential_id),
            "response": {
                "clientDataJSON": b64(client),
                "authenticatorData": b64(data),
                "signature": b64(self.key.sign(signed, ec.ECDSA(hashes.SHA256()))),
                "userHandle": self.user_handle,
            },
            "clientExtensionResults": {},
        }
