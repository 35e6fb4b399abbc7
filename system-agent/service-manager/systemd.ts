import { closeSync } from 'node:fs';
import { messageOf } from '#shared/errors.ts';
import type { Log } from '#shared/log/log.ts';
import { closeOnExec } from '#shared/native/descriptor.ts';
import { DatagramSender } from '#shared/native/unix-datagram.ts';
import { type Inherited, type ServiceEnvironment, takeServiceEnvironment } from './inherited.ts';
import { type DescriptorStore, noServiceManager, type ServiceManager } from './service-manager.ts';

/** systemd reads within microseconds; one that hangs must not hang us. */
const PATIENCE_SECONDS = 2;
const MAX_STATUS = 200;
const SPARE_SECONDS = 15;
/** What FDNAME= may be: sd_notify(3). */
const STORED_NAME = /^[ -9;-~]{1,255}$/;

/** systemd's service manager, as sd_notify(3) tells how to talk to it. Needs NotifyAccess=main or more. */
export class Systemd implements ServiceManager, DescriptorStore {
  readonly watchdogMs: number | undefined;
  readonly #socket: DatagramSender | undefined;
  readonly #log: Log;
  readonly #inherited = new Map<string, number>();
  #status = '';
  #hasFailed = false;

  constructor({ notifySocket, watchdogMs, inherited }: ServiceEnvironment, log: Log) {
    this.#log = log;
    this.watchdogMs = watchdogMs;
    this.#socket = this.#connect(notifySocket);
    for (const one of inherited) this.#inherit(one);
  }

  ready(): void {
    this.#notify('READY=1');
  }

  stopping(): void {
    this.#notify('STOPPING=1');
  }

  /** A little longer, so that the end comes from us. */
  needTime(seconds: number): void {
    this.#notify(`EXTEND_TIMEOUT_USEC=${(seconds + SPARE_SECONDS) * 1_000_000}`);
  }

  status(text: string): void {
    if (text === this.#status) return;
    this.#status = text;
    this.#notify(`STATUS=${text.replaceAll('\n', ' ').slice(0, MAX_STATUS)}`);
  }

  alive(): void {
    this.#notify('WATCHDOG=1');
  }

  take(name: string): number | undefined {
    const fd = this.#inherited.get(storedName(name));
    this.#inherited.delete(storedName(name));
    return fd;
  }

  /** FDPOLL=0: else systemd closes a port as soon as its host is away, because it is hung up then. Since systemd 246. */
  keep(name: string, fd: number): boolean {
    if (!STORED_NAME.test(storedName(name))) return false;
    this.forget(name);
    return this.#notify(`FDSTORE=1\nFDNAME=${storedName(name)}\nFDPOLL=0`, fd);
  }

  forget(name: string): void {
    if (STORED_NAME.test(storedName(name))) this.#notify(`FDSTOREREMOVE=1\nFDNAME=${storedName(name)}`);
  }

  forgetRest(): void {
    for (const [name, fd] of this.#inherited) {
      this.#log.info('closing what an earlier run has kept', { name });
      this.forget(name);
      closeSync(fd);
    }
    this.#inherited.clear();
  }

  #connect(path: string | undefined): DatagramSender | undefined {
    try {
      return path === undefined ? undefined : new DatagramSender(path, PATIENCE_SECONDS);
    } catch (error) {
      this.#complain(error);
      return undefined;
    }
  }

  #inherit({ fd, name }: Inherited): void {
    try {
      closeOnExec(fd);
    } catch (error) {
      this.#log.warn('a descriptor that was handed down is of no use', { fd, name, reason: messageOf(error) });
      return;
    }
    if (this.#inherited.has(name)) closeSync(fd);
    else this.#inherited.set(name, fd);
  }

  #notify(text: string, fd?: number): boolean {
    try {
      this.#socket?.send(Buffer.from(text), fd);
      return this.#socket !== undefined;
    } catch (error) {
      this.#complain(error);
      return false;
    }
  }

  #complain(error: unknown): void {
    if (!this.#hasFailed) this.#log.warn('the service manager does not hear us', { reason: messageOf(error) });
    this.#hasFailed = true;
  }
}

/** Names of ours begin with a kind and a colon, which FDNAME= may not hold. */
function storedName(name: string): string {
  return name.replace(':', '=');
}

/** The service manager that started this process. What it says in `environment` is removed from there. */
export function serviceManagerOf(environment: NodeJS.ProcessEnv, log: Log): ServiceManager & DescriptorStore {
  const said = takeServiceEnvironment(environment, process.pid);
  const isSilent = said.notifySocket === undefined && said.inherited.length === 0;
  return isSilent ? noServiceManager : new Systemd(said, log);
}
