#!/usr/bin/env python3
"""Writes vectors.json, the test vectors of package links.

It shares no code with the package: HKDF is written out from RFC 5869, the
layouts from the package comment. Run: python3 vectors.py > vectors.json
"""
import base64
import hashlib
import hmac
import json
import struct


def hkdf(secret: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    prk = hmac.new(salt, secret, hashlib.sha256).digest()
    out, block, n = b"", b"", 1
    while len(out) < length:
        block = hmac.new(prk, block + info + bytes([n]), hashlib.sha256).digest()
        out, n = out + block, n + 1
    return out[:length]


def audience(*parts: str) -> bytes:
    data = b"".join(struct.pack(">I", len(p.encode())) + p.encode() for p in parts)
    return hashlib.sha256(data).digest()[:16]


def base32(data: bytes) -> str:
    return base64.b32encode(data).decode().rstrip("=").lower()


def link(key: bytes, kid, scope, exp, gen, ticket, participant) -> str:
    body = struct.pack(">BBBIHQH", 1, kid, scope, exp, gen, ticket, participant)
    mac = hmac.new(key, b"postern-link-v1\0" + body, hashlib.sha256).digest()[:16]
    return "pl1_" + base64.urlsafe_b64encode(body + mac).decode().rstrip("=")


def short(key: bytes, kind: int, label: bytes, kid, ticket, participant, gen) -> str:
    body = struct.pack(">BQHB", kind << 4 | kid, ticket, participant, gen)
    mac = hmac.new(key, label + b"\0" + body, hashlib.sha256).digest()[:13]
    return base32(body + mac)


def main() -> None:
    master_a, aud_a = bytes(range(32)), bytes(range(0xA0, 0xB0))
    master_b = hashlib.sha256(b"another master").digest()
    aud_b = audience("support", "HelpCenter", "acme")
    v = {"audiences": [], "links": [], "tokens": [], "messageIDs": []}

    for parts in [("support", "HelpCenter", "acme"), ("default", "Mailbox", "support"),
                  ("ab", "c", ""), ("a", "bc", ""), ("", "", ""), ("konto", "HelpCenter", "h\u00e4user")]:
        v["audiences"].append({"account": parts[0], "kind": parts[1], "name": parts[2],
                               "audience": audience(*parts).hex()})

    keys = [(master_a, aud_a, 2), (master_b, aud_b, 15)]
    for master, aud, kid in keys:
        base = {"master": master.hex(), "audience": aud.hex(), "kid": kid}
        key = hkdf(master, aud, b"postern/v1/link", 32)
        for scope, exp, gen, ticket, participant in [
                (1, 1798761600, 7, 0x0123456789ABCDEF, 3), (33, 1900000000, 0, 1, 0),
                (0, 0, 0, 0, 0), (255, 2**32 - 1, 65535, 2**64 - 1, 65535)]:
            v["links"].append(base | {
                "key": key.hex(), "scope": scope, "expires": exp, "gen": gen, "ticket": f"{ticket:016x}",
                "participant": participant, "token": link(key, kid, scope, exp, gen, ticket, participant)})
        for purpose, kind, label in [("reply", 1, b"postern-reply-v1"), ("bounce", 2, b"postern-bounce-v1"),
                                     ("agent-reply", 3, b"postern-agent-reply-v1"), ("agent-note", 4, b"postern-agent-note-v1"),
                                     ("mid", 1, b"postern-mid-v1")]:
            key = hkdf(master, aud, b"postern/v1/" + purpose.encode(), 32)
            for ticket, participant, gen in [(0x0123456789ABCDEF, 3, 7), (0, 0, 0), (2**64 - 1, 65535, 255)]:
                token = short(key, kind, label, kid, ticket, participant, gen)
                v["tokens"].append(base | {
                    "key": key.hex(), "purpose": purpose, "ticket": f"{ticket:016x}",
                    "participant": participant, "gen": gen, "token": token})
                if purpose == "mid":
                    random = hashlib.sha256(token.encode()).digest()[:8]
                    v["messageIDs"].append(base | {
                        "ticket": f"{ticket:016x}", "participant": participant, "gen": gen, "random": random.hex(),
                        "domain": "help.example.com", "id": f"<r1.{token}.{base32(random)}@help.example.com>"})
    print(json.dumps(v, indent=1))


if __name__ == "__main__":
    main()
