# SPDX-License-Identifier: BSD-2-Clause
"""A test CA and a server certificate for loopback and the providers' names, made once a folder."""
import subprocess
from pathlib import Path

NAMES = ["DNS:localhost", "IP:127.0.0.1", "DNS:api.openai.com", "DNS:api.anthropic.com",
         "DNS:example.openai.azure.com", "DNS:generativelanguage.googleapis.com",
         "DNS:bedrock-runtime.us-east-1.amazonaws.com", "DNS:api.mistral.ai", "DNS:api.cohere.com",
         "DNS:api.groq.com"]

# All that RFC 5280 asks for: Python verifies strictly from 3.13 on.
EXTENSIONS = ("subjectAltName=" + ",".join(NAMES), "basicConstraints=critical,CA:FALSE",
              "keyUsage=critical,digitalSignature,keyEncipherment", "extendedKeyUsage=serverAuth",
              "subjectKeyIdentifier=hash", "authorityKeyIdentifier=keyid")


def openssl(*args, stdin=None):
    subprocess.run(["openssl", *args], check=True, input=stdin, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL)


def ensure(folder: Path):
    """Returns the paths of the CA, the certificate and its key, made if they are not there."""
    folder.mkdir(parents=True, exist_ok=True)
    ca, ca_key = folder / "ca.pem", folder / "ca.key"
    cert, key, csr, ext = (folder / n for n in ("server.pem", "server.key", "server.csr", "ext"))
    if not cert.exists():
        openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj",
                "/CN=wiretally test CA", "-addext", "keyUsage=critical,keyCertSign,cRLSign",
                "-keyout", ca_key, "-out", ca)
        openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost", "-keyout", key,
                "-out", csr)
        ext.write_text("\n".join(EXTENSIONS) + "\n", encoding="ascii")
        openssl("x509", "-req", "-in", csr, "-CA", ca, "-CAkey", ca_key, "-CAcreateserial", "-days",
                "30", "-extfile", ext, "-out", cert)
    return ca, cert, key
