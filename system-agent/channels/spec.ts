import { AgentError } from '#shared/errors.ts';
import { formatVsockAddress, parseVsockAddress, type VsockAddress } from '#shared/socket/vsock-address.ts';

/** How a door reaches its host, as given on the command line or in the configuration. */
export type ChannelSpec =
  | { readonly kind: 'virtio'; readonly name: string } // virtio-serial port by name
  | { readonly kind: 'virtio-device'; readonly path: string } // the same by its device node
  | { readonly kind: 'serial'; readonly path: string } // ISA or pty serial line
  | { readonly kind: 'unix-listen'; readonly path: string }
  | { readonly kind: 'unix-connect'; readonly path: string }
  | ({ readonly kind: 'vsock-listen' } & VsockAddress)
  | { readonly kind: 'off' };

/** One that leads somewhere. */
export type OpenSpec = Exclude<ChannelSpec, { readonly kind: 'off' }>;

export const CHANNEL_SYNTAX =
  'virtio:NAME | virtio-device:PATH | serial:PATH | unix-listen:PATH | unix-connect:PATH | vsock-listen:CID:PORT | off';

/** Longest path that `struct sockaddr_un` holds with its NUL: unix(7). */
const MAX_SOCKET_PATH = 107;
/** Names become path components under /dev/virtio-ports, so they may not be paths themselves (S11). */
const PORT_NAME = /^[A-Za-z0-9_.:-]{1,128}$/;

/**
 * @param text one of CHANNEL_SYNTAX
 * @throws {AgentError} 'invalid-argument' with a sentence that names the text
 */
export function parseChannelSpec(text: string): ChannelSpec {
  if (text === 'off') return { kind: 'off' };
  const colon = text.indexOf(':');
  const kind = text.slice(0, Math.max(colon, 0));
  const rest = text.slice(colon + 1);
  const wrong = (why: string) => new AgentError('invalid-argument', `channel '${text}': ${why}`);
  switch (kind) {
    case 'virtio':
      if (!PORT_NAME.test(rest) || /^\.+$/.test(rest)) throw wrong('not the name of a virtio-serial port');
      return { kind, name: rest };
    case 'virtio-device':
    case 'serial':
    case 'unix-listen':
    case 'unix-connect':
      if (rest === '') throw wrong('a path must follow the colon');
      if (rest.includes('\0')) throw wrong('a path cannot contain NUL');
      if (kind.startsWith('unix-') && Buffer.byteLength(rest) > MAX_SOCKET_PATH) {
        throw wrong(`longer than the ${MAX_SOCKET_PATH} bytes that a socket path may have`);
      }
      return { kind, path: rest };
    case 'vsock-listen': {
      const address = parseVsockAddress(rest);
      if (address === undefined) throw wrong('a context id or any, a colon and a port must follow');
      return { kind, ...address };
    }
    default:
      throw wrong(`expected ${CHANNEL_SYNTAX}`);
  }
}

export function formatChannelSpec(spec: ChannelSpec): string {
  switch (spec.kind) {
    case 'off':
      return 'off';
    case 'virtio':
      return `virtio:${spec.name}`;
    case 'vsock-listen':
      return `${spec.kind}:${formatVsockAddress(spec)}`;
    default:
      return `${spec.kind}:${spec.path}`;
  }
}
