# SPDX-License-Identifier: MIT
"""Faults under load: who loads the site, what hits it, and the account at the end."""
