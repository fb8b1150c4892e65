"""What a service manager hears: prints each datagram that comes to an address as JSON. With "deaf" it listens and does not read."""
import json
import socket
import sys
import time

address, *deaf = sys.argv[1:]
manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
manager.bind("\0" + address[1:] if address[0] == "@" else address)
print(json.dumps("ready"), flush=True)
while deaf:
    time.sleep(1)
while True:
    print(json.dumps(manager.recv(65536).decode()), flush=True)
