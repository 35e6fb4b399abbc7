import { closeSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { silent } from '#shared/log/log.ts';
import { serialLine } from '#system-agent/channels/serial-line.ts';
import { UnixConnectChannel } from '#system-agent/channels/unix-connect.ts';
import { UnixListenChannel } from '#system-agent/channels/unix-listen.ts';
import { TerminalPair } from '#test/support/terminal-pair.ts';
import type { ChannelDriver } from './driver.ts';
import { SocketHost } from './socket-host.ts';
import { TerminalHost } from './terminal-host.ts';

const MB = 1024 * 1024;

/** The host is a client of our socket. */
export function unixListenDriver(): ChannelDriver {
  const folder = mkdtempSync(path.join(tmpdir(), 'uga-channel-'));
  const name = path.join(folder, 'socket');
  const hosts: SocketHost[] = [];
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  return {
    name: 'unix-listen',
    tellsHost: true,
    halfCloses: true,
    mixesHosts: false,
    bulk: 64 * MB,
    create: () => new UnixListenChannel(name, silent),
    async connect() {
      const host = await SocketHost.connect(name);
      hosts.push(host);
      return host;
    },
    async release() {
      for (const host of hosts.splice(0)) await host.close();
    },
  };
}

/** The host listens while it is there. */
export function unixConnectDriver(): ChannelDriver {
  const folder = mkdtempSync(path.join(tmpdir(), 'uga-channel-'));
  const name = path.join(folder, 'socket');
  let last: { server: Server; host: SocketHost } | undefined;
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  const release = async () => {
    await last?.host.close();
    last = undefined;
  };
  return {
    name: 'unix-connect',
    tellsHost: true,
    halfCloses: true,
    mixesHosts: false,
    bulk: 64 * MB,
    create: () => new UnixConnectChannel(name, silent),
    async connect() {
      await release();
      const server = createServer({ allowHalfOpen: true, pauseOnConnect: true });
      const socket = await new Promise<Socket>((resolve) => server.once('connection', resolve).listen(name));
      server.close(); // one connection for one host; the next host listens anew
      const host = new SocketHost(socket);
      last = { server, host };
      return host;
    },
    release,
  };
}

/** The host has the other side of a pseudo terminal; it is there as long as the line. */
export function serialDriver(): ChannelDriver {
  let pair: TerminalPair | undefined;
  const hosts: TerminalHost[] = [];
  const present = () => {
    pair ??= new TerminalPair();
    return pair;
  };
  return {
    name: 'serial',
    tellsHost: false,
    halfCloses: false,
    mixesHosts: true,
    bulk: 8 * MB,
    create: () => serialLine(present().path, silent),
    async connect() {
      const host = new TerminalHost(present().host);
      hosts.push(host);
      return host;
    },
    async release() {
      for (const host of hosts.splice(0)) await host.close();
      if (pair !== undefined) closeSync(pair.host);
      pair = undefined;
    },
  };
}
