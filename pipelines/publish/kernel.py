"""The kernel that runs a report's notebook: IPython's own, less the TCP port it opens for what forked children print.

A notebook here forks nothing, and a run without a network must not see a port opened.
"""

from typing import Any

from ipykernel import kernelapp
from ipykernel.iostream import IOPubThread


class PortlessOutput(IOPubThread):
    """ipykernel's output thread without its loopback port."""

    def __init__(self, socket: Any, pipe: bool = False, session: Any = False) -> None:
        """As ipykernel's, but `pipe` is never opened."""
        super().__init__(socket, pipe=False, session=session)  # type: ignore[no-untyped-call]


def main() -> None:
    """Start the kernel with the arguments of the kernel specification."""
    setattr(kernelapp, IOPubThread.__name__, PortlessOutput)  # the name that IPKernelApp.init_iopub looks up
    kernelapp.launch_new_instance()


if __name__ == "__main__":
    main()
