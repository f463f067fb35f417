"""A DCI peer in Python, written from dci.md alone: it signs and checks messages with `json` and `cryptography`.

Reads a JSON list of jobs on standard input and prints the list of their results.
"""
import base64
import hashlib
import json
import sys

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature


def b64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64url(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def canonical(envelope, ascii_only):
    signed = {"header": envelope["header"], "message": envelope["message"]}
    return json.dumps(signed, sort_keys=True, separators=(",", ":"), ensure_ascii=ascii_only).encode()


def sign_bytes(key, algorithm, data):
    if algorithm == "EdDSA":
        return key.sign(data)
    if algorithm == "RS256":
        return key.sign(data, padding.PKCS1v15(), hashes.SHA256())
    if algorithm == "PS256":
        return key.sign(data, padding.PSS(padding.MGF1(hashes.SHA256()), 32), hashes.SHA256())
    r, s = decode_dss_signature(key.sign(data, ec.ECDSA(hashes.SHA256())))
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def check_bytes(key, algorithm, data, signature):
    try:
        if algorithm == "EdDSA":
            key.verify(signature, data)
        elif algorithm == "RS256":
            key.verify(signature, data, padding.PKCS1v15(), hashes.SHA256())
        else:
            raise ValueError(f"the peer does not know {algorithm}")
        return True
    except InvalidSignature:
        return False


def lines(created, expires, digest):
    return f"(created): {created}\n(expires): {expires}\ndigest: {digest}".encode()


def digest_of(envelope, ascii_only):
    return base64.b64encode(hashlib.sha256(canonical(envelope, ascii_only)).digest()).decode()


def sign(job):
    envelope = json.loads(job["envelope"])
    key = serialization.load_pem_private_key(job["pem"].encode(), None)
    form, algorithm, kid = job["form"], job["algorithm"], job["kid"]
    ascii_only = job.get("ascii", True)
    if form == "string":
        created, expires = job["now"], job["now"] + 300
        text = lines(created, expires, digest_of(envelope, ascii_only))
        name = {"EdDSA": "ed25519", "RS256": "rs256"}[algorithm]
        made = base64.b64encode(sign_bytes(key, algorithm, text)).decode()
        signature = (
            f'Signature: namespace="dci", kidId="{kid}", algorithm="{name}", created="{created}", '
            f'expires="{expires}", headers="(created) (expires) digest", signature="{made}"'
        )
    else:
        head = b64url(json.dumps({"alg": algorithm, "kid": kid}).encode())
        # The attached form signs a text of its own, blanks and escapes included.
        signed = {"header": envelope["header"], "message": envelope["message"]}
        payload = b64url(json.dumps(signed).encode() if form == "jws" else canonical(envelope, False))
        made = b64url(sign_bytes(key, algorithm, f"{head}.{payload}".encode()))
        signature = f"{head}.{payload if form == 'jws' else ''}.{made}"
    return json.dumps({"signature": signature, **envelope}, ensure_ascii=ascii_only)


def public_key(jwk):
    number = lambda name: int.from_bytes(unb64url(jwk[name]), "big")
    if jwk["kty"] == "OKP":
        return ed25519.Ed25519PublicKey.from_public_bytes(unb64url(jwk["x"]))
    return rsa.RSAPublicNumbers(number("e"), number("n")).public_key()


def check(job):
    envelope = json.loads(job["body"])
    signature = envelope["signature"]
    keys = {key["kid"]: key for key in job["jwks"]["keys"]}
    if "." in signature and '"' not in signature:
        head, payload, made = signature.split(".")
        protected = json.loads(unb64url(head))
        if payload:
            said = json.loads(unb64url(payload))
            if said != {"header": envelope["header"], "message": envelope["message"]}:
                return "the payload differs"
        else:
            payload = b64url(canonical(envelope, False))
        data, algorithm, kid = f"{head}.{payload}".encode(), protected["alg"], protected["kid"]
        made = unb64url(made)
    else:
        values = dict(part.split("=", 1) for part in signature.split(", "))
        values = {name: value.strip('"') for name, value in values.items()}
        data = lines(values["created"], values["expires"], digest_of(envelope, True))
        algorithm, kid, made = "EdDSA", values["kidId"], base64.b64decode(values["signature"])
    return "holds" if check_bytes(public_key(keys[kid]), algorithm, data, made) else "does not hold"


jobs = json.load(sys.stdin)
json.dump([sign(job) if job["do"] == "sign" else check(job) for job in jobs], sys.stdout)
