"""What the system and fault tests share: processes, ports, clients, waiting.

SPDX-License-Identifier: Apache-2.0
"""
