import { hostActs } from '#protocol/ipc/messages/notice.ts';
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

/** Tells the user on the desktop what hosts did. How often is the system agent's to decide. */
export class NoticesService implements Service {
  readonly name = 'notices';
  #listening: Disposable | undefined;

  constructor(
    private readonly notify: (sentence: string) => Promise<void>,
    private readonly link: SystemSide,
    private readonly log: Log,
  ) {}

  async start(): Promise<void> {
    this.#listening = this.link.on(hostActs, (body) => {
      const sentence = sentenceOf(body);
      if (sentence === undefined) return;
      this.notify(sentence).catch((error: unknown) => {
        this.log.info('the desktop did not show a notice', { why: messageOf(error) });
      });
    });
  }

  async stop(): Promise<void> {
    this.#listening?.[Symbol.dispose]();
  }
}

/** @param session the user's bus @throws {AgentError} as `Bus.call` */
export async function showNotice(session: Bus, sentence: string): Promise<void> {
  await session.call(notifyCall(sentence), CALL_MS);
}

/** Name of the program, id to replace, icon, title, text, actions, hints, how long. */
function notifyCall(sentence: string): Call {
  const hints = new Map([['urgency', new Variant('y', NORMAL)]]);
  return {
    destination: SERVICE,
    path: '/org/freedesktop/Notifications',
    interface: SERVICE,
    member: 'Notify',
    signature: 'susssasa{sv}i',
    body: ['uga', 0, 'dialog-information', 'Activity of the host', sentence, [], hints, ITS_OWN_TIME],
  };
}
