"""Starts a program with descriptors from 3 on, as systemd does, right or wrong: the sockets as JSON, then the command.

{ "sockets": [[type, address, listens]], "environment": { name: value or null } }, where a value "pid" stands for the program's own.
"""
import fcntl
import json
import os
import socket
import sys

spec = json.loads(sys.argv[1])
TYPES = {"seqpacket": socket.SOCK_SEQPACKET, "stream": socket.SOCK_STREAM, "dgram": socket.SOCK_DGRAM}
descriptors = []
for kind, address, listens in spec["sockets"]:
    if kind == "file":
        descriptors.append(fcntl.fcntl(os.open("/dev/null", os.O_RDONLY), fcntl.F_DUPFD, 100))
        continue
    opened = socket.socket(socket.AF_UNIX, TYPES[kind])
    if address is not None:
        opened.bind("\0" + address[1:] if address[0] == "@" else address)
    if listens:
        opened.listen(128)
    descriptors.append(fcntl.fcntl(opened.fileno(), fcntl.F_DUPFD, 100))
for number, descriptor in enumerate(descriptors, 3):
    os.dup2(descriptor, number, inheritable=True)
    os.close(descriptor)
for name, value in spec["environment"].items():
    if value is None:
        os.environ.pop(name, None)
    else:
        os.environ[name] = str(os.getpid()) if value == "pid" else value
os.execvp(sys.argv[2], sys.argv[2:])
