import type { Bus } from '#shared/dbus/bus.ts';
import { prepareForShutdown } from '../../sessions/login1.ts';
import type { Source } from './source.ts';

/** logind's word that the system goes down, whoever has asked for it. */
export function shutdownSource(bus: Bus): Source {
  return {
    name: 'shutdown',
    listen: (publish) =>
      bus.subscribe(prepareForShutdown, ({ body: [begins] }) => {
        if (begins === true) publish({ event: 'SHUTDOWN_BEGUN', data: {} });
      }),
  };
}
