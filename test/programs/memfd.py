"""A file in memory as a hostile peer could make one: `memfd.py SIZE HEADER_IN_HEX SEALS FLAGS`, numbers in the kernel's own values.

Says "ready N" with the number of its descriptor, then obeys lines: "truncate SIZE" and "write POSITION HEX", and answers "ok" or the
name of the errno.
"""

import errno
import fcntl
import os
import sys

F_ADD_SEALS = 1033

size, header, seals, flags = int(sys.argv[1]), bytes.fromhex(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
try:
    fd = os.memfd_create("gips-test", flags)
    os.ftruncate(fd, size)
    if header:
        os.pwrite(fd, header, 0)
    if seals:
        fcntl.fcntl(fd, F_ADD_SEALS, seals)
    print("ready", fd, flush=True)
except OSError as error:
    print("failed", errno.errorcode[error.errno], flush=True)

for line in sys.stdin:
    command, *arguments = line.split()
    try:
        if command == "truncate":
            os.ftruncate(fd, int(arguments[0]))
        else:
            os.pwrite(fd, bytes.fromhex(arguments[1]), int(arguments[0]))
        print("ok", flush=True)
    except OSError as error:
        print(errno.errorcode[error.errno], flush=True)
