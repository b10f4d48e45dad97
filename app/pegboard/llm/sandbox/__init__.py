"""The sandbox model: answers offline, the same input always with the same output.

Made for quickstarts, tests and developing clients. See docs/sandbox.md.
"""

from pegboard.llm.sandbox.gateway import SandboxGateway
from pegboard.llm.sandbox.script import BadScript, Script, read_script

__all__ = ["BadScript", "SandboxGateway", "Script", "read_script"]
