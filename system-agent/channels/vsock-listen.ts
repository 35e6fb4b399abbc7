import { closeSync } from 'node:fs';
import { AgentError, messageOf } from '#shared/errors.ts';
import type { Log } from '#shared/log/log.ts';
import { acceptVsock, listenVsock } from '#shared/native/vsock.ts';
import type { VsockAddress } from '#shared/socket/vsock-address.ts';
import { ListenChannel, type Listener, WAITING_CLIENTS } from './listen.ts';
import { formatChannelSpec } from './spec.ts';

/** vsock(7): this machine, through the kernel's loopback, and the one that we are a guest of. */
const LOCAL_CID = 1;
const HOST_CID = 2;
/** On these and lower ports only who may bind them can be: root. LAST_RESERVED_PORT of net/vmw_vsock/af_vsock.c */
const LAST_RESERVED_PORT = 1023;

/**
 * A vsock port that serves one client at a time. A vsock has no file and so no mode, and every local user can connect to it,
 * as can guests of this guest and, on some hosts, other guests. Served are the host, and root of this machine.
 */
export function vsockListen(address: VsockAddress, log: Log): ListenChannel {
  const description = formatChannelSpec({ kind: 'vsock-listen', ...address });
  return new ListenChannel(description, log, () => {
    try {
      return vsockListener(listenVsock(address, WAITING_CLIENTS), log);
    } catch (cause) {
      throw new AgentError('failed', `cannot listen on ${description}: ${messageOf(cause)}`, { cause });
    }
  });
}

/** @param fd of a vsock that listens; is the listener's from now on */
export function vsockListener(fd: number, log: Log): Listener {
  return {
    fd,
    close: () => closeSync(fd),
    accept() {
      for (let client = acceptVsock(fd); client !== undefined; client = acceptVsock(fd)) {
        if (isTrusted(client.from)) return client.fd;
        closeSync(client.fd);
        log.warn('vsock client refused: it is neither the host nor root', { ...client.from });
      }
      return undefined;
    },
  };
}

/** Whether somebody at the other end of a connection may be taken for the host. */
export function isTrusted({ cid, port }: VsockAddress): boolean {
  return cid === HOST_CID || (cid === LOCAL_CID && port <= LAST_RESERVED_PORT);
}
