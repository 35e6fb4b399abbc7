import type { Service } from '#shared/lifecycle/service.ts';
import type { Log } from '#shared/log/log.ts';
import type { Channel } from '../channels/channel.ts';

/** qemu-ga's own words, which like all that is no error are for `-v`, and how often it has them. QEMU qga/main.c */
const WAITING = 'waiting for channel path...';
const EVERY_MS = 5_000;

/** With `-r` and `-v`: says for as long as the device is missing that it is waited for, which the channel does in any case. */
export function retryNotice(channel: Channel, log: Log): Service {
  let listening: Disposable | undefined;
  let again: NodeJS.Timeout | undefined;
  const say = () => log.debug(WAITING, { channel: channel.description });
  const look = () => {
    clearInterval(again);
    if (channel.state !== 'missing') return;
    say();
    again = setInterval(say, EVERY_MS);
  };
  return {
    name: 'retry-path',
    async start() {
      listening = channel.onState(look);
    },
    async stop() {
      clearInterval(again);
      listening?.[Symbol.dispose]();
    },
  };
}
