"""What Python imports by itself as it starts."""

import linux_masked  # noqa: F401 - it masks
