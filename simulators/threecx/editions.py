"""What the licence of the PBX gives: nothing, the CRM template, or the interfaces as well."""

import re
from dataclasses import dataclass

FREE, SMB, PRO, ENT, AI = EDITIONS = ("FREE", "SMB", "PRO", "ENT", "AI")
LEAST_CALLS = 8  # simultaneous calls from which on Enterprise has the interfaces


@dataclass
class Licence:
    """:param str edition: one of :data:`EDITIONS`
    :param str version: of the PBX, such as ``20.0.10.1234``
    :param int sim_calls: simultaneous calls that were bought"""

    edition: str = ENT
    version: str = "20.0.10.1124"
    sim_calls: int = 16

    def __post_init__(self):
        if self.edition not in EDITIONS:
            raise ValueError(f"edition: one of {', '.join(EDITIONS)}, not {self.edition}")
        if not re.fullmatch(r"\d+(\.\d+)+", self.version):
            raise ValueError(f"version: numbers and dots, not {self.version}")

    @property
    def has_template(self):
        """:return bool: whether a CRM template works"""
        return self.edition in (PRO, ENT, AI)

    @property
    def has_api(self):
        """:return bool: whether Call Control and XAPI answer"""
        return self.edition in (ENT, AI) and self.sim_calls >= LEAST_CALLS and self.is_v20

    @property
    def is_v20(self):
        return self.numbers[0] >= 20

    @property
    def numbers(self):
        """:return tuple: of int"""
        return tuple(int(part) for part in self.version.split("."))

    @property
    def counts_minutes(self):
        """:return bool: whether ``expires_in`` of a token is in minutes

        3CX's own sample client changed from minutes to seconds with 20.0.9 (xapi-tutorial,
        auth.ts)."""
        return self.numbers < (20, 0, 9)

    def to_json(self):
        return {
            "edition": self.edition,
            "version": self.version,
            "sim_calls": self.sim_calls,
            "has_template": self.has_template,
            "has_api": self.has_api,
        }
