"""`make lint`: Envoy accepts deploy/envoy-module.yaml, the module in it too, with the demo's configuration."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import stack


def main():
    with tempfile.TemporaryDirectory() as folder:
        state = Path(folder) / "state"
        subprocess.run([stack.SESSIONGATE, "init", state], check=True, capture_output=True)
        config = Path(folder) / "envoy.yaml"
        config.write_text(stack.module_config(state)(stack.MODULE_YAML.read_text()))
        command = [stack.ENVOY, "--mode", "validate", "--log-level", "warn", "-c", config]
        environment = os.environ | stack.module_environment({"sessiongate_admin": 0})
        return subprocess.run(command, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
