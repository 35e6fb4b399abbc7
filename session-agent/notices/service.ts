import { announcement, hostActs } from '#protocol/ipc/messages/notice.ts';
import type { Bus } from '#shared/dbus/bus.ts';
import { type Call, Variant } from '#shared/dbus/values.ts';
import { messageOf } from '#shared/errors.ts';
import type { Service } from '#shared/lifecycle/service.ts';
import type { Log } from '#shared/log/log.ts';
import { CALL_MS } from '../bus-calls.ts';
import type { SystemSide } from '../system-side.ts';
import { sentenceOf } from './words.ts';

/** As the Desktop Notifications Specification has it. */
const SERVICE = 'org.freedesktop.Notifications';
const NORMAL = 1;
/** The desktop decides how long it shows. */
const ITS_OWN_TIME = -1;

export interface Notice {
  readonly title: string;
  /** Plain text. */
  readonly text: string;
}

/** Tells the user on the desktop what hosts did or announce. How often is the system agent's to decide. */
export class NoticesService implements Service {
  readonly name = 'notices';
  #listening: readonly Disposable[] = [];

  constructor(
    private readonly notify: (notice: Notice) => Promise<void>,
    private readonly link: SystemSide,
    private readonly log: Log,
  ) {}

  async start(): Promise<void> {
    this.#listening = [
      this.link.on(hostActs, (body) => {
        const text = sentenceOf(body);
        if (text !== undefined) this.#show({ title: 'Activity of the host', text });
      }),
      this.link.on(announcement, ({ text }) => this.#show({ title: 'Message of the host', text })),
    ];
  }

  async stop(): Promise<void> {
    for (const listening of this.#listening) listening[Symbol.dispose]();
    this.#listening = [];
  }

  #show(notice: Notice): void {
    this.notify(notice).catch((error: unknown) => {
      this.log.info('the desktop did not show a notice', { why: messageOf(error) });
    });
  }
}

/** @param session the user's bus @throws {AgentError} as `Bus.call` */
export async function showNotice(session: Bus, notice: Notice): Promise<void> {
  await session.call(notifyCall(notice), CALL_MS);
}

/** Name of the program, id to replace, icon, title, text, actions, hints, how long. */
function notifyCall({ title, text }: Notice): Call {
  // Desktops read a little markup in the text.
  const escaped = text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
  const hints = new Map([['urgency', new Variant('y', NORMAL)]]);
  return {
    destination: SERVICE,
    path: '/org/freedesktop/Notifications',
    interface: SERVICE,
    member: 'Notify',
    signature: 'susssasa{sv}i',
    body: ['uga', 0, 'dialog-information', title, escaped, [], hints, ITS_OWN_TIME],
  };
}
