"""Signatures, checked by what others wrote.

SPDX-License-Identifier: Apache-2.0
"""
import base64
import json
import os
import subprocess

from .process import ROOT

VERIFY = os.path.join(ROOT, "tests", "system", "verify.mjs")


def verify(request, secret):
    """secret: whsec_… or, for v1a, the public key whpk_…; the verdict as text."""
    kind = "publicKey" if secret.startswith("whpk_") else "secret"
    question = {kind: secret, "body": request.body.decode(), "headers": {
        k: v for k, v in request.headers.items() if k.startswith("webhook-")}}
    out = subprocess.run(["node", VERIFY], input=json.dumps(question), text=True,
                         capture_output=True, check=True)
    return out.stdout.strip()


def make_secret():
    return "whsec_" + base64.b64encode(os.urandom(32)).decode()
