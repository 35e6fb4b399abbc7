"""The credential channel as ovirt-guest-agent has it: arguments are the abstract name, the token and the block in hexadecimal.

One caller, whom the kernel's credentials beside the first bytes must call root; one read of the token, one write of the block.
Source: ovirt-guest-agent CredServer.py, CredChannel.
"""
import socket
import struct
import sys

name, token, block = sys.argv[1:]
channel = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
channel.settimeout(5.0)
channel.bind("\0" + name)
channel.listen(1)
print("listens", flush=True)
caller, _ = channel.accept()
caller.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
_, told, _, _ = caller.recvmsg(2, socket.CMSG_SPACE(12), socket.MSG_PEEK)
uid = next(struct.unpack("3i", data)[1] for _, kind, data in told if kind == socket.SCM_CREDENTIALS)
if uid != 0:
    sys.exit(f"user {uid} is not allowed to connect")
if caller.recv(1024).decode() == token:
    caller.send(bytes.fromhex(block))
caller.close()
