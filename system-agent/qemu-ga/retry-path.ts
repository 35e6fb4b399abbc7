import type { Service } from '#shared/lifecycle/service.ts';
import type { Log } from '#shared/log/log.ts';
import type { Channel } from '../channels/channel.ts';

/** qemu-ga's own words, which it repeats every five seconds; like all that is no error they are for `-v`. */
const WAITING = 'waiting for channel path...';

/** With `-r`: says once that the device is missing, each time that it is. The channel waits for it in any case. */
export function retryNotice(channel: Channel, log: Log): Service {
  let said: Disposable | undefined;
  const look = () => {
    if (channel.state === 'missing') log.debug(WAITING, { channel: channel.description });
  };
  return {
    name: 'retry-path',
    async start() {
      said = channel.onState(look);
    },
    async stop() {
      said?.[Symbol.dispose]();
    },
  };
}
