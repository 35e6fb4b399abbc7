import { AgentError } from '#shared/errors.ts';
import type { Load, ProcessorTimes } from './cpus.ts';

/** /proc/stat counts in hundredths of a second on every architecture that Node runs on: USER_HZ. proc(5) */
const MS_PER_TICK = 10n;

/** @param text of /proc/stat: `cpu0 1 2 3 …` a processor, besides their sum and other lines */
export function parseTimes(text: string): readonly ProcessorTimes[] {
  return Array.from(text.matchAll(/^cpu(\d+) +(\d[\d ]*)$/gm), ([, id, values = '']) => {
    const times = values
      .trim()
      .split(/ +/)
      .map((ticks) => BigInt(ticks) * MS_PER_TICK);
    const [user, nice, system, idle, ioWait, interrupts, softInterrupts, stolen, guest, guestNice] = times;
    if (user === undefined || nice === undefined || system === undefined || idle === undefined) {
      throw new AgentError('malformed', `/proc/stat has ${times.length} times for cpu${id}`);
    }
    const rest = { ioWait, interrupts, softInterrupts, stolen, guest, guestNice };
    return { id: Number(id), user, nice, system, idle, ...rest };
  });
}

/** @param text of /proc/loadavg: `0.20 0.18 0.12 1/80 11206` */
export function parseLoad(text: string): Load {
  const [oneMinute = Number.NaN, fiveMinutes = Number.NaN, fifteenMinutes = Number.NaN] = text.split(' ').map(Number);
  const load = { oneMinute, fiveMinutes, fifteenMinutes };
  if (!Object.values(load).every(Number.isFinite)) throw new AgentError('malformed', `/proc/loadavg says ${text}`);
  return load;
}
