"""Settings of PG Admin next to the local stack; it reads this file where CONFIG_DISTRO_FILE_PATH names it."""

import os

SERVER_MODE = True
DATA_DIR = os.environ["SAMPLER_PGADMIN_DATA"]
# Only this machine reaches it.
DEFAULT_SERVER = "127.0.0.1"
DEFAULT_SERVER_PORT = int(os.environ["SAMPLER_PGADMIN_PORT"])
# The password of the one server is in a file of the user's own folder, so there is nothing to encrypt with a master password.
MASTER_PASSWORD_REQUIRED = False
# Nothing is asked of other hosts.
UPGRADE_CHECK_ENABLED = False
LLM_ENABLED = False
SHOW_GRAVATAR_IMAGE = False
