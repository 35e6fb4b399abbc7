import type { MonitorsPort, PointerLayoutPort } from '../../backend.ts';
import type { WaylandConnection } from '../connection.ts';
import type { Place, Way } from '../way.ts';
import type { Arranger } from './arranger.ts';
import { WaylandMonitors } from './monitors.ts';

interface Shared {
  readonly arranger: Arranger;
  readonly monitors: WaylandMonitors;
  users: number;
}

/**
 * A way to a compositor's displays, for both ports: what is said of one, which display is which, holds for the other.
 * @param open throws AgentError when this compositor is none of its kind
 */
export function arrangerWay(
  name: string,
  globals: readonly string[],
  open: (place: Place) => Promise<Arranger>,
): Way<MonitorsPort & PointerLayoutPort> {
  const opened = new WeakMap<WaylandConnection, Shared>();
  return {
    name,
    globals,
    async open(place) {
      const { connection, log } = place;
      const shared = opened.get(connection) ?? share(await open(place), log);
      opened.set(connection, shared);
      shared.users++;
      return {
        port: shared.monitors,
        ...(shared.arranger.ended && { ended: shared.arranger.ended }),
        async [Symbol.asyncDispose]() {
          if (--shared.users > 0) return;
          opened.delete(connection);
          shared.monitors[Symbol.dispose]();
        },
      };
    },
  };
}

function share(arranger: Arranger, log: Place['log']): Shared {
  return { arranger, monitors: new WaylandMonitors(arranger, log), users: 0 };
}
