import { type Service, ServiceGroup } from '#shared/lifecycle/service.ts';
import type { Log } from '#shared/log/log.ts';
import type { Channel } from './channels/channel.ts';
import type { Platform } from './platform.ts';
import { commands } from './qga/commands/index.ts';
import { Dispatcher } from './qga/dispatcher.ts';
import { QgaDoor } from './qga/door.ts';
import type { Gate } from './qga/gate.ts';

export interface Parts {
  readonly platform: Partial<Platform>;
  /** Says of each QGA command whether it may run now. */
  readonly gate: Gate;
  /** Undefined: the door is off. */
  readonly qga: Channel | undefined;
  readonly log: Log;
}

/** The whole daemon in one expression: the real parts come from main.ts, fakes from tests. */
export function systemAgent({ platform, gate, qga, log }: Parts): Service {
  const dispatcher = new Dispatcher(commands, platform, gate, log.child({ door: 'qga' }));
  return new ServiceGroup('system-agent', qga === undefined ? [] : [new QgaDoor(qga, dispatcher)]);
}
